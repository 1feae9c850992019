/// Loops of gradients over float32 arrays. `out` may be one of the inputs; otherwise arrays do not overlap.
#ifndef CKERNEL_GRADIENTS_H
#define CKERNEL_GRADIENTS_H
#include <stddef.h>

/// out[i] = the gradient by x of f at `at[i]`, times `grad[i]`. `at` is f(x), or x for the functions of the second
/// part.
typedef void (*ck_chain)(float *out, const float *at, const float *grad, size_t count);
void ck_sigmoid_grad(float *out, const float *at, const float *grad, size_t count);
void ck_tanh_grad(float *out, const float *at, const float *grad, size_t count);
void ck_sqrt_grad(float *out, const float *at, const float *grad, size_t count);
void ck_rsqrt_grad(float *out, const float *at, const float *grad, size_t count);
void ck_reciprocal_grad(float *out, const float *at, const float *grad, size_t count);
void ck_relu_grad(float *out, const float *at, const float *grad, size_t count);
void ck_relu6_grad(float *out, const float *at, const float *grad, size_t count);

/// Batch normalization, rows of `channels` numbers.
///
/// sums[c] = the sum of x[r][c] over the rows; centers[c] of it that divided by `rows`; squares[c] = the sum of
/// (x[r][c] - centers[c])^2.
void ck_channel_moments(float *centers, float *squares, const float *x, size_t rows, size_t channels);
/// sums[c] = the sum of grad[r][c], products[c] = that of grad[r][c] (x[r][c] - mean[c]).
void ck_channel_products(
    float *sums, float *products, const float *grad, const float *x, const float *mean, size_t rows, size_t channels);
/// out = factor[c] grad - (shift[c] + slope[c] (x - mean[c])); `out` may be `grad` or `x`.
void ck_normalized_grad(
    float *out, const float *grad, const float *x, const float *mean, const float *factor, const float *shift,
    const float *slope, size_t rows, size_t channels);
/// out[r][c] = (x[r][c] - mean[c]) factor[c] + offset[c].
void ck_normalized(
    float *out, const float *x, const float *mean, const float *factor, const float *offset, size_t rows,
    size_t channels);
/// sums[c] = the sum of x[r][c] over the rows.
void ck_channel_sums(float *sums, const float *x, size_t rows, size_t channels);
#endif
