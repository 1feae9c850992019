#include "matrix_tiles.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TILES __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define VECTORS __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define INLINE static inline __attribute__((always_inline))

enum {
    SIDE = 16,                   // lines of a tile
    STEP = 32,                   // terms that one instruction adds up, of each line
    TILE = SIDE * STEP,          // numbers in a tile
    PARTS = 3,                   // tiles that hold the same numbers, each what the ones before leave
    PAIR = 2 * SIDE,             // lines that are packed side by side: results are computed 32 by 32
    PAIR_STEP = 2 * PARTS * TILE,
    AHEAD = 2,                   // terms that are asked for before they are packed
    BLOCK_STEPS = 4,             // 128 terms are packed at a time, which of 32 lines of each fit in the first-level cache,
    BLOCK_ROWS = 256,            // and of so many lines of a
    BLOCK_COLUMNS = 512,         // and of b in the second-level cache
};

static int request_tiles(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 22 & 1) || !(d >> 24 & 1)) return 0; // AMX-BF16, AMX-TILE
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return 0; // AVX512-BF16
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return 0;
    if (!__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")) return 0;
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

int ck_has_tiles(void) {
    static int answer; // 0 not asked yet, 1 no, 2 yes; asking twice does no harm
    int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
    if (known == 0) {
        known = request_tiles() + 1;
        __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
    }
    return known == 2;
}

// 16 bfloat16 numbers as float32.
VECTORS INLINE __m512 widened(__m256i halves) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

// Whether a number is not finite or at least 2^60.
VECTORS INLINE __mmask16 unusable(__m512 x) {
    __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
    return _mm512_cmpge_epi32_mask(magnitude, _mm512_set1_epi32(0x5d800000));
}

// Up to 16 numbers that follow each other, zeros after them.
VECTORS INLINE __m512 loaded(const float *from, size_t count) {
    if (count >= 16) return _mm512_loadu_ps(from);
    return count == 0 ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}

// The parts of 32 numbers that follow each other, into a row of each part's tile.
VECTORS INLINE void store_parts(uint16_t *row, __m512 low, __m512 high) {
    for (int part = 0; part < PARTS; part++) {
        __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
        _mm512_store_si512(row + part * TILE, both);
        low = _mm512_sub_ps(low, widened(_mm512_castsi512_si256(both)));
        high = _mm512_sub_ps(high, widened(_mm512_extracti64x4_epi64(both, 1)));
    }
}

// The same of two terms of 16 lines, the terms of a line side by side.
VECTORS INLINE void store_parts_paired(uint16_t *row, __m512 even, __m512 odd) {
    for (int part = 0; part < PARTS; part++) {
        __m512i e = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
        __m512i o = _mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd)), 16);
        _mm512_store_si512(row + part * TILE, _mm512_or_si512(e, o));
        even = _mm512_sub_ps(even, _mm512_castsi512_ps(_mm512_slli_epi32(e, 16)));
        odd = _mm512_sub_ps(odd, _mm512_castsi512_ps(o));
    }
}

