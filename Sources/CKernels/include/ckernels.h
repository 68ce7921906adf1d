// Inner loops over plain buffers, compiled for several instruction sets and selected when the program starts.
//
// Functions may be called from any thread; one handle belongs to one thread at a time. After creation nothing
// allocates.
// Results are the same bits on every processor.
#pragma once

#include <stdint.h>

// --- Choice of instruction set

// The name of the set in use: "avx512", "avx2" or "generic".
const char *ckernels_target(void);

// For tests: selects this set, if the processor has it; "" selects the best one. Returns 0 on success.
int ckernels_use_target(const char *name);

// --- Pyramids

// A grey picture as floats at sizes halved from level to level, each level (width + 1) / 2 wide, and its height
// likewise.
// Border pixels are repeated.
typedef struct ckernels_pyramid ckernels_pyramid;

// Levels finest to coarsest are stored; level 0 is the picture's own size. Null when out of memory.
ckernels_pyramid *ckernels_pyramid_create(int width, int height, int finest, int coarsest);
// Fills all levels from `width * height` bytes.
void ckernels_pyramid_fill(ckernels_pyramid *pyramid, const uint8_t *grey);
// Whether two pyramids of one shape hold the same pixels at their finest level, and so at all.
int ckernels_pyramid_equal(const ckernels_pyramid *first, const ckernels_pyramid *second);
void ckernels_pyramid_destroy(ckernels_pyramid *pyramid);

// --- Dense inverse search (Kroeger et al., ECCV 2016, arXiv 1603.03590)

typedef struct {
    int finest;            // level of the pyramid where the search ends; flow is enlarged from there
    int coarsest;          // level where it begins
    int stride;            // pixels from patch to patch, 1...8; patches are 8 x 8
    int iterations;        // of gradient descent, for each patch and pass
    float last_step;       // fraction of the step that is taken when the next would no longer lower the cost, 0...1
    int fixed_point;       // iterations of the variational refinement's weights, 0: no refinement
    int relaxations;       // sweeps of successive over-relaxation for each of those
    float alpha;           // weight of smoothness
    float gamma;           // weight of constant gradients
    float delta;           // weight of constant brightness
} ckernels_dis_parameters;

typedef struct ckernels_dis ckernels_dis;

// Buffers for flow between pictures of this size. Null when out of memory.
ckernels_dis *ckernels_dis_create(int width, int height, ckernels_dis_parameters parameters);
// Fills `flow`, [y, x, (x, y)], with the displacement of every pixel of `from`. Both pyramids have the handle's size
// and at least its levels.
void ckernels_dis_compute(ckernels_dis *dis, const ckernels_pyramid *from, const ckernels_pyramid *to, float *flow);
void ckernels_dis_destroy(ckernels_dis *dis);
