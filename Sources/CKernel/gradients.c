#include "gradients.h"
#include "widths.h"

INLINE float sigmoid_slope(float y, float g) { return g * y * (1.0f - y); }
INLINE float tanh_slope(float y, float g) { return g * (1.0f - y * y); }
INLINE float sqrt_slope(float y, float g) { return 0.5f * g / y; }
INLINE float rsqrt_slope(float y, float g) { return -0.5f * g * (y * y * y); }
INLINE float reciprocal_slope(float y, float g) { return -g * y * y; }
INLINE float relu_slope(float x, float g) { return x > 0.0f ? g : 0.0f; }
INLINE float relu6_slope(float x, float g) { return x > 0.0f && x < 6.0f ? g : 0.0f; }

#define CHAIN(name)                                                                                                    \
    WIDTHS void ck_##name##_grad(float *out, const float *at, const float *grad, size_t count) {                       \
        EACH for (size_t i = 0; i < count; i++) out[i] = name##_slope(at[i], grad[i]);                                 \
    }
CHAIN(sigmoid)
CHAIN(tanh)
CHAIN(sqrt)
CHAIN(rsqrt)
CHAIN(reciprocal)
CHAIN(relu)
CHAIN(relu6)

// Four rows at a time, so that the sums are read and written once for four.
#define FOUR_ROWS(at, a, b, c, d) const float *a = at, *b = a + channels, *c = b + channels, *d = c + channels

WIDTHS void ck_channel_sums(float *restrict sums, const float *restrict x, size_t rows, size_t channels) {
    for (size_t c = 0; c < channels; c++) sums[c] = 0.0f;
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
        FOUR_ROWS(x + row * channels, x0, x1, x2, x3);
        for (size_t c = 0; c < channels; c++) sums[c] += (x0[c] + x1[c]) + (x2[c] + x3[c]);
    }
    for (; row < rows; row++)
        for (size_t c = 0; c < channels; c++) sums[c] += x[row * channels + c];
}

INLINE float squared(float x) { return x * x; }

WIDTHS void ck_channel_moments(
    float *restrict centers, float *restrict squares, const float *restrict x, size_t rows, size_t channels) {
    ck_channel_sums(centers, x, rows, channels);
    float part = 1.0f / (float)rows;
    for (size_t c = 0; c < channels; c++) {
        centers[c] *= part;
        squares[c] = 0.0f;
    }
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
        FOUR_ROWS(x + row * channels, x0, x1, x2, x3);
        for (size_t c = 0; c < channels; c++) {
            float center = centers[c];
            squares[c] += (squared(x0[c] - center) + squared(x1[c] - center)) +
                          (squared(x2[c] - center) + squared(x3[c] - center));
        }
    }
    for (; row < rows; row++)
        for (size_t c = 0; c < channels; c++) squares[c] += squared(x[row * channels + c] - centers[c]);
}

WIDTHS void ck_channel_products(
    float *restrict sums, float *restrict products, const float *restrict grad, const float *restrict x,
    const float *restrict mean, size_t rows, size_t channels) {
    for (size_t c = 0; c < channels; c++) sums[c] = products[c] = 0.0f;
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
        FOUR_ROWS(grad + row * channels, g0, g1, g2, g3);
        FOUR_ROWS(x + row * channels, x0, x1, x2, x3);
        for (size_t c = 0; c < channels; c++) {
            float center = mean[c];
            sums[c] += (g0[c] + g1[c]) + (g2[c] + g3[c]);
            products[c] += (g0[c] * (x0[c] - center) + g1[c] * (x1[c] - center)) +
                           (g2[c] * (x2[c] - center) + g3[c] * (x3[c] - center));
        }
    }
    for (; row < rows; row++)
        for (size_t c = 0; c < channels; c++) {
            size_t i = row * channels + c;
            sums[c] += grad[i];
            products[c] += grad[i] * (x[i] - mean[c]);
        }
}

WIDTHS void ck_normalized_grad(
    float *out, const float *grad, const float *x, const float *mean, const float *factor, const float *shift,
    const float *slope, size_t rows, size_t channels) {
    for (size_t row = 0; row < rows; row++)
        EACH for (size_t c = 0; c < channels; c++) {
            size_t i = row * channels + c;
            out[i] = factor[c] * grad[i] - (shift[c] + slope[c] * (x[i] - mean[c]));
        }
}

WIDTHS void ck_normalized(
    float *out, const float *x, const float *mean, const float *factor, const float *offset, size_t rows,
    size_t channels) {
    for (size_t row = 0; row < rows; row++)
        EACH for (size_t c = 0; c < channels; c++) {
            size_t i = row * channels + c;
            out[i] = (x[i] - mean[c]) * factor[c] + offset[c];
        }
}
