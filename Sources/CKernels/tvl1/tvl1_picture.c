// The pyramid of one picture.
#include "tvl1.h"

#include <math.h>
#include <stdlib.h>

ckernels_tvl1_picture *ckernels_tvl1_picture_create(int width, int height, const ckernels_tvl1_settings *settings) {
    ckernels_tvl1_picture *picture = calloc(1, sizeof *picture);
    if (!picture) return NULL;
    int widths[CKERNELS_TVL1_MAX_SCALES], heights[CKERNELS_TVL1_MAX_SCALES];
    picture->levels = tvl1_levels(width, height, settings, widths, heights);
    picture->mean_free = tvl1_first_mean_free_level(settings);
    // The blur before a reduction, by Sánchez et al., section 4.
    const float step = settings->scale_step;
    picture->reduction = tvl1_gaussian(0.6f * sqrtf(1 / (step * step) - 1));
    if (settings->presmoothing > 0) picture->presmoothing = tvl1_gaussian(settings->presmoothing);
    picture->local_mean = tvl1_gaussian(4);

    size_t total = tvl1_plane_floats(width, height) + 3 * tvl1_plane_floats(width, 1);
    for (int i = 0; i < picture->levels; ++i) total += tvl1_plane_floats(widths[i], heights[i]);
    float *memory = picture->memory = tvl1_memory(total);
    if (!memory) {
        free(picture);
        return NULL;
    }
    for (int i = 0; i < picture->levels; ++i) {
        picture->level[i] = tvl1_plane_at(memory, widths[i], heights[i]);
        memory += tvl1_plane_floats(widths[i], heights[i]);
    }
    picture->scratch = tvl1_plane_at(memory, width, height);
    memory += tvl1_plane_floats(width, height);
    for (int i = 0; i < 3; ++i) picture->rows[i] = memory + i * tvl1_plane_floats(width, 1) + TVL1_PAD;
    return picture;
}

// The room for the blurred version of a level.
static tvl1_plane scratch_like(const ckernels_tvl1_picture *picture, const tvl1_plane *level) {
    return tvl1_plane_at(picture->scratch.at - TVL1_PAD, level->width, level->height);
}

void ckernels_tvl1_picture_fill(ckernels_tvl1_picture *picture, const uint8_t *grey) {
    const tvl1_table *kernels = tvl1_kernels();
    if (picture->presmoothing.radius) {
        kernels->convert(grey, &picture->scratch);
        kernels->blur(&picture->scratch, &picture->presmoothing, picture->rows[0], &picture->level[0]);
    } else {
        kernels->convert(grey, &picture->level[0]);
    }
    for (int i = 1; i < picture->levels; ++i) {
        const tvl1_plane blurred = scratch_like(picture, &picture->level[i - 1]);
        kernels->blur(&picture->level[i - 1], &picture->reduction, picture->rows[0], &blurred);
        kernels->resize(&blurred, 1, picture->rows, &picture->level[i]);
    }
    for (int i = picture->mean_free; i < picture->levels; ++i) {
        const tvl1_plane mean = scratch_like(picture, &picture->level[i]);
        kernels->blur(&picture->level[i], &picture->local_mean, picture->rows[0], &mean);
        kernels->subtract(&mean, &picture->level[i]);
    }
}

void ckernels_tvl1_picture_destroy(ckernels_tvl1_picture *picture) {
    if (!picture) return;
    free(picture->memory);
    free(picture);
}
