#pragma once

#include "ckernels_area.h"

#include <stddef.h>

enum { AREA_ROWS = 8 };

// What each position along an axis is made of: `taps` neighbours from `first` on, with weights one after another.
typedef struct {
    int32_t *first;
    int32_t *taps;
    float *weights;
} area_axis;

typedef struct {
    // AREA_ROWS rows of `count` bytes, at least 8, as floats: those of one column beside each other.
    void (*turn)(const uint8_t *const *rows, int count, float *columns);
    // Weighted sums of columns, for `width` positions of `channels` numbers.
    void (*spread)(const float *columns, const area_axis *axis, int width, int channels, float *sums);
    // The sums of each row, `count` a row, rows `pitch` floats apart.
    void (*turn_back)(const float *sums, int count, ptrdiff_t pitch, float *rows);
    // total = weight * row, or total += weight * row.
    void (*add)(const float *row, float weight, int is_first, int count, float *total);
    // Rounded to bytes, ties to even.
    void (*round)(const float *total, int count, uint8_t *bytes);
} area_table;

extern const area_table area_table_generic;
#if defined(__x86_64__)
extern const area_table area_table_avx2;
#endif
