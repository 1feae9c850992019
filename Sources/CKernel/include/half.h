/// IEEE binary16 conversions, eight at a time where the CPU has F16C.
#ifndef CKERNEL_HALF_H
#define CKERNEL_HALF_H
#include <stddef.h>
#include <stdint.h>

/// Converts `count` float32 values to binary16, rounding to nearest, ties to even; picks F16C at run time.
void ck_half_from_float(uint16_t *out, const float *in, size_t count);
/// Converts `count` binary16 values to float32 exactly; picks F16C at run time.
void ck_float_from_half(float *out, const uint16_t *in, size_t count);

/// The same without any special instruction: the fallback, and the check of the fast path.
void ck_half_from_float_portable(uint16_t *out, const float *in, size_t count);
void ck_float_from_half_portable(float *out, const uint16_t *in, size_t count);
#endif
