#include "vector_math.h"
#include "widths.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

INLINE float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

INLINE uint32_t to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

// e^x = 2^n e^r with |r| <= ln(2)/2; e^r by the Taylor polynomial of degree 7, whose remainder is below 2^-27.
INLINE float exp_of(float x) {
    float clamped = x < -104.0f ? -104.0f : x > 89.0f ? 89.0f : x;
    float n = __builtin_rintf(clamped * 0x1.715476p+0f);
    float r = clamped - n * 0x1.62e4p-1f;
    r = r - n * 0x1.7f7d1cp-20f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    // Two factors, because 2^n alone may be no normal number where the product is one.
    int32_t whole = (int32_t)n, half = whole >> 1;
    float scaled = p * from_bits((uint32_t)(half + 127) << 23) * from_bits((uint32_t)(whole - half + 127) << 23);
    return x != x ? x : scaled;
}

// ln x = n ln 2 + ln m with m in [sqrt(1/2), sqrt 2); ln m = 2 atanh(s), s = (m-1)/(m+1), by its series.
INLINE float log_of(float x) {
    float normal = x < 0x1p-126f ? x * 0x1p23f : x;
    uint32_t bits = to_bits(normal), shifted = bits - 0x3f3504f3;
    float n = (float)((int32_t)shifted >> 23) - (x < 0x1p-126f ? 23.0f : 0.0f);
    float m = from_bits((shifted & 0x7fffff) + 0x3f3504f3);
    float s = (m - 1.0f) / (m + 1.0f), z = s * s;
    float p = 2.0f / 11;
    p = p * z + 2.0f / 9;
    p = p * z + 2.0f / 7;
    p = p * z + 2.0f / 5;
    p = p * z + 2.0f / 3;
    float result = n * 0x1.62e4p-1f + (2.0f * s + (s * z * p + n * 0x1.7f7d1cp-20f));
    result = x == 0.0f ? -__builtin_inff() : result;
    result = x < 0.0f ? __builtin_nanf("") : result;
    return x != x || x == __builtin_inff() ? x : result;
}

INLINE float sigmoid_of(float x) { return 1.0f / (1.0f + exp_of(-x)); }

// Near zero the odd series of degree 11 (|x| < 0.4: remainder below 2^-26), else (1 - t)/(1 + t) with t = e^(-2|x|).
INLINE float tanh_of(float x) {
    float magnitude = __builtin_fabsf(x), z = x * x;
    float p = -1382.0f / 155925;
    p = p * z + 62.0f / 2835;
    p = p * z - 17.0f / 315;
    p = p * z + 2.0f / 15;
    p = p * z - 1.0f / 3;
    float small = x + x * z * p;
    float t = exp_of(-2.0f * magnitude), large = __builtin_copysignf((1.0f - t) / (1.0f + t), x);
    return magnitude < 0.4f ? small : large;
}

INLINE float relu_of(float x) { return x < 0.0f ? 0.0f : x; }
INLINE float relu6_of(float x) { return x < 0.0f ? 0.0f : x > 6.0f ? 6.0f : x; }
INLINE float rsqrt_of(float x) { return 1.0f / __builtin_elementwise_sqrt(x); }
INLINE float sqrt_of(float x) { return __builtin_elementwise_sqrt(x); }
INLINE float square_of(float x) { return x * x; }
INLINE float negate_of(float x) { return -x; }
INLINE float absolute_of(float x) { return __builtin_fabsf(x); }
INLINE float reciprocal_of(float x) { return 1.0f / x; }

#define UNARY(name)                                                                                                    \
    WIDTHS void ck_##name(float *out, const float *in, size_t count) {                                                 \
        EACH for (size_t i = 0; i < count; i++) out[i] = name##_of(in[i]);                                             \
    }
UNARY(exp)
UNARY(log)
UNARY(sigmoid)
UNARY(tanh)
UNARY(relu)
UNARY(relu6)
UNARY(rsqrt)
UNARY(sqrt)
UNARY(square)
UNARY(negate)
UNARY(absolute)
UNARY(reciprocal)

void ck_erf(float *out, const float *in, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = erff(in[i]);
}

INLINE float add_of(float a, float b) { return a + b; }
INLINE float subtract_of(float a, float b) { return a - b; }
INLINE float multiply_of(float a, float b) { return a * b; }
INLINE float divide_of(float a, float b) { return a / b; }
INLINE float maximum_of(float a, float b) { return a > b || a != a ? a : b; }
INLINE float minimum_of(float a, float b) { return a < b || a != a ? a : b; }
INLINE float squared_difference_of(float a, float b) { return (a - b) * (a - b); }
INLINE float equal_of(float a, float b) { return a == b ? 1.0f : 0.0f; }

