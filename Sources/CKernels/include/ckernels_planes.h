// Pictures between planes and interleaved samples.
#pragma once

#include <stdint.h>

// Writes `count` pixels, red, green, blue, from three planes.
void ckernels_interleave_rgb(
    const uint8_t *red, const uint8_t *green, const uint8_t *blue, int count, uint8_t *rgb);

// Levels of `count` displacements, x beside y, as two planes: round((v + bound) * scale), clipped to 0...255, ties to
// even; 0 for what is no number.
void ckernels_quantise_flow(const float *vectors, int count, float bound, float scale, uint8_t *x, uint8_t *y);
