// Variational refinement: included by dis_kernels.h.
//
// Minimises, over the displacements w of all pixels, brightness constancy and gradient constancy of the second picture
// warped by the first guess (each residual divided by its own gradient: Zimmer et al., IJCV 2011) and the smoothness of
// w, all under the penalty sqrt(x^2 + e^2), as in section 2.3 of the paper. The penalties' weights are computed anew in
// each fixed-point iteration; between two of them, red-black successive over-relaxation solves the linear system, the
// two unknowns of a pixel together.

// What each half plane holds.
enum {
    // Linearised residuals, z + x U + y V: brightness, gradient along x, gradient along y.
    HALF_BX, HALF_BY, HALF_BZ, HALF_XX, HALF_XY, HALF_XZ, HALF_YX, HALF_YY, HALF_YZ,
    // The inverse of the pixel's 2 x 2 block, the right side, the weight of the edges to the right and below.
    HALF_I11, HALF_I12, HALF_I22, HALF_B1, HALF_B2, HALF_SMOOTH,
    // The displacements.
    HALF_U, HALF_V,
};
enum { PLANE_MEAN, PLANE_CHANGE, PLANE_INSIDE, PLANE_X, PLANE_Y };

// Numbers that are not settings, for grey levels 0...255; chosen by the end-point error on generated sequences
// (avprep-bench flow).
#define REFINE_EPSILON_SQUARED 1e-6f  // of the penalties
#define REFINE_ZETA_SQUARED 0.3f      // keeps residuals of pixels without texture from growing
#define REFINE_OMEGA 1.8f             // over-relaxation

// The weights of Catmull-Rom's cubic between the middle two of four pixels.
KERNEL_INLINE float4 KERNEL(cubic_weights)(float t) {
    const float4 constant = {0, 1, 0, 0}, linear = {-0.5f, 0, 0.5f, 0};
    const float4 square = {1, -2.5f, 2, -0.5f}, cube = {-0.5f, 1.5f, -1.5f, 0.5f};
    return constant + t * (linear + t * (square + t * cube));
}

// Warps the second picture by the field: the mean of both pictures and their difference.
static void KERNEL(refine_warp)(
    const pyramid_level *from, const pyramid_level *to, const dis_field *field, float *mean, float *change,
    float *inside) {
    const int width = field->width, height = field->height;
    const ptrdiff_t pitch = refine_pitch(width);
    const float right = (float)(width - 1), bottom = (float)(height - 1);
    for (int y = 0; y < height; ++y) {
        const float *u = field->x + y * field->pitch, *v = field->y + y * field->pitch;
        const float *here = from->pixels + y * from->pitch;
        float *m = mean + y * pitch, *c = change + y * pitch, *in = inside + y * pitch;
        for (int x = 0; x < width; ++x) {
            float px = (float)x + u[x], py = (float)y + v[x];
            const int is_inside = px >= -0.5f && px <= right + 0.5f && py >= -0.5f && py <= bottom + 0.5f;
            px = px > 0 ? px : 0;
            px = px < right ? px : right;
            py = py > 0 ? py : 0;
            py = py < bottom ? py : bottom;
            const int ix = (int)px, iy = (int)py;
            const float fx = px - (float)ix, fy = py - (float)iy;
            const float *p = to->pixels + (iy - 1) * to->pitch + ix - 1;
            const float4 across = KERNEL(cubic_weights)(fx), down = KERNEL(cubic_weights)(fy);
            const float4 columns = (down[0] * load4(p) + down[1] * load4(p + to->pitch))
                                 + (down[2] * load4(p + 2 * to->pitch) + down[3] * load4(p + 3 * to->pitch));
            const float4 products = columns * across;
            const float seen = (products[0] + products[1]) + (products[2] + products[3]);
            m[x] = 0.5f * (here[x] + seen);
            c[x] = seen - here[x];
            in[x] = is_inside ? 1.0f : 0.0f;
        }
        for (int x = width; x < width + REFINE_MARGIN; ++x) in[x] = 0;
    }
}

static void KERNEL(refine_repeat)(float *plane, int width, int height) {
    const ptrdiff_t pitch = refine_pitch(width);
    for (int y = 0; y < height; ++y) {
        float *row = plane + y * pitch;
        row[-2] = row[-1] = row[0];
        for (int x = width; x < width + REFINE_MARGIN; ++x) row[x] = row[width - 1];
    }
    float *first = plane - REFINE_MARGIN, *last = first + (height - 1) * pitch;
    for (int i = 1; i <= 2; ++i) {
        memcpy(first - i * pitch, first, (size_t)pitch * sizeof(float));
        memcpy(last + i * pitch, last, (size_t)pitch * sizeof(float));
    }
}

