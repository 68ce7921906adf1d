// Kernels of pyramids: included once for each instruction set, after kernel_targets.h.
#include "pyramid.h"
#include "../vectors.h"

#include <string.h>

KERNEL_TARGET_BEGIN

// Halving weighs six neighbours along each axis 1 : 3 : 4 : 4 : 3 : 1, about the middle of the two that become one.
// Detail that the smaller picture can barely hold, or not at all, is what interpolation and differences of neighbours
// get wrong: with the plain mean of two, flow comes out too large by up to a fifth where there is much of it.

enum { PYRAMID_TAPS = 6 };

typedef uint16_t ushort16_unaligned __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint32_t uint8_unaligned __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint8_t uchar16_unaligned __attribute__((vector_size(16), aligned(1), may_alias));

// The weighted sum of rows of bytes.
KERNEL_INLINE void KERNEL(sum_rows_of_bytes)(const uint8_t *const rows[PYRAMID_TAPS], int width, uint16_t *sums) {
    int x = 0;
    for (; x + 16 <= width; x += 16) {
        ushort16_unaligned value[PYRAMID_TAPS];
        for (int i = 0; i < PYRAMID_TAPS; ++i)
            value[i] = __builtin_convertvector(*(const uchar16_unaligned *)(rows[i] + x), ushort16_unaligned);
        *(ushort16_unaligned *)(sums + x) =
            value[0] + value[5] + 3 * (value[1] + value[4]) + 4 * (value[2] + value[3]);
    }
    for (; x < width; ++x)
        sums[x] = (uint16_t)(rows[0][x] + rows[5][x] + 3 * (rows[1][x] + rows[4][x]) + 4 * (rows[2][x] + rows[3][x]));
}

// Halves a row of sums along x. There is room before and after them.
KERNEL_INLINE void KERNEL(halve_row_of_bytes)(uint16_t *sums, int width, int half, float *to) {
    sums[-2] = sums[-1] = sums[0];
    sums[width] = sums[width + 1] = sums[width + 2] = sums[width - 1];
    for (int x = 0; x < half; x += 8) {
        // Two neighbours in one number of 32 bits, the left one in its low half.
        const uint8_unaligned before = *(const uint8_unaligned *)(sums + 2 * x - 2);
        const uint8_unaligned here = *(const uint8_unaligned *)(sums + 2 * x);
        const uint8_unaligned after = *(const uint8_unaligned *)(sums + 2 * x + 2);
        const int8 sum = (int8)(
            (before & 0xFFFF) + (after >> 16) + 3 * ((before >> 16) + (after & 0xFFFF))
            + 4 * ((here & 0xFFFF) + (here >> 16)));
        store8(to + x, __builtin_convertvector(sum, float8) * (1.0f / 256));
    }
}

KERNEL_INLINE void KERNEL(sum_rows)(const float *const rows[PYRAMID_TAPS], int width, float *sums) {
    for (int x = 0; x < width; x += 8)
        store8(
            sums + x, (load8(rows[0] + x) + load8(rows[5] + x)) + 3 * (load8(rows[1] + x) + load8(rows[4] + x))
                          + 4 * (load8(rows[2] + x) + load8(rows[3] + x)));
}

KERNEL_INLINE float8 KERNEL(every_other)(const float *from) {
    return __builtin_shufflevector(load8(from), load8(from + 8), 0, 2, 4, 6, 8, 10, 12, 14);
}

KERNEL_INLINE void KERNEL(halve_row)(float *sums, int width, int half, float *to) {
    sums[-2] = sums[-1] = sums[0];
    sums[width] = sums[width + 1] = sums[width + 2] = sums[width - 1];
    for (int x = 0; x < half; x += 8) {
        const float *at = sums + 2 * x;
        const float8 outer = KERNEL(every_other)(at - 2) + KERNEL(every_other)(at + 3);
        const float8 middle = KERNEL(every_other)(at - 1) + KERNEL(every_other)(at + 2);
        const float8 inner = KERNEL(every_other)(at) + KERNEL(every_other)(at + 1);
        store8(to + x, (outer + 3 * middle + 4 * inner) * (1.0f / 256));
    }
}

static void KERNEL(repeat_borders)(const pyramid_level *level) {
    for (int y = 0; y < level->height; ++y) {
        float *row = level->pixels + y * level->pitch;
        for (int x = 1; x <= PYRAMID_MARGIN; ++x) {
            row[-x] = row[0];
            row[level->width - 1 + x] = row[level->width - 1];
        }
    }
    float *first = level->pixels - PYRAMID_MARGIN;
    float *last = first + (level->height - 1) * level->pitch;
    const size_t bytes = sizeof(float) * (size_t)(level->width + 2 * PYRAMID_MARGIN);
    for (int y = 1; y <= PYRAMID_MARGIN; ++y) {
        memcpy(first - y * level->pitch, first, bytes);
        memcpy(last + y * level->pitch, last, bytes);
    }
}

static void KERNEL(pyramid_convert_bytes)(const uint8_t *from, const pyramid_level *to) {
    for (int y = 0; y < to->height; ++y, from += to->width)
        for (int x = 0; x < to->width; ++x) to->pixels[y * to->pitch + x] = (float)from[x];
    KERNEL(repeat_borders)(to);
}

static int KERNEL(limit)(int value, int count) { return value < 0 ? 0 : value < count ? value : count - 1; }

static void KERNEL(pyramid_halve_bytes)(
    const uint8_t *from, int width, int height, void *row, const pyramid_level *to) {
    uint16_t *sums = (uint16_t *)row + 16;
    for (int y = 0; y < to->height; ++y) {
        const uint8_t *rows[PYRAMID_TAPS];
        for (int i = 0; i < PYRAMID_TAPS; ++i)
            rows[i] = from + (size_t)KERNEL(limit)(2 * y - 2 + i, height) * (size_t)width;
        KERNEL(sum_rows_of_bytes)(rows, width, sums);
        KERNEL(halve_row_of_bytes)(sums, width, to->width, to->pixels + y * to->pitch);
    }
    KERNEL(repeat_borders)(to);
}

static void KERNEL(pyramid_halve)(const pyramid_level *from, void *row, const pyramid_level *to) {
    float *sums = (float *)row + 16;
    for (int y = 0; y < to->height; ++y) {
        const float *rows[PYRAMID_TAPS];
        for (int i = 0; i < PYRAMID_TAPS; ++i)
            rows[i] = from->pixels + KERNEL(limit)(2 * y - 2 + i, from->height) * from->pitch;
        KERNEL(sum_rows)(rows, from->width, sums);
        KERNEL(halve_row)(sums, from->width, to->width, to->pixels + y * to->pitch);
    }
    KERNEL(repeat_borders)(to);
}

KERNEL_TARGET_END

const pyramid_table KERNEL(pyramid_table) = {
    KERNEL(pyramid_halve_bytes), KERNEL(pyramid_convert_bytes), KERNEL(pyramid_halve)};
