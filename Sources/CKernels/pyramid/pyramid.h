// Inside of pyramids, for the kernels that read them.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    PYRAMID_LEVELS = 16,
    // Pixels repeated beyond each border. A patch of 8 may lie wholly outside, and is read with one more on each side.
    PYRAMID_MARGIN = 16,
};

typedef struct {
    int width;
    int height;
    ptrdiff_t pitch;  // floats from row to row
    float *pixels;    // of (0, 0)
} pyramid_level;

struct ckernels_pyramid {
    int width;
    int height;
    int finest;
    int coarsest;
    pyramid_level levels[PYRAMID_LEVELS];  // 0...coarsest; 0 has no pixels unless it is the finest
    float *row;
    float *memory;
};

// `row`: room for a row of floats of the picture and 48 more.
typedef struct {
    void (*halve_bytes)(const uint8_t *from, int width, int height, void *row, const pyramid_level *to);
    void (*convert_bytes)(const uint8_t *from, const pyramid_level *to);
    void (*halve)(const pyramid_level *from, void *row, const pyramid_level *to);
} pyramid_table;

extern const pyramid_table pyramid_table_generic;
#if defined(__x86_64__)
extern const pyramid_table pyramid_table_avx2;
extern const pyramid_table pyramid_table_avx512;
#endif
