// The course of TV-L1: from the coarsest level to the finest, and on each level warp after warp.
#include "tvl1.h"

#include <stdlib.h>
#include <string.h>

struct ckernels_tvl1 {
    ckernels_tvl1_settings settings;
    int levels;
    int mean_free;
    int width[CKERNELS_TVL1_MAX_SCALES], height[CKERNELS_TVL1_MAX_SCALES];
    // Room for planes of the finest level; each level lays out its own in it.
    float *flow[2], *other[2], *dual[4], *gradient[2], *constant, *inverse, *sum, *brightness;
    float *blocks[4];
    float *rows[5], *zeros, *inside;
    tvl1_blur block_blur;
    double sweeps;
    float *memory;
};

ckernels_tvl1 *ckernels_tvl1_create(int width, int height, const ckernels_tvl1_settings *settings) {
    ckernels_tvl1 *tvl1 = calloc(1, sizeof *tvl1);
    if (!tvl1) return NULL;
    tvl1->settings = *settings;
    tvl1->levels = tvl1_levels(width, height, settings, tvl1->width, tvl1->height);
    tvl1->mean_free = tvl1_first_mean_free_level(settings);
    // Two blocks: brightness is taken to change little within 16 pixels.
    tvl1->block_blur = tvl1_gaussian(2);

    float **const planes[] = {
        &tvl1->flow[0], &tvl1->flow[1], &tvl1->other[0], &tvl1->other[1], &tvl1->dual[0], &tvl1->dual[1],
        &tvl1->dual[2], &tvl1->dual[3], &tvl1->gradient[0], &tvl1->gradient[1], &tvl1->constant, &tvl1->inverse,
        &tvl1->sum, &tvl1->brightness,
    };
    float **const rows[] = {
        &tvl1->rows[0], &tvl1->rows[1], &tvl1->rows[2], &tvl1->rows[3], &tvl1->rows[4], &tvl1->zeros, &tvl1->inside,
    };
    enum { PLANES = sizeof planes / sizeof *planes, ROWS = sizeof rows / sizeof *rows, BLOCKS = 4 };
    // The same pixel of different planes must not share a line of the cache: each begins five lines beyond a page.
    const size_t page = 1024;
    const size_t plane = (tvl1_plane_floats(width, height) + page - 1) / page * page + 5 * TVL1_PAD;
    const size_t row = tvl1_plane_floats(width, 1);
    const size_t block = tvl1_plane_floats(width / TVL1_BLOCK + 1, height / TVL1_BLOCK + 1);
    float *memory = tvl1->memory = tvl1_memory(PLANES * plane + ROWS * row + BLOCKS * block);
    if (!memory) {
        free(tvl1);
        return NULL;
    }
    for (int i = 0; i < PLANES; ++i, memory += plane) *planes[i] = memory;
    for (int i = 0; i < ROWS; ++i, memory += row) *rows[i] = memory + TVL1_PAD;
    for (int i = 0; i < BLOCKS; ++i, memory += block) tvl1->blocks[i] = memory;
    return tvl1;
}

void ckernels_tvl1_destroy(ckernels_tvl1 *tvl1) {
    if (!tvl1) return;
    free(tvl1->memory);
    free(tvl1);
}

double ckernels_tvl1_last_sweeps(const ckernels_tvl1 *tvl1) { return tvl1->sweeps; }

// Lays the planes of a level out.
static tvl1_problem problem_of(const ckernels_tvl1 *tvl1, int level) {
    const int width = tvl1->width[level], height = tvl1->height[level];
    tvl1_problem problem = {
        .constant = tvl1_plane_at(tvl1->constant, width, height),
        .inverse = tvl1_plane_at(tvl1->inverse, width, height),
        .zeros = tvl1->zeros,
        .inside = tvl1->inside,
        .data_step = tvl1->settings.lambda * tvl1->settings.theta,
        .theta = tvl1->settings.theta,
        .dual_step = tvl1->settings.tau / tvl1->settings.theta,
    };
    for (int i = 0; i < 2; ++i) {
        problem.flow[i] = tvl1_plane_at(tvl1->flow[i], width, height);
        problem.gradient[i] = tvl1_plane_at(tvl1->gradient[i], width, height);
    }
    for (int i = 0; i < 4; ++i) problem.dual[i] = tvl1_plane_at(tvl1->dual[i], width, height);
    return problem;
}

// Starts a level: its flow is that of the coarser one, or none; its dual variable begins anew.
static void start(ckernels_tvl1 *tvl1, int level, const tvl1_table *kernels) {
    const int width = tvl1->width[level], height = tvl1->height[level];
    const size_t bytes = tvl1_plane_floats(width, height) * sizeof(float);
    for (int i = 0; i < 2; ++i) {
        if (level == tvl1->levels - 1) {
            memset(tvl1->flow[i], 0, bytes);
            continue;
        }
        const int coarse_width = tvl1->width[level + 1], coarse_height = tvl1->height[level + 1];
        const tvl1_plane coarse = tvl1_plane_at(tvl1->flow[i], coarse_width, coarse_height);
        const tvl1_plane fine = tvl1_plane_at(tvl1->other[i], width, height);
        const float factor = i ? (float)height / (float)coarse_height : (float)width / (float)coarse_width;
        kernels->resize(&coarse, factor, tvl1->rows, &fine);
        float *swapped = tvl1->flow[i];
        tvl1->flow[i] = tvl1->other[i];
        tvl1->other[i] = swapped;
    }
    for (int i = 0; i < 4; ++i) memset(tvl1->dual[i], 0, bytes);
    const size_t row = tvl1_plane_floats(width, 1) - TVL1_PAD;
    for (size_t x = 0; x < row; ++x) tvl1->inside[x] = x < (size_t)width;
}