#define BINARY(name)                                                                                                   \
    WIDTHS void ck_##name(                                                                                             \
        float *out, const float *a, size_t a_step, const float *b, size_t b_step, size_t count) {                      \
        if (count == 0) return;                                                                                        \
        if (a_step && b_step) {                                                                                        \
            EACH for (size_t i = 0; i < count; i++) out[i] = name##_of(a[i], b[i]);                                    \
        } else if (a_step) {                                                                                           \
            float value = *b;                                                                                          \
            EACH for (size_t i = 0; i < count; i++) out[i] = name##_of(a[i], value);                                   \
        } else {                                                                                                       \
            float value = *a;                                                                                          \
            EACH for (size_t i = 0; i < count; i++) out[i] = name##_of(value, b_step ? b[i] : *b);                     \
        }                                                                                                              \
    }
BINARY(add)
BINARY(subtract)
BINARY(multiply)
BINARY(divide)
BINARY(maximum)
BINARY(minimum)
BINARY(squared_difference)
BINARY(equal)

WIDTHS void ck_scale_shift(float *out, const float *in, const float *scale, const float *shift, size_t count) {
    EACH for (size_t i = 0; i < count; i++) out[i] = in[i] * scale[i] + shift[i];
}

WIDTHS void ck_add_scaled(float *out, const float *in, float factor, size_t count) {
    EACH for (size_t i = 0; i < count; i++) out[i] += in[i] * factor;
}

WIDTHS void ck_add_squared(float *out, const float *in, size_t count) {
    EACH for (size_t i = 0; i < count; i++) out[i] += in[i] * in[i];
}

enum { LANES = 32 };

// Adds up lanes pairwise, so that the order of additions is the same for every width of vectors.
INLINE float total(float *lanes) {
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
    return lanes[0];
}

#define SUM(name, term)                                                                                                \
    WIDTHS float name(const float *in, size_t count) {                                                                 \
        float lanes[LANES] = {0};                                                                                      \
        size_t i = 0;                                                                                                  \
        for (; i + LANES <= count; i += LANES)                                                                         \
            for (int lane = 0; lane < LANES; lane++) {                                                                 \
                float x = in[i + lane];                                                                                \
                lanes[lane] += term;                                                                                   \
            }                                                                                                          \
        for (int lane = 0; i < count; i++, lane++) {                                                                   \
            float x = in[i];                                                                                           \
            lanes[lane] += term;                                                                                       \
        }                                                                                                              \
        return total(lanes);                                                                                           \
    }
SUM(ck_sum, x)
SUM(ck_sum_squares, x *x)

#define EXTREME(name, pick, start)                                                                                     \
    WIDTHS float name(const float *in, size_t count) {                                                                 \
        float lanes[LANES];                                                                                            \
        for (int lane = 0; lane < LANES; lane++) lanes[lane] = start;                                                  \
        size_t i = 0;                                                                                                  \
        for (; i + LANES <= count; i += LANES)                                                                         \
            for (int lane = 0; lane < LANES; lane++) lanes[lane] = pick(in[i + lane], lanes[lane]);                    \
        for (int lane = 0; i < count; i++, lane++) lanes[lane] = pick(in[i], lanes[lane]);                             \
        float result = start;                                                                                          \
        for (int lane = 0; lane < LANES; lane++) result = pick(lanes[lane], result);                                   \
        return result;                                                                                                 \
    }
EXTREME(ck_largest, maximum_of, -__builtin_inff())
EXTREME(ck_smallest, minimum_of, __builtin_inff())

WIDTHS bool ck_all_finite(const float *in, size_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) found |= (to_bits(in[i]) & 0x7f800000) == 0x7f800000;
    return !found;
}

WIDTHS float ck_exp_shifted(float *out, const float *in, float shift, size_t count) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        EACH for (int lane = 0; lane < LANES; lane++) {
            float value = exp_of(in[i + lane] - shift);
            out[i + lane] = value;
            lanes[lane] += value;
        }
    EACH for (int lane = 0; i < count; i++, lane++) {
        float value = exp_of(in[i] - shift);
        out[i] = value;
        lanes[lane] += value;
    }
    return total(lanes);
}

enum { SHORT = 16 }; // terms that are not worth lanes

WIDTHS void ck_softmax_grad(float *out, const float *y, const float *grad, size_t rows, size_t columns) {
#pragma clang fp contract(off)
    for (size_t row = 0; row < rows; row++, out += columns, y += columns, grad += columns) {
        float lanes[LANES] = {0}, sum = 0.0f;
        size_t i = 0;
        if (columns < SHORT) {
            for (; i < columns; i++) sum += grad[i] * y[i];
        } else {
            for (; i + LANES <= columns; i += LANES)
                EACH for (int lane = 0; lane < LANES; lane++) lanes[lane] += grad[i + lane] * y[i + lane];
            EACH for (int lane = 0; i < columns; i++, lane++) lanes[lane] += grad[i] * y[i];
            sum = total(lanes);
        }
        EACH for (size_t c = 0; c < columns; c++) out[c] = (grad[c] - sum) * y[c];
    }
}
