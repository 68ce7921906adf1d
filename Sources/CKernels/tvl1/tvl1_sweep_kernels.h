// The primal-dual sweeps, in which most of the time goes.
//
// A sweep moves the flow, u = T(u) + theta * div p with T the thresholding step of the data term, and then the dual
// variable, p = (p + s * grad u) / (1 + s * |grad u|) for each component (Zach et al., section 3). Row y of p needs
// rows y and y + 1 of the new u; row y of u needs rows y and y - 1 of the old p. So row y of u and then row y - 1 of p
// are done in one go over the pixels, in place; and a second sweep can follow one row behind the first. All sweeps of a
// run are under way at once, and the rows between their fronts stay in the cache. The result is that of sweeps over
// whole pictures one after the other, to the last bit.
#include "tvl1.h"
#include "../vectors.h"

KERNEL_TARGET_BEGIN

// One row of the flow, and the row above it of the dual variable; either may be left out. Adds the squares of what
// moved.
KERNEL_INLINE void KERNEL(tvl1_rows)(
    const tvl1_problem *problem, int y, int has_flow, int has_dual, int is_measured, float8 *moved) {
    const int width = problem->constant.width;
    const ptrdiff_t pitch = problem->constant.pitch;
    const ptrdiff_t here = y * pitch, above = here - pitch;
    // Without a row of the flow, the one above is the last: there, the difference to the next row is 0.
    const ptrdiff_t next = has_flow ? here : above;
    float *const u1 = problem->flow[0].at, *const u2 = problem->flow[1].at;
    float *const p1x = problem->dual[0].at, *const p1y = problem->dual[1].at;
    float *const p2x = problem->dual[2].at, *const p2y = problem->dual[3].at;
    const float8 limit = (float8){} + problem->data_step, lower = -limit;
    const float8 theta = (float8){} + problem->theta, dual_step = (float8){} + problem->dual_step;
    for (int x = 0; x < width; x += 8) {
        const float8 p1y_above = has_dual ? load8(p1y + above + x) : load8(problem->zeros + x);
        const float8 p2y_above = has_dual ? load8(p2y + above + x) : load8(problem->zeros + x);
        float8 new1, new2;
        if (has_flow) {
            const float8 old1 = load8(u1 + here + x), old2 = load8(u2 + here + x);
            const float8 gx = load8(problem->gradient[0].at + here + x), gy = load8(problem->gradient[1].at + here + x);
            const float8 residual = load8(problem->constant.at + here + x) + gx * old1 + gy * old2;
            const float8 step = clamp8(residual * load8(problem->inverse.at + here + x), lower, limit);
            const float8 divergence1 =
                load8(p1x + here + x) - load8(p1x + here + x - 1) + (load8(p1y + here + x) - p1y_above);
            const float8 divergence2 =
                load8(p2x + here + x) - load8(p2x + here + x - 1) + (load8(p2y + here + x) - p2y_above);
            new1 = old1 - step * gx + theta * divergence1;
            new2 = old2 - step * gy + theta * divergence2;
            store8(u1 + here + x, new1);
            store8(u2 + here + x, new2);
            if (is_measured) {
                const float8 moved1 = new1 - old1, moved2 = new2 - old2;
                *moved += (moved1 * moved1 + moved2 * moved2) * load8(problem->inside + x);
            }
        } else {
            new1 = load8(u1 + next + x);
            new2 = load8(u2 + next + x);
        }
        if (has_dual) {
            const float8 u1_above = load8(u1 + above + x), u2_above = load8(u2 + above + x);
            const float8 u1x = load8(u1 + above + x + 1) - u1_above, u1y = new1 - u1_above;
            const float8 u2x = load8(u2 + above + x + 1) - u2_above, u2y = new2 - u2_above;
            const float8 scale1 = 1 / (1 + dual_step * __builtin_elementwise_sqrt(u1x * u1x + u1y * u1y));
            const float8 scale2 = 1 / (1 + dual_step * __builtin_elementwise_sqrt(u2x * u2x + u2y * u2y));
            store8(p1x + above + x, (load8(p1x + above + x) + dual_step * u1x) * scale1);
            store8(p1y + above + x, (p1y_above + dual_step * u1y) * scale1);
            store8(p2x + above + x, (load8(p2x + above + x) + dual_step * u2x) * scale2);
            store8(p2y + above + x, (p2y_above + dual_step * u2y) * scale2);
        }
    }
    if (has_flow) {
        // No difference across the last column: the pixel beyond it repeats it.
        u1[here + width] = u1[here + width - 1];
        u2[here + width] = u2[here + width - 1];
    }
}

static float KERNEL(tvl1_sweep)(const tvl1_problem *problem, int count) {
    const int height = problem->constant.height;
    float8 moved = {};
    for (int front = 0; front < height + count; ++front) {
        for (int sweep = 0; sweep < count; ++sweep) {
            const int y = front - sweep;
            if (y < 0 || y > height) continue;
            if (y == 0)
                if (sweep == count - 1)
                    KERNEL(tvl1_rows)(problem, y, 1, 0, 1, &moved);
                else
                    KERNEL(tvl1_rows)(problem, y, 1, 0, 0, &moved);
            else if (y == height)
                KERNEL(tvl1_rows)(problem, y, 0, 1, 0, &moved);
            else if (sweep == count - 1)
                KERNEL(tvl1_rows)(problem, y, 1, 1, 1, &moved);
            else
                KERNEL(tvl1_rows)(problem, y, 1, 1, 0, &moved);
        }
    }
    float sum = 0;
    for (int i = 0; i < 8; ++i) sum += moved[i];
    return sum;
}

KERNEL_TARGET_END
