// Evaluation of camera motion: how well one picture, moved, agrees with another, and which motion most points share.
// Pure
// functions over the caller's buffers; results are the same bits on every processor.
#pragma once

#include <stdint.h>

// A grey picture. Rows are `row_bytes` apart.
typedef struct {
    const uint8_t *pixels;
    int64_t row_bytes;
    int width;
    int height;
} ckernels_grey;

// Side of the cells that pictures are compared in, in pixels.
#define CKERNELS_CELL 4

// For each of the ceil(width / 4) x ceil(height / 4) cells, row by row: `texture` receives the mean squared gradient,
// in
// levels² per pixel², along a random direction; `noise` an estimate of the noise's standard deviation, in levels
// (Immerkaer,
// CVIU 1996: a mask insensitive to gradients), which fine texture makes too large. 0 for a cell without interior
// pixels.
void ckernels_motion_texture(ckernels_grey picture, float *texture, float *noise);

// For each cell of `from`: `pixels` receives how many of its pixels `map` (row-major, weights > 0) maps inside `to`,
// and
// `residual` the variance of the differences there between the two pictures, in levels², independent of a change of
// light.
void ckernels_motion_compare(
    ckernels_grey from, ckernels_grey to, const double map[9], int32_t *pixels, float *residual);

// The similarity q = a p + b, in complex numbers, shared by most of `count` pairs (p, q) (RANSAC with samples of two,
// scored by the distances within `threshold`; always the same samples). `map` receives the real and imaginary parts of
// a,
// then b. Returns the number of pairs within the threshold; below 2 there is no such similarity.
int ckernels_motion_consensus(
    const float *from, const float *to, int count, float threshold, int most_draws, float map[4]);
