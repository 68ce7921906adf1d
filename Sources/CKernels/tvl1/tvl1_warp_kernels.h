// The second picture as the flow sees it, and the data term that follows from it.
#include "tvl1.h"
#include "../vectors.h"

KERNEL_TARGET_BEGIN

// Where the flow takes eight pixels, and whether that is inside the picture.
typedef struct {
    float8 x, y;
    int8 inside;
} KERNEL(tvl1_targets);

KERNEL_INLINE KERNEL(tvl1_targets) targets_of(const tvl1_plane flow[2], int x, int y) {
    const float8 lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    KERNEL(tvl1_targets) targets;
    targets.x = load8(tvl1_row(&flow[0], y) + x) + (lanes + (float)x);
    targets.y = load8(tvl1_row(&flow[1], y) + x) + (float)y;
    targets.inside = (targets.x >= 0) & (targets.x <= (float)(flow->width - 1)) & (targets.y >= 0)
        & (targets.y <= (float)(flow->height - 1));
    return targets;
}

// Weights of cubic convolution (Keys 1981, a = -1/2) for the four pixels about a point `beyond` the second of them.
KERNEL_INLINE float4 cubic(float beyond) {
    const float4 constant = {0, 1, 0, 0}, linear = {-0.5f, 0, 0.5f, 0};
    const float4 square = {1, -2.5f, 2, -0.5f}, cube = {-0.5f, 1.5f, -1.5f, 0.5f};
    return ((cube * beyond + square) * beyond + linear) * beyond + constant;
}

// The four products of a row of bicubic interpolation, still to be summed.
KERNEL_INLINE float4 bicubic(const tvl1_plane *plane, int x, int y, float beyond_x, float beyond_y) {
    const int last = plane->height - 1;
    const float4 wy = cubic(beyond_y);
    const float *at = plane->at + x - 1;
    const float4 column = load4(at + tvl1_clamp(y - 1, last) * plane->pitch) * wy[0]
        + load4(at + y * plane->pitch) * wy[1]
        + load4(at + tvl1_clamp(y + 1, last) * plane->pitch) * wy[2]
        + load4(at + tvl1_clamp(y + 2, last) * plane->pitch) * wy[3];
    return column * cubic(beyond_x);
}

