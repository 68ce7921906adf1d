// Inside of dense inverse search: what its kernels share.
#pragma once

#include "ckernels.h"
#include "../pyramid/pyramid.h"

#include <stddef.h>

enum { DIS_PATCH = 8 };

// The patches of one level: columns x rows of them, DIS_PATCH wide and high, a stride apart; the last column and row
// end with the level.
typedef struct {
    int columns;
    int rows;
    int stride;
    int last_x;  // of the last column's first pixel
    int last_y;
    // By patch, row by row: displacement, and the mean-free sum of squared differences there.
    float *x;
    float *y;
    float *cost;
} dis_patches;

// A field of displacements: two planes of rows `pitch` floats apart.
typedef struct {
    int width;
    int height;
    ptrdiff_t pitch;
    float *x;
    float *y;
} dis_field;

// Planes of the densification: sums of weights and of weighted displacements; pitch of the field.
typedef struct {
    float *weight;
    float *x;
    float *y;
} dis_sums;

enum {
    // Planes of the refinement, of one value per pixel each, with a margin.
    REFINE_MARGIN = 16,
    REFINE_PLANES = 5,
    // Half planes: the pixels of a row whose x + y is even, beside each other, and those whose x + y is odd, apart.
    REFINE_HALVES = 17,
};

// Room for the refinement of one level.
typedef struct {
    float *planes[REFINE_PLANES];
    float *halves[REFINE_HALVES][2];
    float *right_inside[2];  // by parity: 1 where a pixel of a half row has a right neighbour, else 0
} dis_refinement;

// Floats from row to row of a plane of this width, and of a half plane.
static inline ptrdiff_t refine_pitch(int width) { return (width + 15) / 16 * 16 + 2 * REFINE_MARGIN; }
static inline ptrdiff_t refine_half_pitch(int width) { return (width + 15) / 16 * 8 + 2 * REFINE_MARGIN; }

typedef struct {
    // Finds the patches' displacements, beginning where they stand.
    void (*search)(const pyramid_level *from, const pyramid_level *to, dis_patches *patches, int iterations,
        float last_step);
    // Fills the field with means of the patches over each pixel, weighted by how well each fits there.
    void (*densify)(
        const pyramid_level *from, const pyramid_level *to, const dis_patches *patches, const dis_sums *sums,
        const dis_field *field);
    // Places the patches where a field of the next coarser level says.
    void (*place)(const dis_field *coarse, dis_patches *patches);
    // Enlarges a field by 2^level, 1, 2 or 4, to the picture's size.
    void (*enlarge)(const dis_field *field, int level, int width, int height, float *row, float *flow);
    // Refines the field of a level (see dis_refine.h).
    void (*refine)(
        const pyramid_level *from, const pyramid_level *to, const dis_refinement *work,
        const ckernels_dis_parameters *parameters, const dis_field *field);
} dis_table;

extern const dis_table dis_table_generic;
#if defined(__x86_64__)
extern const dis_table dis_table_avx2;
extern const dis_table dis_table_avx512;
#endif
