// Pictures made smaller: each pixel the mean of the area that it covers.
#pragma once

#include <stdint.h>

typedef struct ckernels_area ckernels_area;

// For pictures of this size and number of channels, 1 or 3, made `new_width` x `new_height` large: no larger on either side,
// and at least 8 numbers a row. Null when out of memory.
ckernels_area *ckernels_area_create(int width, int height, int channels, int new_width, int new_height);
// The bits of OpenCV's INTER_AREA where it is not made of whole pixels on both sides: single precision, sums along a row
// first, then down the rows, in the order of the pixels.
void ckernels_area_scale(ckernels_area *area, const uint8_t *pixels, uint8_t *smaller);
void ckernels_area_destroy(ckernels_area *area);
