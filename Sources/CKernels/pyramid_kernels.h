// Kernels of pyramids: included once for each instruction set, after kernel_targets.h.
#include "pyramid.h"
#include "vectors.h"

#include <string.h>

KERNEL_TARGET_BEGIN

// Halving weighs four neighbours along each axis 1 : 3 : 3 : 1, about the middle of the two that become one. Plain
// means of two let detail through that the smaller picture cannot hold; it does not move as the picture does.

typedef uint16_t ushort16_unaligned __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint32_t uint8_unaligned __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint8_t uchar16_unaligned __attribute__((vector_size(16), aligned(1), may_alias));

// The weighted sum of four rows of bytes; what is written beyond the row's end is below 16 values.
KERNEL_INLINE void KERNEL(sum_rows_of_bytes)(const uint8_t *const rows[4], int width, uint16_t *sums) {
    int x = 0;
    for (; x + 16 <= width; x += 16) {
        ushort16_unaligned value[4];
        for (int i = 0; i < 4; ++i)
            value[i] = __builtin_convertvector(*(const uchar16_unaligned *)(rows[i] + x), ushort16_unaligned);
        *(ushort16_unaligned *)(sums + x) = value[0] + value[3] + 3 * (value[1] + value[2]);
    }
    for (; x < width; ++x) sums[x] = (uint16_t)(rows[0][x] + rows[3][x] + 3 * (rows[1][x] + rows[2][x]));
}

// Halves a row of sums along x. sums[-2] to sums[width + 31] are there.
KERNEL_INLINE void KERNEL(halve_row_of_bytes)(uint16_t *sums, int width, int half, float *to) {
    sums[-1] = sums[0];
    sums[width] = sums[width + 1] = sums[width - 1];
    for (int x = 0; x < half; x += 8) {
        // Two neighbours in one number of 32 bits, the left one in its low half.
        const uint8_unaligned before = *(const uint8_unaligned *)(sums + 2 * x - 2) >> 16;
        const uint8_unaligned here = *(const uint8_unaligned *)(sums + 2 * x);
        const uint8_unaligned after = *(const uint8_unaligned *)(sums + 2 * x + 2) & 0xFFFF;
        const int8 sum = (int8)(before + after + 3 * ((here & 0xFFFF) + (here >> 16)));
        store8(to + x, __builtin_convertvector(sum, float8) * (1.0f / 64));
    }
}

KERNEL_INLINE void KERNEL(sum_rows)(const float *const rows[4], int width, float *sums) {
    for (int x = 0; x < width; x += 8)
        store8(sums + x, (load8(rows[0] + x) + load8(rows[3] + x)) + 3 * (load8(rows[1] + x) + load8(rows[2] + x)));
}

KERNEL_INLINE float8 KERNEL(every_other)(const float *from) {
    return __builtin_shufflevector(load8(from), load8(from + 8), 0, 2, 4, 6, 8, 10, 12, 14);
}

KERNEL_INLINE void KERNEL(halve_row)(float *sums, int width, int half, float *to) {
    sums[-1] = sums[0];
    sums[width] = sums[width + 1] = sums[width - 1];
    for (int x = 0; x < half; x += 8) {
        const float *at = sums + 2 * x;
        const float8 outer = KERNEL(every_other)(at - 1) + KERNEL(every_other)(at + 2);
        const float8 inner = KERNEL(every_other)(at) + KERNEL(every_other)(at + 1);
        store8(to + x, (outer + 3 * inner) * (1.0f / 64));
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
        const uint8_t *rows[4];
        for (int i = 0; i < 4; ++i) rows[i] = from + (size_t)KERNEL(limit)(2 * y - 1 + i, height) * (size_t)width;
        KERNEL(sum_rows_of_bytes)(rows, width, sums);
        KERNEL(halve_row_of_bytes)(sums, width, to->width, to->pixels + y * to->pitch);
    }
    KERNEL(repeat_borders)(to);
}

static void KERNEL(pyramid_halve)(const pyramid_level *from, void *row, const pyramid_level *to) {
    float *sums = (float *)row + 16;
    for (int y = 0; y < to->height; ++y) {
        const float *rows[4];
        for (int i = 0; i < 4; ++i) rows[i] = from->pixels + KERNEL(limit)(2 * y - 1 + i, from->height) * from->pitch;
        KERNEL(sum_rows)(rows, from->width, sums);
        KERNEL(halve_row)(sums, from->width, to->width, to->pixels + y * to->pitch);
    }
    KERNEL(repeat_borders)(to);
}

KERNEL_TARGET_END

const pyramid_table KERNEL(pyramid_table) = {
    KERNEL(pyramid_halve_bytes), KERNEL(pyramid_convert_bytes), KERNEL(pyramid_halve)};