KERNEL_INLINE void KERNEL(split)(float *even, float *odd, float8 low, float8 high) {
    store8(even, __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14));
    store8(odd, __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15));
}

typedef struct {
    float8 values[9];
} KERNEL(residuals);

// The residuals of eight pixels at `i` of the planes.
KERNEL_INLINE KERNEL(residuals) KERNEL(residuals_at)(
    const dis_refinement *work, ptrdiff_t i, ptrdiff_t pitch, float8 u, float8 v) {
    const float *gx = work->planes[PLANE_X] + i, *gy = work->planes[PLANE_Y] + i, *c = work->planes[PLANE_CHANGE] + i;
    const float8 inside = load8(work->planes[PLANE_INSIDE] + i);
    const float8 x = load8(gx), y = load8(gy), z = load8(c);
    const float8 xx = 0.5f * (load8(gx + 1) - load8(gx - 1));
    const float8 xy = 0.5f * (load8(gx + pitch) - load8(gx - pitch));
    const float8 yy = 0.5f * (load8(gy + pitch) - load8(gy - pitch));
    const float8 xz = 0.5f * (load8(c + 1) - load8(c - 1));
    const float8 yz = 0.5f * (load8(c + pitch) - load8(c - pitch));
    const float8 scale_b = inside * reciprocal_sqrt8(x * x + y * y + REFINE_ZETA_SQUARED);
    const float8 scale_x = inside * reciprocal_sqrt8(xx * xx + xy * xy + REFINE_ZETA_SQUARED);
    const float8 scale_y = inside * reciprocal_sqrt8(xy * xy + yy * yy + REFINE_ZETA_SQUARED);
    return (KERNEL(residuals)){{
        scale_b * x, scale_b * y, scale_b * (z - x * u - y * v),
        scale_x * xx, scale_x * xy, scale_x * (xz - xx * u - xy * v),
        scale_y * xy, scale_y * yy, scale_y * (yz - xy * u - yy * v),
    }};
}

static void KERNEL(refine_linearise)(
    const dis_refinement *work, const dis_field *field) {
    const int width = field->width, height = field->height;
    const ptrdiff_t pitch = refine_pitch(width), half_pitch = refine_half_pitch(width);
    for (int y = 0; y < height; ++y) {
        const int even = y & 1;
        for (int x = 0; x < width; x += 16) {
            const ptrdiff_t i = y * pitch + x, k = y * half_pitch + x / 2;
            const float *u = field->x + y * field->pitch + x, *v = field->y + y * field->pitch + x;
            const KERNEL(residuals) low = KERNEL(residuals_at)(work, i, pitch, load8(u), load8(v));
            const KERNEL(residuals) high = KERNEL(residuals_at)(work, i + 8, pitch, load8(u + 8), load8(v + 8));
            for (int n = 0; n < 9; ++n)
                KERNEL(split)(work->halves[n][even] + k, work->halves[n][!even] + k, low.values[n], high.values[n]);
            KERNEL(split)(work->halves[HALF_U][even] + k, work->halves[HALF_U][!even] + k, load8(u), load8(u + 8));
            KERNEL(split)(work->halves[HALF_V][even] + k, work->halves[HALF_V][!even] + k, load8(v), load8(v + 8));
        }
    }
}

// Weights of the smoothness for half a row.
KERNEL_INLINE void KERNEL(refine_smoothness_row)(
    const dis_refinement *work, int colour, int y, int width, int height, float alpha) {
    const ptrdiff_t pitch = refine_half_pitch(width), at = y * pitch;
    const int parity = (y + colour) & 1;
    const float *u = work->halves[HALF_U][colour] + at, *v = work->halves[HALF_V][colour] + at;
    const float *ou = work->halves[HALF_U][!colour] + at, *ov = work->halves[HALF_V][!colour] + at;
    const float *inside = work->right_inside[parity];
    float *smooth = work->halves[HALF_SMOOTH][colour] + at;
    const float down = y + 1 < height ? 1.0f : 0.0f;
    for (int k = 0; k < (width + 1) / 2; k += 8) {
        const float8 here_u = load8(u + k), here_v = load8(v + k), right = load8(inside + k);
        const float8 ux = (load8(ou + k + parity) - here_u) * right, vx = (load8(ov + k + parity) - here_v) * right;
        const float8 uy = (load8(ou + k + pitch) - here_u) * down, vy = (load8(ov + k + pitch) - here_v) * down;
        store8(smooth + k, alpha * reciprocal_sqrt8(ux * ux + uy * uy + vx * vx + vy * vy + REFINE_EPSILON_SQUARED));
    }
}

