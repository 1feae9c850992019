#include "matrix_tiles.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tile_packing.h"

#define TILES __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq")))

enum {
    BLOCK_STEPS = 4,     // 128 terms are packed at a time, which of 32 lines of each fit in the first-level cache,
    BLOCK_ROWS = 256,    // and of so many lines of a
    BLOCK_COLUMNS = 512, // and of b in the second-level cache
};

static int request_tiles(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 22 & 1) || !(d >> 24 & 1)) return 0; // AMX-BF16, AMX-TILE
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

// 32 by 32 results, and where they belong.
struct results {
    _Alignas(64) float numbers[PAIR][PAIR];
    float *out;
    size_t out_step, rows, columns;
    int adds;
};

// Puts results where they belong, or adds them to what is there: sums of blocks of terms stay sums of a few large
// numbers, which loses less than one long sum would.
VECTORS INLINE void put(const struct results *results) {
    float *out = results->out;
    size_t columns = results->columns;
    __mmask16 left = (__mmask16)((1u << smaller(columns, SIDE)) - 1);
    __mmask16 right = (__mmask16)((1u << (columns > SIDE ? smaller(columns - SIDE, SIDE) : 0)) - 1);
    for (size_t row = 0; row < smaller(results->rows, PAIR); row++, out += results->out_step) {
        __m512 low = _mm512_load_ps(results->numbers[row]), high = _mm512_load_ps(results->numbers[row] + SIDE);
        if (results->adds) {
            low = _mm512_add_ps(low, _mm512_maskz_loadu_ps(left, out));
            high = _mm512_add_ps(high, _mm512_maskz_loadu_ps(right, out + SIDE));
        }
        _mm512_mask_storeu_ps(out, left, low);
        _mm512_mask_storeu_ps(out + SIDE, right, high);
    }
}

// 32 by 32 results, in tiles 0 to 3; a's two tiles are 4 and 5, b's 6 and 7. Of the parts' products the smallest come
// first, and each differs from the one before in one factor. The results of the call before are put where they belong
// while the unit works.
TILES INLINE void multiply_pair(const uint16_t *a, const uint16_t *b, size_t steps, struct results *results, const struct results *before) {
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
    if (before->out) put(before);
    _tile_stored(0, results->numbers[0], RESULT_ROW);
    _tile_stored(1, results->numbers[0] + SIDE, RESULT_ROW);
    _tile_stored(2, results->numbers[SIDE], RESULT_ROW);
    _tile_stored(3, results->numbers[SIDE] + SIDE, RESULT_ROW);
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
    struct results results[2];
    results[0].out = results[1].out = NULL;
    size_t pair = 0;
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
                    for (size_t r = 0; r < height; r += PAIR, pair ^= 1) {
                        struct results *current = &results[pair];
                        multiply_pair(packed_a + r * steps * STEP * PARTS, packed_b + c * steps * STEP * PARTS, steps,
                            current, &results[pair ^ 1]);
                        current->out = out + (row + r) * out_step + column + c;
                        current->out_step = out_step;
                        current->rows = height - r;
                        current->columns = width - c;
                        current->adds = term > 0;
                    }
            }
        }
    }
    if (results[pair ^ 1].out) put(&results[pair ^ 1]);
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
