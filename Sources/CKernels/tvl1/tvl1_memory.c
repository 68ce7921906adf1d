// The shapes and the memory of TV-L1.
#include "tvl1.h"

#include "../targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const tvl1_table *tvl1_kernels(void) {
#if defined(__x86_64__)
    switch (kernel_target()) {
    case KERNEL_TARGET_IS_AVX512: return &tvl1_table_avx512;
    case KERNEL_TARGET_IS_AVX2: return &tvl1_table_avx2;
    default: break;
    }
#endif
    return &tvl1_table_generic;
}

int tvl1_levels(
    int width, int height, const ckernels_tvl1_settings *settings, int widths[CKERNELS_TVL1_MAX_SCALES],
    int heights[CKERNELS_TVL1_MAX_SCALES]) {
    widths[0] = width;
    heights[0] = height;
    double scale = settings->scale_step;
    int count = 1;
    for (; count < settings->scales && count < CKERNELS_TVL1_MAX_SCALES; ++count, scale *= settings->scale_step) {
        widths[count] = (int)(width * scale + 0.5);
        heights[count] = (int)(height * scale + 0.5);
        if (widths[count] < TVL1_SHORTEST_SIDE || heights[count] < TVL1_SHORTEST_SIDE) break;
    }
    return count;
}

int tvl1_first_mean_free_level(const ckernels_tvl1_settings *settings) {
    if (!settings->illumination) return CKERNELS_TVL1_MAX_SCALES;
    // Tuned with scale_step 0.5, where these are the levels below half the size.
    int level = 0;
    for (double scale = 1; scale > 0.3; scale *= settings->scale_step) ++level;
    return level;
}

tvl1_blur tvl1_gaussian(float sigma) {
    tvl1_blur blur = {.radius = (int)ceilf(3 * sigma)};
    if (blur.radius > TVL1_MAX_RADIUS) blur.radius = TVL1_MAX_RADIUS;
    double sum = 0, weights[TVL1_MAX_RADIUS + 1];
    for (int i = 0; i <= blur.radius; ++i) {
        weights[i] = exp(-0.5 * i * i / ((double)sigma * sigma));
        sum += i ? 2 * weights[i] : weights[i];
    }
    for (int i = 0; i <= blur.radius; ++i) blur.taps[i] = (float)(weights[i] / sum);
    return blur;
}

// Floats from row to row. Never a multiple of a page: then rows of one column would share one line of the cache.
static ptrdiff_t pitch_of(int width) {
    const ptrdiff_t pitch = ((ptrdiff_t)width + TVL1_PAD - 1) / TVL1_PAD * TVL1_PAD + 2 * TVL1_PAD;
    return pitch % 1024 == 0 ? pitch + TVL1_PAD : pitch;
}

size_t tvl1_plane_floats(int width, int height) { return (size_t)pitch_of(width) * (size_t)height; }

tvl1_plane tvl1_plane_at(float *memory, int width, int height) {
    return (tvl1_plane){memory + TVL1_PAD, width, height, pitch_of(width)};
}

float *tvl1_memory(size_t count) {
    const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    float *memory = aligned_alloc(64, bytes);
    // Room between rows is read, never used: it has to be finite.
    if (memory) memset(memory, 0, bytes);
    return memory;
}
