// TV-L1 optical flow: C. Zach, T. Pock, H. Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM
// 2007, doi 10.1007/978-3-540-74936-3_22; with the parameters of J. Sánchez, E. Meinhardt-Llopis, G. Facciolo, "TV-L1
// Optical Flow Estimation", IPOL 3 (2013), doi 10.5201/ipol.2013.26.
//
// One handle belongs to one thread at a time. After creation nothing allocates. The result depends only on pictures and
// settings, and is the same to the last bit on every processor.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    float tau;          // step of the dual update, > 0; converges up to 0.25
    float lambda;       // weight of the data term, > 0, for pictures in 0...255: the smaller, the smoother the flow
    float theta;        // coupling between data term and smoothness, > 0: the larger, the looser
    int scales;         // maximum number of pyramid levels, 1...CKERNELS_TVL1_MAX_SCALES
    float scale_step;   // size of a level relative to the finer one, 0.3...0.95
    int warps;          // number of warps of the second picture per level, >= 1
    int outer;          // runs of sweeps after each warp, >= 1; the median filter follows each
    int inner;          // maximum number of sweeps per run, >= 1
    float epsilon;      // a run ends when a sweep changes the flow by less, root mean square, in pixels
    int median;         // side of the median filter: 5, 3, or 0 for none
    float presmoothing; // standard deviation of the initial blur, in pixels, 0...4; 0: none
    bool illumination;  // whether slowly varying changes of brightness between the pictures are removed
} ckernels_tvl1_settings;

enum { CKERNELS_TVL1_MAX_SCALES = 16 };

// A grey picture as the pyramid of the method.
typedef struct ckernels_tvl1_picture ckernels_tvl1_picture;

// Buffers for pictures of width * height, both > 0. Null when out of memory.
ckernels_tvl1_picture *ckernels_tvl1_picture_create(int width, int height, const ckernels_tvl1_settings *settings);
// Fills all levels from width * height bytes.
void ckernels_tvl1_picture_fill(ckernels_tvl1_picture *picture, const uint8_t *grey);
void ckernels_tvl1_picture_destroy(ckernels_tvl1_picture *picture);

// The working memory for pairs of pictures.
typedef struct ckernels_tvl1 ckernels_tvl1;

// Null when out of memory.
ckernels_tvl1 *ckernels_tvl1_create(int width, int height, const ckernels_tvl1_settings *settings);
// Fills `flow`, [y, x, (x, y)], with the displacement of every pixel of `from`. Both pictures must have been made for
// the
// size and the settings of the handle.
void ckernels_tvl1_compute(
    ckernels_tvl1 *tvl1, const ckernels_tvl1_picture *from, const ckernels_tvl1_picture *to, float *flow);
// Number of sweeps of the last computation, in sweeps over the finest level: its cost.
double ckernels_tvl1_last_sweeps(const ckernels_tvl1 *tvl1);
void ckernels_tvl1_destroy(ckernels_tvl1 *tvl1);