// The linear system for half a row.
KERNEL_INLINE void KERNEL(refine_system_row)(
    const dis_refinement *work, int colour, int y, int width, int height, const ckernels_dis_parameters *parameters) {
    const ptrdiff_t pitch = refine_half_pitch(width), at = y * pitch;
    const int parity = (y + colour) & 1;
    const float *p[REFINE_HALVES];
    for (int n = 0; n < REFINE_HALVES; ++n) p[n] = work->halves[n][colour] + at;
    const float *other_smooth = work->halves[HALF_SMOOTH][!colour] + at;
    const float *inside = work->right_inside[parity];
    float *i11 = work->halves[HALF_I11][colour] + at, *i12 = work->halves[HALF_I12][colour] + at;
    float *i22 = work->halves[HALF_I22][colour] + at;
    float *b1 = work->halves[HALF_B1][colour] + at, *b2 = work->halves[HALF_B2][colour] + at;
    const float down = y + 1 < height ? 1.0f : 0.0f;
    const float delta = parameters->delta, gamma = parameters->gamma;
    for (int k = 0; k < (width + 1) / 2; k += 8) {
        const float8 u = load8(p[HALF_U] + k), v = load8(p[HALF_V] + k);
        const float8 bx = load8(p[HALF_BX] + k), by = load8(p[HALF_BY] + k), bz = load8(p[HALF_BZ] + k);
        const float8 rb = bz + bx * u + by * v;
        const float8 kb = delta * reciprocal_sqrt8(rb * rb + REFINE_EPSILON_SQUARED);
        const float8 xx = load8(p[HALF_XX] + k), xy = load8(p[HALF_XY] + k), xz = load8(p[HALF_XZ] + k);
        const float8 yx = load8(p[HALF_YX] + k), yy = load8(p[HALF_YY] + k), yz = load8(p[HALF_YZ] + k);
        const float8 rx = xz + xx * u + xy * v, ry = yz + yx * u + yy * v;
        const float8 kg = gamma * reciprocal_sqrt8(rx * rx + ry * ry + REFINE_EPSILON_SQUARED);
        const float8 smooth = load8(p[HALF_SMOOTH] + k);
        const float8 edges = smooth * (load8(inside + k) + down) + load8(other_smooth + k - 1 + parity)
                           + load8(other_smooth + k - pitch) + 1e-3f;
        const float8 a11 = edges + kb * (bx * bx) + kg * (xx * xx + yx * yx);
        const float8 a12 = kb * (bx * by) + kg * (xx * xy + yx * yy);
        const float8 a22 = edges + kb * (by * by) + kg * (xy * xy + yy * yy);
        const float8 scale = 1.0f / (a11 * a22 - a12 * a12);
        store8(i11 + k, a22 * scale);
        store8(i12 + k, -a12 * scale);
        store8(i22 + k, a11 * scale);
        store8(b1 + k, -(kb * (bx * bz) + kg * (xx * xz + yx * yz)));
        store8(b2 + k, -(kb * (by * bz) + kg * (xy * xz + yy * yz)));
    }
}

// One half sweep over half a row.
KERNEL_INLINE void KERNEL(refine_relax_row)(const dis_refinement *work, int colour, int y, int width, int height) {
    const ptrdiff_t pitch = refine_half_pitch(width), at = y * pitch;
    const int parity = (y + colour) & 1;
    float *u = work->halves[HALF_U][colour] + at, *v = work->halves[HALF_V][colour] + at;
    const float *ou = work->halves[HALF_U][!colour] + at, *ov = work->halves[HALF_V][!colour] + at;
    const float *smooth = work->halves[HALF_SMOOTH][colour] + at;
    const float *other_smooth = work->halves[HALF_SMOOTH][!colour] + at;
    const float *i11 = work->halves[HALF_I11][colour] + at, *i12 = work->halves[HALF_I12][colour] + at;
    const float *i22 = work->halves[HALF_I22][colour] + at;
    const float *b1 = work->halves[HALF_B1][colour] + at, *b2 = work->halves[HALF_B2][colour] + at;
    const float *inside = work->right_inside[parity];
    const float down = y + 1 < height ? 1.0f : 0.0f;
    const ptrdiff_t left_shift = parity - 1;
    for (int k = 0; k < (width + 1) / 2; k += 8) {
        const float8 here = load8(smooth + k);
        const float8 right = here * load8(inside + k), below = here * down;
        const float8 left = load8(other_smooth + k + left_shift), above = load8(other_smooth + k - pitch);
        const float8 su = load8(b1 + k) + right * load8(ou + k + parity) + left * load8(ou + k + left_shift)
                        + below * load8(ou + k + pitch) + above * load8(ou + k - pitch);
        const float8 sv = load8(b2 + k) + right * load8(ov + k + parity) + left * load8(ov + k + left_shift)
                        + below * load8(ov + k + pitch) + above * load8(ov + k - pitch);
        const float8 mixed = load8(i12 + k), old_u = load8(u + k), old_v = load8(v + k);
        store8(u + k, old_u + REFINE_OMEGA * (load8(i11 + k) * su + mixed * sv - old_u));
        store8(v + k, old_v + REFINE_OMEGA * (mixed * su + load8(i22 + k) * sv - old_v));
    }
}

