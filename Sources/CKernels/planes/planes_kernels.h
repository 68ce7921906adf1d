// Kernels of planes: included once for each instruction set, after kernel_targets.h. Plain loops, which the compiler
// vectorises for each set.
#include "planes.h"

KERNEL_TARGET_BEGIN

static void KERNEL(planes_interleave)(
    const uint8_t *restrict red, const uint8_t *restrict green, const uint8_t *restrict blue, int count,
    uint8_t *restrict rgb) {
    for (int i = 0; i < count; ++i) {
        rgb[3 * i] = red[i];
        rgb[3 * i + 1] = green[i];
        rgb[3 * i + 2] = blue[i];
    }
}

// Adding 2^23 leaves the rounded integer in the low bits of the mantissa, ties to even; NaN becomes 0.
static inline __attribute__((always_inline)) uint8_t KERNEL(planes_level)(float value, float bound, float scale) {
    value = (value + bound) * scale;
    value = value > 0 ? value : 0;
    value = value < 255 ? value : 255;
    union {
        float number;
        uint32_t bits;
    } rounded = {value + 8388608.0f};
    return (uint8_t)rounded.bits;
}

static void KERNEL(planes_quantise)(
    const float *restrict vectors, int count, float bound, float scale, uint8_t *restrict x, uint8_t *restrict y) {
    for (int i = 0; i < count; ++i) {
        x[i] = KERNEL(planes_level)(vectors[2 * i], bound, scale);
        y[i] = KERNEL(planes_level)(vectors[2 * i + 1], bound, scale);
    }
}

KERNEL_TARGET_END

const planes_table KERNEL(planes_table) = {KERNEL(planes_interleave), KERNEL(planes_quantise)};