// How much brighter the warped picture is than the first: a mean over some 16 pixels about, which leaves out what
// differs for other reasons, like what is covered or found wrong. Differences of a level or two are left to the flow.
// Returns whether there is any; then `brightness` is filled.
static bool measure_brightness(
    ckernels_tvl1 *tvl1, const tvl1_plane *from, const tvl1_plane *sum, const tvl1_problem *problem,
    const tvl1_plane *brightness, const tvl1_table *kernels) {
    const int width = (from->width + TVL1_BLOCK - 1) / TVL1_BLOCK;
    const int height = (from->height + TVL1_BLOCK - 1) / TVL1_BLOCK;
    tvl1_plane blocks[4];
    for (int i = 0; i < 4; ++i) blocks[i] = tvl1_plane_at(tvl1->blocks[i], width, height);
    bool found = false;
    for (int pass = 0; pass < 2; ++pass) {
        kernels->measure(
            from, sum, problem->flow, pass ? brightness : NULL, tvl1->rows, &blocks[0], &blocks[1]);
        kernels->blur(&blocks[0], &tvl1->block_blur, tvl1->rows[0], &blocks[2]);
        kernels->blur(&blocks[1], &tvl1->block_blur, tvl1->rows[0], &blocks[3]);
        found = false;
        for (int y = 0; y < height; ++y) {
            float *mean = tvl1_row(&blocks[2], y);
            const float *weight = tvl1_row(&blocks[3], y);
            for (int x = 0; x < width; ++x) {
                mean[x] /= weight[x] + 1e-6f;
                if (pass == 0) continue;
                // Nothing below one level, all above two.
                const float size = mean[x] < 0 ? -mean[x] : mean[x];
                mean[x] *= size < 1 ? 0 : size < 2 ? size - 1 : 1;
                found |= mean[x] != 0;
            }
        }
        if (pass == 0 || found) kernels->resize(&blocks[2], 1, tvl1->rows, brightness);
    }
    return found;
}

static void swap_planes(tvl1_plane *plane, float **memory, float **other) {
    float *swapped = *memory;
    *memory = *other;
    *other = swapped;
    *plane = tvl1_plane_at(*memory, plane->width, plane->height);
}

// Moves the flow towards the minimum for one linearised data term.
static void descend(ckernels_tvl1 *tvl1, tvl1_problem *problem, const tvl1_table *kernels) {
    const ckernels_tvl1_settings *settings = &tvl1->settings;
    const int width = problem->constant.width, height = problem->constant.height;
    const float enough = settings->epsilon * settings->epsilon * (float)width * (float)height;
    bool settled = false;
    for (int run = 0; run < settings->outer && !settled; ++run) {
        for (int done = 0; done < settings->inner && !settled; done += TVL1_RUN) {
            const int count = settings->inner - done < TVL1_RUN ? settings->inner - done : TVL1_RUN;
            settled = kernels->sweep(problem, count) < enough;
            tvl1->sweeps += count * (double)width * height / ((double)tvl1->width[0] * tvl1->height[0]);
        }
        if (settings->median < 3) continue;
        for (int i = 0; i < 2; ++i) {
            const tvl1_plane smooth = tvl1_plane_at(tvl1->other[i], width, height);
            kernels->median(&problem->flow[i], settings->median, tvl1->rows, &smooth);
            swap_planes(&problem->flow[i], &tvl1->flow[i], &tvl1->other[i]);
        }
    }
}

void ckernels_tvl1_compute(
    ckernels_tvl1 *tvl1, const ckernels_tvl1_picture *from, const ckernels_tvl1_picture *to, float *flow) {
    const tvl1_table *kernels = tvl1_kernels();
    tvl1->sweeps = 0;
    for (int level = tvl1->levels - 1; level >= 0; --level) {
        start(tvl1, level, kernels);
        tvl1_problem problem = problem_of(tvl1, level);
        const tvl1_plane sum = tvl1_plane_at(tvl1->sum, tvl1->width[level], tvl1->height[level]);
        const tvl1_plane brightness = tvl1_plane_at(tvl1->brightness, tvl1->width[level], tvl1->height[level]);
        const bool measures = tvl1->settings.illumination && level < tvl1->mean_free;
        for (int warp = 0; warp < tvl1->settings.warps; ++warp) {
            kernels->warp(&from->level[level], &to->level[level], problem.flow, &sum);
            const bool differs =
                measures && measure_brightness(tvl1, &from->level[level], &sum, &problem, &brightness, kernels);
            kernels->linearise(&from->level[level], &sum, differs ? &brightness : NULL, &problem);
            descend(tvl1, &problem, kernels);
        }
    }
    const tvl1_plane finest[2] = {
        tvl1_plane_at(tvl1->flow[0], tvl1->width[0], tvl1->height[0]),
        tvl1_plane_at(tvl1->flow[1], tvl1->width[0], tvl1->height[0])};
    kernels->interleave(finest, flow);
}
