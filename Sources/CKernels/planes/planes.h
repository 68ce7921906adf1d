#pragma once

#include "ckernels_planes.h"

typedef struct {
    void (*interleave)(const uint8_t *red, const uint8_t *green, const uint8_t *blue, int count, uint8_t *rgb);
    void (*quantise)(const float *vectors, int count, float bound, float scale, uint8_t *x, uint8_t *y);
} planes_table;

extern const planes_table planes_table_generic;
#if defined(__x86_64__)
extern const planes_table planes_table_avx2;
#endif
