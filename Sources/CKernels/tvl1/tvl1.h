// Inside of TV-L1: planes, pictures, and the kernels' table.
#pragma once

#include "ckernels_tvl1.h"
#include "../kernel_targets.h"  // no product is fused with a sum here either

#include <stddef.h>

enum {
    // Floats before and after the pixels of a row; kernels read past both ends.
    TVL1_PAD = 16,
    // No level but the first has a shorter side: there, what moves most moves by a pixel or two.
    TVL1_SHORTEST_SIDE = 8,
    // Sweeps between two looks at the residual; as many are under way at a time.
    TVL1_RUN = 10,
    // Pixels a side of the blocks in which changes of brightness are measured.
    TVL1_BLOCK = 8,
    // Largest radius of a blur.
    TVL1_MAX_RADIUS = TVL1_PAD,
};

// A picture or a field of floats. Rows have room on both sides, and end on whole vectors.
typedef struct {
    float *at;  // (0, 0)
    int width;
    int height;
    ptrdiff_t pitch;  // floats from row to row
} tvl1_plane;

// A blur's weights: taps[0] is the middle one's.
typedef struct {
    int radius;
    float taps[TVL1_MAX_RADIUS + 1];
} tvl1_blur;

static inline float *tvl1_row(const tvl1_plane *plane, int y) { return plane->at + y * plane->pitch; }

static inline int tvl1_clamp(int value, int last) { return value < 0 ? 0 : value > last ? last : value; }

// What a sweep reads and writes.
typedef struct {
    tvl1_plane flow[2];
    tvl1_plane dual[4];      // x and y part for either component of the flow; zeros before the first column
    tvl1_plane gradient[2];  // of the warped picture; 0 where it shows nothing
    tvl1_plane constant;     // the data term's residual is constant + gradient * flow
    tvl1_plane inverse;      // 1 / |gradient|^2
    const float *zeros;      // a row
    const float *inside;     // a row: 1 in the picture, 0 beyond
    float data_step;         // lambda * theta
    float theta;
    float dual_step;         // tau / theta
} tvl1_problem;

typedef struct {
    void (*convert)(const uint8_t *from, const tvl1_plane *to);
    // `from` and `to` may not be the same; `row` is scratch, with padding.
    void (*blur)(const tvl1_plane *from, const tvl1_blur *blur, float *row, const tvl1_plane *to);
    // to -= from
    void (*subtract)(const tvl1_plane *from, const tvl1_plane *to);
    // Bilinear, times `factor`; `rows` are three rows of scratch.
    void (*resize)(const tvl1_plane *from, float factor, float *const rows[3], const tvl1_plane *to);
    // sum = from + `to` seen through the flow; twice `from` where that lies outside.
    void (*warp)(
        const tvl1_plane *from, const tvl1_plane *to, const tvl1_plane flow[2], const tvl1_plane *sum);
    // Sums of the difference of the warped picture and `from`, and of its weights, by blocks. Without `expected`, every
    // pixel weighs the same; with it, the less the farther it is from what is expected.
    void (*measure)(
        const tvl1_plane *from, const tvl1_plane *sum, const tvl1_plane flow[2], const tvl1_plane *expected,
        float *const rows[2], const tvl1_plane *differences, const tvl1_plane *weights);
    // Fills the data term of `problem`; `brightness` may be null.
    void (*linearise)(
        const tvl1_plane *from, const tvl1_plane *sum, const tvl1_plane *brightness, const tvl1_problem *problem);
    // `count` sweeps, at most TVL1_RUN. The sum of squares of what the last one moved.
    float (*sweep)(const tvl1_problem *problem, int count);
    // Median of side 3 or 5; `rows` are five rows of scratch.
    void (*median)(const tvl1_plane *from, int side, float *const rows[5], const tvl1_plane *to);
    void (*interleave)(const tvl1_plane flow[2], float *to);
} tvl1_table;

extern const tvl1_table tvl1_table_generic;
#if defined(__x86_64__)
extern const tvl1_table tvl1_table_avx2;
extern const tvl1_table tvl1_table_avx512;
#endif

const tvl1_table *tvl1_kernels(void);

// The sizes of the levels, from the finest; returns their number.
int tvl1_levels(
    int width, int height, const ckernels_tvl1_settings *settings, int widths[CKERNELS_TVL1_MAX_SCALES],
    int heights[CKERNELS_TVL1_MAX_SCALES]);
// The first level on which pictures are taken without their local mean, so that brightness does not matter; on levels
// before it is measured how the brightness changes.
int tvl1_first_mean_free_level(const ckernels_tvl1_settings *settings);

tvl1_blur tvl1_gaussian(float sigma);

// Floats that a plane takes.
size_t tvl1_plane_floats(int width, int height);
// A plane of this size at the start of `memory`.
tvl1_plane tvl1_plane_at(float *memory, int width, int height);
// `count` floats, 0, aligned for vectors; to be freed.
float *tvl1_memory(size_t count);

struct ckernels_tvl1_picture {
    int levels;
    int mean_free;  // levels from here on have no local mean
    tvl1_plane level[CKERNELS_TVL1_MAX_SCALES];
    tvl1_plane scratch;
    float *rows[3];
    tvl1_blur presmoothing;  // radius 0: none
    tvl1_blur reduction, local_mean;
    float *memory;
};
