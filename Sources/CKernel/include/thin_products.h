/// Products of a float32 matrix of few rows with a large one, which is read from memory once and as it lies.
///
/// With so few rows memory is what limits: packing the large matrix first, as products of large matrices do, would take
/// longer than multiplying does. Needs AVX-512.
#ifndef CKERNEL_THIN_PRODUCTS_H
#define CKERNEL_THIN_PRODUCTS_H
#include "matrix_tiles.h"
#include <stddef.h>

/// Whether this CPU has the instructions; 0 or 1.
int ck_has_thin_products(void);

/// How many bytes ck_multiply_thin needs to work in: 4 KiB for each row.
size_t ck_thin_room(size_t rows);

/// Memory that will be wanted afterwards and is asked for meanwhile, so that it does not rest: `count` floats from `from`
/// on, or fewer where there is not enough to do; it need not exist.
typedef struct {
    const float *from;
    size_t count;
} ck_ahead;

/// out = a b, where a has `rows` lines, b has `columns` lines, and both have `depth` terms, at least one each; rows of
/// out are `out_step` apart. Of b either lines or terms are one apart; where it is the terms, so they are of a.
///
/// Each result is a sum of the sums of some hundred terms. Only to be called where ck_has_thin_products() is 1. `room` is
/// aligned to 64 bytes.
void ck_multiply_thin(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, void *room,
    ck_ahead ahead);

/// The same of which both have terms one apart, for an a that is multiplied with many: it is packed once. How many
/// numbers that takes, aligned to 64 bytes; the packing; and the product, whose results are those of ck_multiply_thin.
size_t ck_packed_count(size_t rows, size_t depth);
void ck_pack_thin(ck_factor a, float *packed, size_t rows, size_t depth);
void ck_multiply_packed(
    const float *packed, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth,
    ck_ahead ahead);
#endif