// Turns a tile's 16 by 16 pairs of terms: what a has as rows, b has as columns.
VECTORS static void turn(uint16_t *tile) {
    __m512i r[SIDE], t[SIDE];
    for (int i = 0; i < SIDE; i++) r[i] = _mm512_load_si512(tile + i * STEP);
    for (int i = 0; i < SIDE; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < SIDE; i += 4)
        for (int j = 0; j < 2; j++) {
            r[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
            r[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
        }
    for (int i = 0; i < SIDE; i += 8)
        for (int j = 0; j < 4; j++) {
            t[i + j] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0x88);
            t[i + j + 4] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0xdd);
        }
    for (int j = 0; j < 8; j++) {
        r[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
        r[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
    }
    for (int i = 0; i < SIDE; i++) _mm512_store_si512(tile + i * STEP, r[i]);
}

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t units(size_t count, size_t unit) { return (count + unit - 1) / unit; }

// Where the tiles of 16 lines begin: of each step all parts, then those of the pair's other 16 lines.
INLINE uint16_t *tiles_of(uint16_t *packed, size_t line, size_t steps) {
    return packed + line / PAIR * steps * PAIR_STEP + line / SIDE % 2 * PARTS * TILE;
}

// Packs lines whose terms follow each other; one line after the other, so that memory is read as it lies.
VECTORS static int pack_along(uint16_t *packed, ck_factor f, size_t lines, size_t terms, size_t steps, int turns) {
    __mmask16 bad = 0;
    for (size_t line = 0; line < units(lines, PAIR) * PAIR; line++) {
        uint16_t *tiles = tiles_of(packed, line, steps);
        for (size_t step = 0; step < steps; step++) {
            size_t count = line < lines ? smaller(terms - step * STEP, STEP) : 0;
            const float *from = f.values + line * f.line_step + step * STEP;
            __m512 low = loaded(from, count), high = loaded(from + 16, count > 16 ? count - 16 : 0);
            bad |= unusable(low) | unusable(high);
            store_parts(tiles + step * PAIR_STEP + line % SIDE * STEP, low, high);
        }
        if (turns && line % SIDE == SIDE - 1)
            for (size_t step = 0; step < steps; step++)
                for (int part = 0; part < PARTS; part++) turn(tiles + step * PAIR_STEP + part * TILE);
    }
    return bad != 0;
}

// Packs lines that lie side by side, two terms of all of them at a time.
VECTORS static int pack_across(uint16_t *packed, ck_factor f, size_t lines, size_t terms, size_t steps, int turns) {
    __mmask16 bad = 0;
    size_t padded = units(lines, PAIR) * PAIR;
    for (size_t step = 0; step < steps; step++) {
        for (size_t term = step * STEP; term < (step + 1) * STEP; term += 2) {
            const float *even = f.values + term * f.term_step, *odd = even + f.term_step;
            for (size_t line = 0; line < padded; line += SIDE) {
                __builtin_prefetch(even + AHEAD * f.term_step + line);
                __builtin_prefetch(odd + AHEAD * f.term_step + line);
                size_t there = line < lines ? lines - line : 0;
                __m512 e = loaded(even + line, term < terms ? there : 0);
                __m512 o = loaded(odd + line, term + 1 < terms ? there : 0);
                bad |= unusable(e) | unusable(o);
                store_parts_paired(tiles_of(packed, line, steps) + step * PAIR_STEP + term / 2 % SIDE * STEP, e, o);
            }
        }
        for (size_t line = 0; turns && line < padded; line += SIDE)
            for (int part = 0; part < PARTS; part++)
                turn(tiles_of(packed, line, steps) + step * PAIR_STEP + part * TILE);
    }
    return bad != 0;
}

// Packs a part of a factor. Rows of a's tiles are lines; those of b's are pairs of terms.
static int pack(
    uint16_t *packed, ck_factor f, size_t line, size_t lines, size_t term, size_t terms, size_t steps, int is_b) {
    f.values += line * f.line_step + term * f.term_step;
    return f.term_step == 1 ? pack_along(packed, f, lines, terms, steps, is_b)
                            : pack_across(packed, f, lines, terms, steps, !is_b);
}

// 32 by 32 results, in tiles 0 to 3; a's two tiles are 4 and 5, b's 6 and 7. Of the parts' products the smallest come
// first, and each differs from the one before in one factor.
TILES INLINE void multiply_pair(const uint16_t *a, const uint16_t *b, size_t steps, float results[PAIR][PAIR]) {
    enum { ROW = STEP * sizeof(uint16_t), RESULT_ROW = PAIR * sizeof(float) };
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
#define LOAD(first, from, part)                                                                                        \
    _tile_loadd(first, from + (part) * TILE, ROW);                                                                     \
    _tile_loadd(first + 1, from + (PARTS + (part)) * TILE, ROW);
#define ADD                                                                                                            \
    _tile_dpbf16ps(0, 4, 6);                                                                                           \
    _tile_dpbf16ps(1, 4, 7);                                                                                           \
    _tile_dpbf16ps(2, 5, 6);                                                                                           \
    _tile_dpbf16ps(3, 5, 7);
    for (size_t step = 0; step < steps; step++, a += PAIR_STEP, b += PAIR_STEP) {
        LOAD(4, a, 2) LOAD(6, b, 0) ADD
        LOAD(4, a, 1) ADD
        LOAD(6, b, 1) ADD
        LOAD(4, a, 0) ADD
        LOAD(6, b, 2) ADD
        LOAD(6, b, 0) ADD
    }
#undef LOAD
#undef ADD
    _tile_stored(0, results[0], RESULT_ROW);
    _tile_stored(1, results[0] + SIDE, RESULT_ROW);
    _tile_stored(2, results[SIDE], RESULT_ROW);
    _tile_stored(3, results[SIDE] + SIDE, RESULT_ROW);
}

// Puts results where they belong, or adds them to what is there: sums of blocks of terms stay sums of a few large
// numbers, which loses less than one long sum would.
VECTORS INLINE void put(
    float *out, size_t out_step, float results[PAIR][PAIR], size_t rows, size_t columns, int adds) {
    __mmask16 left = (__mmask16)((1u << smaller(columns, SIDE)) - 1);
    __mmask16 right = (__mmask16)((1u << (columns > SIDE ? smaller(columns - SIDE, SIDE) : 0)) - 1);
    for (size_t row = 0; row < smaller(rows, PAIR); row++, out += out_step) {
        __m512 low = _mm512_load_ps(results[row]), high = _mm512_load_ps(results[row] + SIDE);
        if (adds) {
            low = _mm512_add_ps(low, _mm512_maskz_loadu_ps(left, out));
            high = _mm512_add_ps(high, _mm512_maskz_loadu_ps(right, out + SIDE));
        }
        _mm512_mask_storeu_ps(out, left, low);
        _mm512_mask_storeu_ps(out + SIDE, right, high);
    }
}

// How many numbers are packed of so many lines, at most `most` at a time.
static size_t packed_count(size_t lines, size_t most, size_t steps) {
    return units(smaller(lines, most), PAIR) * steps * PAIR_STEP;
}

size_t ck_tiles_room(size_t rows, size_t columns, size_t depth) {
    size_t steps = smaller(units(depth, STEP), BLOCK_STEPS);
    return (packed_count(rows, BLOCK_ROWS, steps) + packed_count(columns, BLOCK_COLUMNS, steps)) * sizeof(uint16_t);
}

TILES static void configure(void) {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shapes = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) {
        shapes.row_bytes[tile] = STEP * sizeof(uint16_t);
        shapes.rows[tile] = SIDE;
    }
    _tile_loadconfig(&shapes);
}

TILES int ck_multiply_tiles(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, void *room) {
    // Blocks of terms of about the same size.
    size_t all_steps = units(depth, STEP), block_steps = units(all_steps, units(all_steps, BLOCK_STEPS));
    uint16_t *packed_b = room, *packed_a = packed_b + packed_count(columns, BLOCK_COLUMNS, block_steps);
    int bad = 0;
    configure();
    for (size_t term = 0; term < depth && !bad; term += block_steps * STEP) {
        size_t terms = smaller(depth - term, block_steps * STEP), steps = units(terms, STEP);
        for (size_t column = 0; column < columns; column += BLOCK_COLUMNS) {
            size_t width = smaller(columns - column, BLOCK_COLUMNS);
            bad |= pack(packed_b, b, column, width, term, terms, steps, 1);
            for (size_t row = 0; row < rows && !bad; row += BLOCK_ROWS) {
                size_t height = smaller(rows - row, BLOCK_ROWS);
                // A block of a that holds all its rows serves all columns.
                if (column == 0 || rows > BLOCK_ROWS) bad |= pack(packed_a, a, row, height, term, terms, steps, 0);
                for (size_t c = 0; c < width; c += PAIR)
                    for (size_t r = 0; r < height; r += PAIR) {
                        _Alignas(64) float results[PAIR][PAIR];
                        multiply_pair(
                            packed_a + r * steps * STEP * PARTS, packed_b + c * steps * STEP * PARTS, steps, results);
                        put(out + (row + r) * out_step + column + c, out_step, results, height - r, width - c,
                            term > 0);
                    }
            }
        }
    }
    _tile_release();
    return bad;
}
#else
int ck_has_tiles(void) { return 0; }

size_t ck_tiles_room(size_t rows, size_t columns, size_t depth) {
    (void)rows, (void)columns, (void)depth;
    return 0;
}

int ck_multiply_tiles(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, void *room) {
    (void)a, (void)b, (void)out, (void)out_step, (void)rows, (void)columns, (void)depth, (void)room;
    return 1;
}
#endif
