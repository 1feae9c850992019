/// Loops over float32 arrays, compiled for several widths of vector registers; the CPU's is picked at run time.
///
/// `out` may be one of the inputs; otherwise arrays must not overlap. An element's result does not depend on where in
/// the array it is, so that cutting an array into pieces changes nothing.
#ifndef CKERNEL_VECTOR_MATH_H
#define CKERNEL_VECTOR_MATH_H
#include <stdbool.h>
#include <stddef.h>

/// out[i] = f(in[i]).
typedef void (*ck_unary)(float *out, const float *in, size_t count);
void ck_exp(float *out, const float *in, size_t count);
void ck_log(float *out, const float *in, size_t count);
/// 1 / (1 + exp(-x)).
void ck_sigmoid(float *out, const float *in, size_t count);
void ck_tanh(float *out, const float *in, size_t count);
/// The error function, by the C library, one element at a time.
void ck_erf(float *out, const float *in, size_t count);
void ck_rsqrt(float *out, const float *in, size_t count);
void ck_sqrt(float *out, const float *in, size_t count);
void ck_square(float *out, const float *in, size_t count);
void ck_negate(float *out, const float *in, size_t count);
void ck_absolute(float *out, const float *in, size_t count);
void ck_reciprocal(float *out, const float *in, size_t count);
/// max(x, 0), NaN kept.
void ck_relu(float *out, const float *in, size_t count);
/// min(max(x, 0), 6), NaN kept.
void ck_relu6(float *out, const float *in, size_t count);

/// out[i] = f(a[i * a_step], b[i * b_step]), steps 0 or 1.
typedef void (*ck_binary)(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
void ck_add(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
void ck_subtract(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
void ck_multiply(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
void ck_divide(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
/// The larger; NaN where one is NaN.
void ck_maximum(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
void ck_minimum(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
void ck_squared_difference(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);
/// 1 where a[i] = b[i], else 0.
void ck_equal(float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count);

/// out[i] = in[i] * scale[i] + shift[i].
void ck_scale_shift(float *out, const float *in, const float *scale, const float *shift, size_t count);
/// out[i] += in[i] * factor.
void ck_add_scaled(float *out, const float *in, float factor, size_t count);
/// out[i] += in[i] * in[i].
void ck_add_squared(float *out, const float *in, size_t count);

/// The sum, in 32 interleaved partial sums.
float ck_sum(const float *in, size_t count);
/// The sum of squares, likewise.
float ck_sum_squares(const float *in, size_t count);
/// The largest; -infinity of none, NaN when one is NaN.
float ck_largest(const float *in, size_t count);
float ck_smallest(const float *in, size_t count);
/// Whether none is infinite or NaN.
bool ck_all_finite(const float *in, size_t count);
/// out[i] = exp(in[i] - shift); returns the sum of them.
float ck_exp_shifted(float *out, const float *in, float shift, size_t count);

/// The gradient of a softmax whose rows are y: out = (grad - the sum of grad y over the row) y. `out` may be one of the
/// inputs. Rounds as products, their sum (of less than 16 one by one, else as
/// ck_sum), differences and products do one after the other.
void ck_softmax_grad(float *out, const float *y, const float *grad, size_t rows, size_t columns);
#endif