// The sums of four vectors, as one.
KERNEL_INLINE float4 sums(float4 a, float4 b, float4 c, float4 d) {
    const float4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const float4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

static void KERNEL(tvl1_warp)(
    const tvl1_plane *from, const tvl1_plane *to, const tvl1_plane flow[2], const tvl1_plane *sum) {
    const float8 last_x = (float8){} + (float)(to->width - 1), last_y = (float8){} + (float)(to->height - 1);
    for (int y = 0; y < from->height; ++y) {
        const float *in = tvl1_row(from, y);
        float *out = tvl1_row(sum, y);
        for (int x = 0; x < from->width; x += 8) {
            const KERNEL(tvl1_targets) targets = targets_of(flow, x, y);
            const float8 tx = clamp8(targets.x, (float8){}, last_x), ty = clamp8(targets.y, (float8){}, last_y);
            const int8 ix = __builtin_convertvector(tx, int8), iy = __builtin_convertvector(ty, int8);
            const float8 bx = tx - __builtin_convertvector(ix, float8), by = ty - __builtin_convertvector(iy, float8);
            float warped[8];
            for (int i = 0; i < 8; i += 4)
                store4(
                    warped + i, sums(
                        bicubic(to, ix[i], iy[i], bx[i], by[i]),
                        bicubic(to, ix[i + 1], iy[i + 1], bx[i + 1], by[i + 1]),
                        bicubic(to, ix[i + 2], iy[i + 2], bx[i + 2], by[i + 2]),
                        bicubic(to, ix[i + 3], iy[i + 3], bx[i + 3], by[i + 3])));
            const float8 level = load8(in + x);
            store8(out + x, level + select8(targets.inside, load8(warped), level));
        }
        repeat_ends(out, sum->width, 2);
    }
}

static void KERNEL(tvl1_linearise)(
    const tvl1_plane *from, const tvl1_plane *sum, const tvl1_plane *brightness, const tvl1_problem *problem) {
    const int last = from->height - 1;
    for (int y = 0; y <= last; ++y) {
        const float *row = tvl1_row(sum, y);
        const float *above1 = tvl1_row(sum, tvl1_clamp(y - 1, last)), *above2 = tvl1_row(sum, tvl1_clamp(y - 2, last));
        const float *below1 = tvl1_row(sum, tvl1_clamp(y + 1, last)), *below2 = tvl1_row(sum, tvl1_clamp(y + 2, last));
        for (int x = 0; x < from->width; x += 8) {
            // The derivative's five taps (1, -8, 0, 8, -1) / 12, of the mean of both pictures.
            float8 gx = (load8(row + x + 1) - load8(row + x - 1)) * 8 - (load8(row + x + 2) - load8(row + x - 2));
            float8 gy = (load8(below1 + x) - load8(above1 + x)) * 8 - (load8(below2 + x) - load8(above2 + x));
            const KERNEL(tvl1_targets) targets = targets_of(problem->flow, x, y);
            const int8 used = targets.inside & (load8(problem->inside + x) > 0);
            gx = (float8)((int8)(gx * (1.0f / 24)) & used);
            gy = (float8)((int8)(gy * (1.0f / 24)) & used);
            float8 constant = load8(row + x) - load8(tvl1_row(from, y) + x) * 2;
            if (brightness) constant -= load8(tvl1_row(brightness, y) + x);
            constant -= gx * load8(tvl1_row(&problem->flow[0], y) + x);
            constant -= gy * load8(tvl1_row(&problem->flow[1], y) + x);
            store8(tvl1_row(&problem->gradient[0], y) + x, gx);
            store8(tvl1_row(&problem->gradient[1], y) + x, gy);
            store8(tvl1_row(&problem->constant, y) + x, (float8)((int8)constant & used));
            // The small number keeps the quotient finite where there is no gradient, and changes nothing elsewhere.
            store8(tvl1_row(&problem->inverse, y) + x, 1 / (gx * gx + gy * gy + 1e-3f));
        }
    }
}

static void KERNEL(tvl1_measure)(
    const tvl1_plane *from, const tvl1_plane *sum, const tvl1_plane flow[2], const tvl1_plane *expected,
    float *const rows[2], const tvl1_plane *differences, const tvl1_plane *weights) {
    const int width = from->width, height = from->height;
    for (int block = 0; block < differences->height; ++block) {
        for (int y = block * TVL1_BLOCK; y < (block + 1) * TVL1_BLOCK && y < height; ++y) {
            const int first = y == block * TVL1_BLOCK;
            for (int x = 0; x < width; x += 8) {
                const float8 difference = load8(tvl1_row(sum, y) + x) - load8(tvl1_row(from, y) + x) * 2;
                float8 weight = (float8){} + 1;
                if (expected) {
                    // Cauchy's weight: a difference 5 levels off counts half.
                    const float8 off = (difference - load8(tvl1_row(expected, y) + x)) * 0.2f;
                    weight = 1 / (1 + off * off);
                }
                weight = (float8)((int8)weight & targets_of(flow, x, y).inside);
                store8(rows[0] + x, first ? difference * weight : load8(rows[0] + x) + difference * weight);
                store8(rows[1] + x, first ? weight : load8(rows[1] + x) + weight);
            }
        }
        float *restrict difference = tvl1_row(differences, block), *restrict weight = tvl1_row(weights, block);
        for (int i = 0; i < differences->width; ++i) {
            difference[i] = weight[i] = 0;
            for (int x = i * TVL1_BLOCK; x < (i + 1) * TVL1_BLOCK && x < width; ++x) {
                difference[i] += rows[0][x];
                weight[i] += rows[1][x];
            }
        }
        repeat_ends(difference, differences->width, 2);
        repeat_ends(weight, weights->width, 2);
    }
}

KERNEL_TARGET_END
