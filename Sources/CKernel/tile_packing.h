/// The packing of float32 numbers for the matrix unit.
#ifndef CKERNEL_TILE_PACKING_H
#define CKERNEL_TILE_PACKING_H

#include <immintrin.h>
#include <stdint.h>

#include "matrix_tiles.h"

#define VECTORS __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define INLINE static inline __attribute__((always_inline))

enum {
    SIDE = 16,          // lines of a tile
    STEP = 32,          // terms that one instruction adds up, of each line
    TILE = SIDE * STEP, // numbers in a tile
    PARTS = 3,          // tiles that hold the same numbers, each what the ones before leave
    PAIR = 2 * SIDE,    // lines that are packed side by side: results are computed 32 by 32
    PAIR_STEP = 2 * PARTS * TILE,
};

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t units(size_t count, size_t unit) { return (count + unit - 1) / unit; }

// The largest of the numbers' magnitudes, as bits: those of what is not a number are larger than those of infinity.
VECTORS INLINE __m512i larger(__m512i largest, __m512 x) {
    return _mm512_max_epu32(largest, _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff)));
}

// Up to 16 numbers that follow each other, zeros after them.
VECTORS INLINE __m512 loaded(const float *from, size_t count) {
    if (count >= 16) return _mm512_loadu_ps(from);
    return count == 0 ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}

// What rounds to the next number of 8 bits of precision, which is left of it in the upper half.
VECTORS INLINE __m512i rounded(__m512 x) {
    __m512i bits = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
    return _mm512_and_si512(bits, _mm512_set1_epi32((int)0xffff0000));
}

// Stores the upper halves of the first numbers beside those of the second ones.
VECTORS INLINE void store_halves(uint16_t *row, __m512i first, __m512i second) {
    enum { A_OR_B_AND_C = 0xf8 };
    __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    _mm512_store_si512(row, _mm512_ternarylogic_epi32(_mm512_srli_epi32(first, 16), second, upper, A_OR_B_AND_C));
}

// The parts of 16 pairs of numbers, each into a row of its tile. The first two are rounded to nearest, so what they
// leave has at most 7 bits and is all in the third.
VECTORS INLINE void store_parts(uint16_t *row, __m512 first, __m512 second) {
    for (int part = 0; part < PARTS - 1; part++) {
        __m512i f = rounded(first), s = rounded(second);
        store_halves(row + part * TILE, f, s);
        first = _mm512_sub_ps(first, _mm512_castsi512_ps(f));
        second = _mm512_sub_ps(second, _mm512_castsi512_ps(s));
    }
    store_halves(row + (PARTS - 1) * TILE, _mm512_castps_si512(first), _mm512_castps_si512(second));
}

// Whether a number is not finite or at least 2^60.
VECTORS INLINE int is_unusable(__m512i largest) {
    return _mm512_cmpge_epu32_mask(largest, _mm512_set1_epi32(0x5d800000)) != 0;
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

// Where the tiles of 16 lines begin: of each step all parts, then those of the pair's other 16 lines.
INLINE uint16_t *tiles_of(uint16_t *packed, size_t line, size_t steps) {
    return packed + line / PAIR * steps * PAIR_STEP + line / SIDE % 2 * PARTS * TILE;
}

// Packs lines whose terms follow each other; one line after the other, so that memory is read as it lies. Of each step
// term k is beside term k + 16, in both factors.
VECTORS static int pack_along(uint16_t *packed, ck_factor f, size_t lines, size_t terms, size_t steps, int turns) {
    __m512i largest = _mm512_setzero_si512();
    for (size_t line = 0; line < units(lines, PAIR) * PAIR; line++) {
        uint16_t *tiles = tiles_of(packed, line, steps);
        for (size_t step = 0; step < steps; step++) {
            size_t count = line < lines ? smaller(terms - step * STEP, STEP) : 0;
            const float *from = f.values + line * f.line_step + step * STEP;
            __m512 first = loaded(from, count), second = loaded(from + SIDE, count > SIDE ? count - SIDE : 0);
            largest = larger(larger(largest, first), second);
            store_parts(tiles + step * PAIR_STEP + line % SIDE * STEP, first, second);
        }
        if (turns && line % SIDE == SIDE - 1)
            for (size_t step = 0; step < steps; step++)
                for (int part = 0; part < PARTS; part++) turn(tiles + step * PAIR_STEP + part * TILE);
    }
    return is_unusable(largest);
}

// Packs lines that lie side by side, two terms of all of them at a time.
VECTORS static int pack_across(uint16_t *packed, ck_factor f, size_t lines, size_t terms, size_t steps, int turns) {
    __m512i largest = _mm512_setzero_si512();
    size_t padded = units(lines, PAIR) * PAIR;
    for (size_t step = 0; step < steps; step++) {
        for (size_t row = 0; row < SIDE; row++) {
            size_t term = step * STEP + row;
            const float *from = f.values + term * f.term_step, *beside = from + SIDE * f.term_step;
            for (size_t line = 0; line < padded; line += SIDE) {
                __builtin_prefetch(from + f.term_step + line);
                __builtin_prefetch(beside + f.term_step + line);
                size_t there = line < lines ? lines - line : 0;
                __m512 first = loaded(from + line, term < terms ? there : 0);
                __m512 second = loaded(beside + line, term + SIDE < terms ? there : 0);
                largest = larger(larger(largest, first), second);
                store_parts(tiles_of(packed, line, steps) + step * PAIR_STEP + row * STEP, first, second);
            }
        }
        for (size_t line = 0; turns && line < padded; line += SIDE)
            for (int part = 0; part < PARTS; part++)
                turn(tiles_of(packed, line, steps) + step * PAIR_STEP + part * TILE);
    }
    return is_unusable(largest);
}

// Packs a part of a factor. Rows of a's tiles are lines; those of b's are pairs of terms.
static int pack(
    uint16_t *packed, ck_factor f, size_t line, size_t lines, size_t term, size_t terms, size_t steps, int is_b) {
    f.values += line * f.line_step + term * f.term_step;
    return f.term_step == 1 ? pack_along(packed, f, lines, terms, steps, is_b)
                            : pack_across(packed, f, lines, terms, steps, !is_b);
}

#endif
