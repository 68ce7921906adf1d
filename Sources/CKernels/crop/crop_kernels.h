// Kernels of crops: included once for each instruction set, after kernel_targets.h.
#include "crop.h"
#include "../vectors.h"

#include <string.h>

KERNEL_TARGET_BEGIN

typedef uint8_t uchar8_unaligned __attribute__((vector_size(8), aligned(1), may_alias));
typedef uint8_t uchar16 __attribute__((vector_size(16)));
typedef int32_t int16 __attribute__((vector_size(64)));

KERNEL_INLINE float8 KERNEL(bytes8)(const uint8_t *from) {
    return __builtin_convertvector(*(const uchar8_unaligned *)from, float8);
}

// The weighted sum of `taps` rows of bytes.
KERNEL_INLINE void KERNEL(blend)(
    const uint8_t *rows, size_t row_bytes, const float *weights, int taps, int count, float *line) {
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        float8 sum = weights[0] * KERNEL(bytes8)(rows + i);
        for (int tap = 1; tap < taps; ++tap)
            sum += weights[tap] * KERNEL(bytes8)(rows + (size_t)tap * row_bytes + i);
        store8(line + i, sum);
    }
    for (; i < count; ++i) {
        float sum = weights[0] * (float)rows[i];
        for (int tap = 1; tap < taps; ++tap) sum += weights[tap] * (float)rows[(size_t)tap * row_bytes + i];
        line[i] = sum;
    }
}

// One pixel: three channels, and a fourth number that is the next one's red.
KERNEL_INLINE int4 KERNEL(pixel)(const float *at, const float *weights, int taps) {
    float4 sum = weights[0] * load4(at);
    for (int tap = 1; tap < taps; ++tap) sum += weights[tap] * load4(at + 3 * tap);
    // Weights are positive and sum to 1, but for rounding.
    const float4 low = {0}, high = low + 255.0f;
    return __builtin_convertvector(clamp4(sum, low, high) + 0.5f, int4);
}

KERNEL_INLINE void KERNEL(spread)(
    const float *line, const ckernels_axis *columns, int first_column, int taps, uint8_t *row) {
    const int count = columns->count, width = columns->width;
    const float *weights = columns->weights;
    int x = 0;
    // Four pixels at a time: 16 bytes are stored, of which the last four belong to the next pixels.
    for (; x + 6 <= count; x += 4, weights += 4 * width) {
        int4 pixels[4];
        for (int i = 0; i < 4; ++i)
            pixels[i] = KERNEL(pixel)(
                line + (columns->first[x + i] - first_column) * 3, weights + i * width, taps);
        const int8 left = __builtin_shufflevector(pixels[0], pixels[1], 0, 1, 2, 3, 4, 5, 6, 7);
        const int8 right = __builtin_shufflevector(pixels[2], pixels[3], 0, 1, 2, 3, 4, 5, 6, 7);
        const int16 all = __builtin_shufflevector(
            left, right, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3);
        const uchar16 bytes = __builtin_convertvector(all, uchar16);
        memcpy(row + 3 * x, &bytes, sizeof bytes);
    }
    for (; x < count; ++x, weights += width) {
        const int4 value = KERNEL(pixel)(line + (columns->first[x] - first_column) * 3, weights, taps);
        for (int channel = 0; channel < 3; ++channel) row[3 * x + channel] = (uint8_t)value[channel];
    }
}

static void KERNEL(crop_rgb)(
    const uint8_t *pixels, size_t row_bytes, const ckernels_axis *columns, const ckernels_axis *rows, int first_column,
    int used_columns, int taps, float *line, uint8_t *output) {
    for (int y = 0; y < rows->count; ++y, output += 3 * columns->count) {
        const uint8_t *from = pixels + (size_t)rows->first[y] * row_bytes + 3 * first_column;
        const float *weights = rows->weights + (size_t)y * (size_t)rows->width;
        // With the number of taps known, the loops over them go.
        switch (rows->taps[y]) {
        case 1: KERNEL(blend)(from, row_bytes, weights, 1, 3 * used_columns, line); break;
        case 2: KERNEL(blend)(from, row_bytes, weights, 2, 3 * used_columns, line); break;
        case 3: KERNEL(blend)(from, row_bytes, weights, 3, 3 * used_columns, line); break;
        case 4: KERNEL(blend)(from, row_bytes, weights, 4, 3 * used_columns, line); break;
        default: KERNEL(blend)(from, row_bytes, weights, rows->taps[y], 3 * used_columns, line);
        }
        switch (taps) {
        case 2: KERNEL(spread)(line, columns, first_column, 2, output); break;
        case 3: KERNEL(spread)(line, columns, first_column, 3, output); break;
        case 4: KERNEL(spread)(line, columns, first_column, 4, output); break;
        default: KERNEL(spread)(line, columns, first_column, taps, output);
        }
    }
}

const crop_table KERNEL(crop_table) = {KERNEL(crop_rgb)};

KERNEL_TARGET_END
