// Vectors of floats for kernels: the compiler's own vector types, so the same source serves every processor.
//
// Static functions that take or return vectors are always inlined; where the processor's registers are narrower than a
// vector, the compiler uses several.
#pragma once

#include "kernel_targets.h"

#include <stdint.h>

// Vectors are passed to inlined functions alone: how a call would pass them does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float float4 __attribute__((vector_size(16)));
typedef float float8 __attribute__((vector_size(32)));
typedef float float16 __attribute__((vector_size(64)));
typedef int32_t int4 __attribute__((vector_size(16)));
typedef int32_t int8 __attribute__((vector_size(32)));

// The same at any address that a float may have.
typedef float float4_unaligned __attribute__((vector_size(16), aligned(4), may_alias));
typedef float float8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));

#define KERNEL_INLINE static inline __attribute__((always_inline))

KERNEL_TARGET_BEGIN

KERNEL_INLINE float8 load8(const float *from) { return *(const float8_unaligned *)from; }
KERNEL_INLINE void store8(float *to, float8 value) { *(float8_unaligned *)to = value; }
KERNEL_INLINE float4 load4(const float *from) { return *(const float4_unaligned *)from; }
KERNEL_INLINE void store4(float *to, float4 value) { *(float4_unaligned *)to = value; }

// Eight values of one row beside eight of another.
KERNEL_INLINE float16 load8_pair(const float *first, const float *second) {
    return __builtin_shufflevector(
        load8(first), load8(second), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

KERNEL_INLINE float4 select4(int4 mask, float4 yes, float4 no) {
    return (float4)(((int4)yes & mask) | ((int4)no & ~mask));
}
KERNEL_INLINE float8 select8(int8 mask, float8 yes, float8 no) {
    return (float8)(((int8)yes & mask) | ((int8)no & ~mask));
}
KERNEL_INLINE float4 clamp4(float4 value, float4 low, float4 high) {
    value = select4(value > low, value, low);  // NaN becomes low
    return select4(value < high, value, high);
}
KERNEL_INLINE float8 clamp8(float8 value, float8 low, float8 high) {
    value = select8(value > low, value, low);
    return select8(value < high, value, high);
}
KERNEL_INLINE float8 abs8(float8 value) { return (float8)((int8)value & 0x7FFFFFFF); }

// 1 / sqrt(value) for positive normal numbers, to about 5e-6: a first guess from the exponent's bits and two steps of
// Newton's method. The processors' own approximations differ from maker to maker; this does not.
KERNEL_INLINE float8 reciprocal_sqrt8(float8 value) {
    float8 guess = (float8)(0x5F375A86 - ((int8)value >> 1));
    const float8 half = value * 0.5f;
    guess = guess * (1.5f - half * guess * guess);
    return guess * (1.5f - half * guess * guess);
}

KERNEL_TARGET_END