// The derivative along pixels that are `apart`, exact to the fourth order: differences of the two neighbours alone are
// too small on fine texture, and displacements by them too large.
KERNEL_INLINE float8 KERNEL(slope)(const float *at, ptrdiff_t apart) {
    return (2.0f / 3) * (load8(at + apart) - load8(at - apart))
         - (1.0f / 12) * (load8(at + 2 * apart) - load8(at - 2 * apart));
}

static void KERNEL(dis_refine)(
    const pyramid_level *from, const pyramid_level *to, const dis_refinement *work,
    const ckernels_dis_parameters *parameters, const dis_field *field) {
    const int width = field->width, height = field->height;
    const ptrdiff_t pitch = refine_pitch(width), half_pitch = refine_half_pitch(width);
    KERNEL(refine_warp)(
        from, to, field, work->planes[PLANE_MEAN], work->planes[PLANE_CHANGE], work->planes[PLANE_INSIDE]);
    KERNEL(refine_repeat)(work->planes[PLANE_MEAN], width, height);
    KERNEL(refine_repeat)(work->planes[PLANE_CHANGE], width, height);
    for (int y = 0; y < height; ++y) {
        const float *m = work->planes[PLANE_MEAN] + y * pitch;
        float *gx = work->planes[PLANE_X] + y * pitch, *gy = work->planes[PLANE_Y] + y * pitch;
        for (int x = 0; x < width; x += 8) {
            store8(gx + x, KERNEL(slope)(m + x, 1));
            store8(gy + x, KERNEL(slope)(m + x, pitch));
        }
    }
    KERNEL(refine_repeat)(work->planes[PLANE_X], width, height);
    KERNEL(refine_repeat)(work->planes[PLANE_Y], width, height);
    KERNEL(refine_linearise)(work, field);
    // Another level's smoothness may lie where this level has its margins.
    for (int colour = 0; colour < 2; ++colour) {
        float *smooth = work->halves[HALF_SMOOTH][colour];
        memset(smooth - half_pitch - REFINE_MARGIN, 0, (size_t)half_pitch * sizeof(float));
        for (int y = 0; y < height; ++y) smooth[y * half_pitch - 1] = 0;
    }
    for (int parity = 0; parity < 2; ++parity)
        for (int k = 0; k < (width + 15) / 16 * 8; ++k)
            work->right_inside[parity][k] = 2 * k + parity + 1 < width ? 1.0f : 0.0f;

    for (int i = 0; i < parameters->fixed_point; ++i) {
        for (int y = 0; y < height; ++y)
            for (int colour = 0; colour < 2; ++colour)
                KERNEL(refine_smoothness_row)(work, colour, y, width, height, parameters->alpha);
        for (int y = 0; y < height; ++y)
            for (int colour = 0; colour < 2; ++colour)
                KERNEL(refine_system_row)(work, colour, y, width, height, parameters);
        // Half sweep n of row y needs half sweep n - 1 of rows y - 1 to y + 1: sweeps follow each other a row apart, so
        // the rows they share stay in the cache.
        const int sweeps = 2 * parameters->relaxations;
        for (int line = 0; line < height + sweeps - 1; ++line)
            for (int n = 0; n < sweeps; ++n) {
                const int y = line - n;
                if (y >= 0 && y < height) KERNEL(refine_relax_row)(work, n & 1, y, width, height);
            }
    }
    for (int y = 0; y < height; ++y)
        for (int n = 0; n < 2; ++n) {
            const float *even = work->halves[HALF_U + n][y & 1] + y * half_pitch;
            const float *odd = work->halves[HALF_U + n][!(y & 1)] + y * half_pitch;
            float *row = (n ? field->y : field->x) + y * field->pitch;
            for (int k = 0; k < (width + 1) / 2; ++k) {
                row[2 * k] = even[k];
                row[2 * k + 1] = odd[k];
            }
        }
}
