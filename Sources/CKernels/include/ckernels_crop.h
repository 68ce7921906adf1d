// Crops of RGB pictures, scaled.
#pragma once

#include <stddef.h>
#include <stdint.h>

// What each output position along an axis is made of.
typedef struct {
    const int32_t *first;  // the first source position
    const int32_t *taps;   // the number of source positions, >= 1
    const float *weights;  // `width` a position, of which the first `taps` count and the others are 0
    int width;             // >= the largest number of taps
    int count;             // output positions, >= 1
} ckernels_axis;

// Floats that `line` must have for rows of `columns` source positions: they are written before they are read.
size_t ckernels_crop_line_size(int columns, int taps);

// Scales a crop: first down the columns into `line`, then along it.
//
// `pixels` is the first row of the source, RGB, `row_bytes` from one to the next; columns from `first_column` on, so many as
// `used_columns`, are in use. `taps` is the largest number of the column axis. `output` is RGB, rounded to the nearest; its
// `rows->count` rows have no gaps. Sums are made in single precision, tap by tap, so every instruction set gives the same
// bits.
void ckernels_crop_rgb(
    const uint8_t *pixels, size_t row_bytes, const ckernels_axis *columns, const ckernels_axis *rows, int first_column,
    int used_columns, int taps, float *line, uint8_t *output);
