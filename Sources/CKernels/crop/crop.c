#include "crop.h"

#include "../targets.h"

#include <string.h>

static const crop_table *table(void) {
#if defined(__x86_64__)
    if (kernel_target() != KERNEL_TARGET_IS_GENERIC) return &crop_table_avx2;
#endif
    return &crop_table_generic;
}

// A position reads pixels of three numbers, eight numbers at a time, wherever its first one lies.
static size_t line_size(int columns, int width) { return ((size_t)(columns + width) * 3 + 16 + 15) / 16 * 16; }

size_t ckernels_crop_lines_size(int columns, int width) { return 2 * line_size(columns, width); }

void ckernels_crop_rgb(
    const uint8_t *pixels, size_t row_bytes, const ckernels_axis *columns, const ckernels_axis *rows, int first_column,
    int used_columns, int16_t *lines, uint8_t *output) {
    const crop_table *kernels = table();
    const size_t size = line_size(used_columns, columns->width), row = 3 * (size_t)columns->count;
    // Weights of 0 take what lies behind the row.
    for (int i = 0; i < 2; ++i) memset(lines + (size_t)i * size + 3 * used_columns, 0, 2 * (size - 3 * (size_t)used_columns));
    for (int y = 0; y < rows->count; y += 2) {
        const int pair = y + 1 < rows->count;
        for (int i = 0; i <= pair; ++i)
            kernels->blend(
                pixels + (size_t)rows->first[y + i] * row_bytes + 3 * (size_t)first_column, row_bytes,
                rows->weights + (size_t)(y + i) * (size_t)rows->width, rows->taps[y + i], 3 * used_columns,
                lines + (size_t)i * size);
        // A last row without a partner is its own.
        kernels->spread(
            lines, lines + (pair ? size : 0), columns, first_column, output + (size_t)y * row,
            output + (size_t)(y + pair) * row);
    }
}
