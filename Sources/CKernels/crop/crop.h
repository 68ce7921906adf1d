#pragma once

#include "ckernels_crop.h"

typedef struct {
    // The weighted sum of `taps` rows of bytes, with CROP_FRACTION bits of fraction.
    void (*blend)(
        const uint8_t *rows, size_t row_bytes, const int16_t *weights, int taps, int count, int16_t *line);
    // Two lines along the columns, into two rows of `output` pixels.
    void (*spread)(
        const int16_t *first_line, const int16_t *second_line, const ckernels_axis *columns, int first_column,
        uint8_t *first_row, uint8_t *second_row);
} crop_table;

// Weights have 14 bits of fraction, lines 6: with 8 bits before it they fit into 16, and sums of products into 32.
enum { CROP_WEIGHT = 14, CROP_FRACTION = 6 };

extern const crop_table crop_table_generic;
#if defined(__x86_64__)
extern const crop_table crop_table_avx2;
#endif
