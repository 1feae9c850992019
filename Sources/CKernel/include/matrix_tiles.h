/// Products of float32 matrices on the matrix unit (AMX) of recent x86 CPUs.
///
/// The unit multiplies numbers of 8 bits of precision (bfloat16) and adds up in float32. A float32 is the sum of three
/// of those, exactly; of the nine products of the parts of two numbers, the six that matter are added up. What is left
/// out is less than 2^-23 of the product, as much as float32 itself rounds off (Henry, Tang, Heinecke 2019, "Leveraging
/// the bfloat16 artificial intelligence datatype for higher-precision computations").
///
/// The unit takes numbers below 2^-126 for zero. A part that is so small is lost, so that a term may be wrong by
/// 2^-126 times its other factor, whatever else is in the sum.
#ifndef CKERNEL_MATRIX_TILES_H
#define CKERNEL_MATRIX_TILES_H
#include <stddef.h>

/// Whether this CPU has the unit and the system lets the process use it; 0 or 1.
int ck_has_tiles(void);

/// One factor of a product, as lines (a row of the first matrix, a column of the second) of terms that are multiplied
/// with those of the other factor's lines. Term t of line l is values[l * line_step + t * term_step], and one step is 1.
typedef struct {
    const float *values;
    size_t line_step, term_step;
} ck_factor;

/// How many bytes ck_multiply_tiles needs to work in: at most 0.6 MB.
size_t ck_tiles_room(size_t rows, size_t columns, size_t depth);

/// out = a b, where a has `rows` lines, b has `columns` lines, and both have `depth` terms, at least one each; rows of
/// out are out_step apart.
///
/// Returns 0 when it is done; 1 when it is not, because a number in a or b is not finite or at least 2^60, with which
/// parts of a product might overflow that as a whole does not. What out holds then means nothing.
///
/// Only to be called where ck_has_tiles() is 1. `room` is aligned to 64 bytes.
int ck_multiply_tiles(
    ck_factor a, ck_factor b, float *out, size_t out_step, size_t rows, size_t columns, size_t depth, void *room);
#endif
