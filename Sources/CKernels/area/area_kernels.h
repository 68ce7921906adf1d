// Kernels of area means: included once for each instruction set, after kernel_targets.h.
#include "area.h"
#include "../vectors.h"

#include <string.h>

typedef uint8_t byte8 __attribute__((vector_size(8)));
typedef uint8_t byte16 __attribute__((vector_size(16)));
typedef uint16_t short8 __attribute__((vector_size(16)));
typedef uint32_t word4 __attribute__((vector_size(16)));

KERNEL_TARGET_BEGIN

KERNEL_INLINE byte16 KERNEL(area_pair)(const uint8_t *upper, const uint8_t *lower) {
    byte8 a, b;
    memcpy(&a, upper, 8);
    memcpy(&b, lower, 8);
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

// Two columns of eight bytes as floats.
KERNEL_INLINE void KERNEL(area_two)(word4 columns, float *to) {
    const byte16 bytes = (byte16)columns;
    store8(to, __builtin_convertvector(__builtin_shufflevector(bytes, bytes, 0, 1, 2, 3, 4, 5, 6, 7), float8));
    store8(to + 8, __builtin_convertvector(__builtin_shufflevector(bytes, bytes, 8, 9, 10, 11, 12, 13, 14, 15), float8));
}

static void KERNEL(area_turn)(const uint8_t *const *rows, int count, float *columns) {
    for (int i = 0; i < count; i += 8) {
        // The last block ends with the row.
        if (i + 8 > count) i = count - 8;
        const short8 a = (short8)KERNEL(area_pair)(rows[0] + i, rows[1] + i);
        const short8 b = (short8)KERNEL(area_pair)(rows[2] + i, rows[3] + i);
        const short8 c = (short8)KERNEL(area_pair)(rows[4] + i, rows[5] + i);
        const short8 d = (short8)KERNEL(area_pair)(rows[6] + i, rows[7] + i);
        const word4 low_ab = (word4)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        const word4 high_ab = (word4)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        const word4 low_cd = (word4)__builtin_shufflevector(c, d, 0, 8, 1, 9, 2, 10, 3, 11);
        const word4 high_cd = (word4)__builtin_shufflevector(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
        float *to = columns + (ptrdiff_t)i * AREA_ROWS;
        KERNEL(area_two)(__builtin_shufflevector(low_ab, low_cd, 0, 4, 1, 5), to);
        KERNEL(area_two)(__builtin_shufflevector(low_ab, low_cd, 2, 6, 3, 7), to + 16);
        KERNEL(area_two)(__builtin_shufflevector(high_ab, high_cd, 0, 4, 1, 5), to + 32);
        KERNEL(area_two)(__builtin_shufflevector(high_ab, high_cd, 2, 6, 3, 7), to + 48);
    }
}

static void KERNEL(area_spread)(
    const float *columns, const area_axis *axis, int width, int channels, float *sums) {
    const float *weights = axis->weights;
    const ptrdiff_t step = (ptrdiff_t)channels * AREA_ROWS;
    for (int x = 0; x < width; ++x) {
        const int taps = axis->taps[x];
        for (int c = 0; c < channels; ++c, sums += AREA_ROWS) {
            const float *column = columns + ((ptrdiff_t)axis->first[x] * channels + c) * AREA_ROWS;
            float8 sum = load8(column) * weights[0];
            for (int k = 1; k < taps; ++k) sum += load8(column + k * step) * weights[k];
            store8(sums, sum);
        }
        weights += taps;
    }
}

static void KERNEL(area_turn_back)(const float *sums, int count, ptrdiff_t pitch, float *rows) {
    for (int i = 0; i < count; i += 8) {
        float8 in[8], pairs[8], quads[8];
        for (int n = 0; n < 8; ++n) in[n] = load8(sums + (ptrdiff_t)(i + n) * AREA_ROWS);
        for (int n = 0; n < 8; n += 2) {
            pairs[n] = __builtin_shufflevector(in[n], in[n + 1], 0, 8, 1, 9, 4, 12, 5, 13);
            pairs[n + 1] = __builtin_shufflevector(in[n], in[n + 1], 2, 10, 3, 11, 6, 14, 7, 15);
        }
        for (int n = 0; n < 8; n += 4)
            for (int k = 0; k < 2; ++k) {
                quads[n + 2 * k] = __builtin_shufflevector(pairs[n + k], pairs[n + 2 + k], 0, 1, 8, 9, 4, 5, 12, 13);
                quads[n + 2 * k + 1] = __builtin_shufflevector(pairs[n + k], pairs[n + 2 + k], 2, 3, 10, 11, 6, 7, 14, 15);
            }
        for (int n = 0; n < 4; ++n) {
            store8(rows + n * pitch + i, __builtin_shufflevector(quads[n], quads[n + 4], 0, 1, 2, 3, 8, 9, 10, 11));
            store8(rows + (n + 4) * pitch + i, __builtin_shufflevector(quads[n], quads[n + 4], 4, 5, 6, 7, 12, 13, 14, 15));
        }
    }
}

static void KERNEL(area_add)(const float *row, float weight, int is_first, int count, float *total) {
    if (is_first)
        for (int i = 0; i < count; i += 8) store8(total + i, load8(row + i) * weight);
    else
        for (int i = 0; i < count; i += 8) store8(total + i, load8(total + i) + load8(row + i) * weight);
}

// Adding 2^23 leaves the rounded integer in the low bits of the mantissa.
static void KERNEL(area_round)(const float *total, int count, uint8_t *bytes) {
    const float8 least = {0}, most = {255, 255, 255, 255, 255, 255, 255, 255};
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const int8 whole = (int8)(clamp8(load8(total + i), least, most) + 8388608.0f) & 255;
        const byte8 eight = __builtin_convertvector(whole, byte8);
        memcpy(bytes + i, &eight, 8);
    }
    if (i == count) return;
    const int8 whole = (int8)(clamp8(load8(total + i), least, most) + 8388608.0f) & 255;
    const byte8 eight = __builtin_convertvector(whole, byte8);
    memcpy(bytes + i, &eight, (size_t)(count - i));
}

KERNEL_TARGET_END

const area_table KERNEL(area_table) = {
    KERNEL(area_turn), KERNEL(area_spread), KERNEL(area_turn_back), KERNEL(area_add), KERNEL(area_round)};
