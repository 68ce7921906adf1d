// Crops of RGB pictures, scaled.
#pragma once

#include <stddef.h>
#include <stdint.h>

// What each output position along an axis is made of.
typedef struct {
    const int32_t *first;    // the first source position
    const int32_t *taps;     // the number of source positions, >= 1
    const int16_t *weights;  // `width` a position, in 1 / CKERNELS_CROP_ONE: the first `taps` sum to 1, the others are 0
    int width;               // even, and >= the largest number of taps
    int count;               // output positions, >= 1
} ckernels_axis;

enum { CKERNELS_CROP_ONE = 1 << 14 };

// Numbers that `lines` must have for rows of `columns` source positions. They are written before they are read.
size_t ckernels_crop_lines_size(int columns, int width);

// Scales a crop, two output rows at a time: first down the columns into `lines`, then along them.
//
// `pixels` is the first row of the source, RGB, `row_bytes` from one to the next; columns from `first_column` on, so many as
// `used_columns`, are in use. `output` is RGB, rounded to the nearest; its `rows->count` rows have no gaps. Sums are of whole
// numbers (between the two passes with six bits of fraction), so every instruction set gives the same bytes.
void ckernels_crop_rgb(
    const uint8_t *pixels, size_t row_bytes, const ckernels_axis *columns, const ckernels_axis *rows, int first_column,
    int used_columns, int16_t *lines, uint8_t *output);
