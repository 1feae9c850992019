/// Products of rows of a matrix with each other.
#ifndef CKERNEL_GRAM_H
#define CKERNEL_GRAM_H
#include <stddef.h>

/// Adds to `sums`, `rows` by `rows`, the product of `count` columns of a matrix with themselves transposed, in float64;
/// only where the column is not above the row. Rows of `x` are `step` apart.
void ck_add_gram(double *sums, const float *x, size_t step, size_t rows, size_t count);
#endif
