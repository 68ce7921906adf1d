#pragma once

#include "ckernels_crop.h"

typedef struct {
    void (*crop_rgb)(
        const uint8_t *pixels, size_t row_bytes, const ckernels_axis *columns, const ckernels_axis *rows,
        int first_column, int used_columns, int taps, float *line, uint8_t *output);
} crop_table;

extern const crop_table crop_table_generic;
#if defined(__x86_64__)
extern const crop_table crop_table_avx2;
extern const crop_table crop_table_avx512;
#endif
