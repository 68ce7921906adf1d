#include "crop.h"

#include "../targets.h"

static const crop_table *table(void) {
#if defined(__x86_64__)
    switch (kernel_target()) {
    case KERNEL_TARGET_IS_AVX512: return &crop_table_avx512;
    case KERNEL_TARGET_IS_AVX2: return &crop_table_avx2;
    default: break;
    }
#endif
    return &crop_table_generic;
}

// A position reads `taps` pixels of three floats, four at a time, wherever its first one lies.
size_t ckernels_crop_line_size(int columns, int taps) { return (size_t)(columns + taps) * 3 + 16; }

void ckernels_crop_rgb(
    const uint8_t *pixels, size_t row_bytes, const ckernels_axis *columns, const ckernels_axis *rows, int first_column,
    int used_columns, int taps, float *line, uint8_t *output) {
    // What taps of weight 0 read behind the row must be finite.
    const size_t size = ckernels_crop_line_size(used_columns, taps);
    for (size_t i = (size_t)used_columns * 3; i < size; ++i) line[i] = 0;
    table()->crop_rgb(pixels, row_bytes, columns, rows, first_column, used_columns, taps, line, output);
}
