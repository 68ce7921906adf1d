// Converting, blurring and resizing planes.
#include "tvl1.h"
#include "../vectors.h"

#include <string.h>

KERNEL_TARGET_BEGIN

// Repeats the first and the last pixel of a row over `margin` floats beyond its ends and over the rest of its last
// vector.
KERNEL_INLINE void repeat_ends(float *row, int width, int margin) {
    const int end = (width + 7) / 8 * 8 + margin;
    for (int x = 1; x <= margin; ++x) row[-x] = row[0];
    for (int x = width; x < end; ++x) row[x] = row[width - 1];
}

static void KERNEL(tvl1_convert)(const uint8_t *restrict from, const tvl1_plane *to) {
    for (int y = 0; y < to->height; ++y, from += to->width) {
        float *restrict row = tvl1_row(to, y);
        for (int x = 0; x < to->width; ++x) row[x] = (float)from[x];
        repeat_ends(row, to->width, 2);
    }
}

static void KERNEL(tvl1_blur)(const tvl1_plane *from, const tvl1_blur *blur, float *row, const tvl1_plane *to) {
    const int last = from->height - 1;
    for (int y = 0; y <= last; ++y) {
        for (int x = 0; x < from->width; x += 8) {
            float8 sum = load8(tvl1_row(from, y) + x) * blur->taps[0];
            for (int i = 1; i <= blur->radius; ++i)
                sum += (load8(tvl1_row(from, tvl1_clamp(y - i, last)) + x)
                        + load8(tvl1_row(from, tvl1_clamp(y + i, last)) + x))
                    * blur->taps[i];
            store8(row + x, sum);
        }
        repeat_ends(row, from->width, blur->radius);
        float *out = tvl1_row(to, y);
        for (int x = 0; x < from->width; x += 8) {
            float8 sum = load8(row + x) * blur->taps[0];
            for (int i = 1; i <= blur->radius; ++i) sum += (load8(row + x - i) + load8(row + x + i)) * blur->taps[i];
            store8(out + x, sum);
        }
        repeat_ends(out, to->width, 2);
    }
}

static void KERNEL(tvl1_subtract)(const tvl1_plane *from, const tvl1_plane *to) {
    for (int y = 0; y < to->height; ++y) {
        const float *restrict other = tvl1_row(from, y);
        float *restrict row = tvl1_row(to, y);
        for (int x = 0; x < to->width; ++x) row[x] -= other[x];
        repeat_ends(row, to->width, 2);
    }
}

// Where output pixel `index` of `count` lies among `from_count` pixels: the one before it, and how far beyond that.
KERNEL_INLINE int position(int index, int count, int from_count, float *beyond) {
    float at = ((float)index + 0.5f) * ((float)from_count / (float)count) - 0.5f;
    at = at > 0 ? at : 0;
    at = at < (float)(from_count - 1) ? at : (float)(from_count - 1);
    const int before = (int)at;
    *beyond = at - (float)before;
    return before;
}

static void KERNEL(tvl1_resize)(
    const tvl1_plane *from, float factor, float *const rows[3], const tvl1_plane *to) {
    float *restrict line = rows[0];
    float *restrict beyond = rows[1];
    float *restrict places = rows[2];  // whole numbers, exact
    for (int x = 0; x < to->width; ++x) places[x] = (float)position(x, to->width, from->width, beyond + x);
    for (int y = 0; y < to->height; ++y) {
        float below;
        const int before = position(y, to->height, from->height, &below);
        const float *restrict upper = tvl1_row(from, before);
        const float *restrict lower = tvl1_row(from, tvl1_clamp(before + 1, from->height - 1));
        for (int x = 0; x < from->width; ++x) line[x] = (upper[x] + (lower[x] - upper[x]) * below) * factor;
        line[from->width] = line[from->width - 1];
        float *restrict out = tvl1_row(to, y);
        for (int x = 0; x < to->width; ++x) {
            const int i = (int)places[x];
            out[x] = line[i] + (line[i + 1] - line[i]) * beyond[x];
        }
        repeat_ends(out, to->width, 2);
    }
}

static void KERNEL(tvl1_interleave)(const tvl1_plane flow[2], float *restrict to) {
    for (int y = 0; y < flow->height; ++y, to += 2 * flow->width) {
        const float *restrict dx = tvl1_row(&flow[0], y);
        const float *restrict dy = tvl1_row(&flow[1], y);
        for (int x = 0; x < flow->width; ++x) {
            to[2 * x] = dx[x];
            to[2 * x + 1] = dy[x];
        }
    }
}

KERNEL_TARGET_END
