#include "half.h"
#include <string.h>

static uint16_t half_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) // NaN: stays quiet, keeps the payload's top bits
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) // at least halfway between the largest half and 65536
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) { // below 2^-14: a multiple of 2^-24, which adding 0.5 rounds in the float's last bit
        float rounded;
        memcpy(&rounded, &magnitude, 4);
        rounded += 0.5f;
        memcpy(&bits, &rounded, 4);
        return (uint16_t)(sign | (bits - 0x3f000000));
    }
    uint32_t odd = magnitude >> 13 & 1;
    return (uint16_t)(sign | (magnitude - 0x38000000 + 0xfff + odd) >> 13);
}

static float float_from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff, bits;
    if (magnitude >= 0x7c00) { // infinity, or NaN made quiet
        bits = 0x7f800000 | (magnitude & 0x3ff) << 13 | (magnitude > 0x7c00 ? 0x400000 : 0);
    } else if (magnitude < 0x400) { // subnormal: magnitude * 2^-24
        float value = (float)magnitude * 0x1p-24f;
        memcpy(&bits, &value, 4);
    } else {
        bits = (magnitude << 13) + 0x38000000;
    }
    bits |= sign;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

void ck_half_from_float_portable(uint16_t *out, const float *in, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = half_from_float(in[i]);
}

void ck_float_from_half_portable(float *out, const uint16_t *in, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = float_from_half(in[i]);
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx,f16c"))) static void half_from_float_f16c(uint16_t *out, const float *in, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((__m128i *)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT));
    ck_half_from_float_portable(out + i, in + i, count - i);
}

__attribute__((target("avx,f16c"))) static void float_from_half_f16c(float *out, const uint16_t *in, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + i))));
    ck_float_from_half_portable(out + i, in + i, count - i);
}

static int has_f16c(void) { return __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c"); }

void ck_half_from_float(uint16_t *out, const float *in, size_t count) {
    if (has_f16c()) half_from_float_f16c(out, in, count);
    else ck_half_from_float_portable(out, in, count);
}

void ck_float_from_half(float *out, const uint16_t *in, size_t count) {
    if (has_f16c()) float_from_half_f16c(out, in, count);
    else ck_float_from_half_portable(out, in, count);
}
#else
void ck_half_from_float(uint16_t *out, const float *in, size_t count) { ck_half_from_float_portable(out, in, count); }
void ck_float_from_half(float *out, const uint16_t *in, size_t count) { ck_float_from_half_portable(out, in, count); }
#endif
