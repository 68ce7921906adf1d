#include "ckernels.h"

#include "pyramid.h"
#include "../targets.h"

#include <stdlib.h>
#include <string.h>

static const pyramid_table *table(void) {
#if defined(__x86_64__)
    switch (kernel_target()) {
    case KERNEL_TARGET_IS_AVX512: return &pyramid_table_avx512;
    case KERNEL_TARGET_IS_AVX2: return &pyramid_table_avx2;
    default: break;
    }
#endif
    return &pyramid_table_generic;
}

ckernels_pyramid *ckernels_pyramid_create(int width, int height, int finest, int coarsest) {
    ckernels_pyramid *pyramid = calloc(1, sizeof *pyramid);
    if (!pyramid) return NULL;
    pyramid->width = width;
    pyramid->height = height;
    pyramid->finest = finest;
    pyramid->coarsest = coarsest;
    size_t starts[PYRAMID_LEVELS], total = 0;
    for (int i = 0; i <= coarsest; ++i) {
        pyramid_level *level = &pyramid->levels[i];
        level->width = i ? (pyramid->levels[i - 1].width + 1) / 2 : width;
        level->height = i ? (pyramid->levels[i - 1].height + 1) / 2 : height;
        level->pitch = (level->width + 2 * PYRAMID_MARGIN + 15) / 16 * 16;
        if (i == 0 && finest > 0) continue;  // the bytes themselves serve
        starts[i] = total;
        total += (size_t)level->pitch * (size_t)(level->height + 2 * PYRAMID_MARGIN);
    }
    const size_t row = total;
    total += (size_t)width + 48;
    pyramid->memory = aligned_alloc(64, (total * sizeof(float) + 63) / 64 * 64);
    if (!pyramid->memory) {
        free(pyramid);
        return NULL;
    }
    // Room between the rows is read, never used: it has to be finite.
    for (size_t i = 0; i < total; ++i) pyramid->memory[i] = 0;
    pyramid->row = pyramid->memory + row;
    for (int i = finest > 0 ? 1 : 0; i <= coarsest; ++i) {
        pyramid_level *level = &pyramid->levels[i];
        level->pixels = pyramid->memory + starts[i] + PYRAMID_MARGIN * level->pitch + PYRAMID_MARGIN;
    }
    return pyramid;
}

void ckernels_pyramid_fill(ckernels_pyramid *pyramid, const uint8_t *grey) {
    const pyramid_table *kernels = table();
    int i = 1;
    if (pyramid->finest > 0)
        kernels->halve_bytes(grey, pyramid->width, pyramid->height, pyramid->row, &pyramid->levels[i++]);
    else
        kernels->convert_bytes(grey, &pyramid->levels[0]);
    for (; i <= pyramid->coarsest; ++i) kernels->halve(&pyramid->levels[i - 1], pyramid->row, &pyramid->levels[i]);
}

int ckernels_pyramid_equal(const ckernels_pyramid *first, const ckernels_pyramid *second) {
    const pyramid_level *one = &first->levels[first->finest], *other = &second->levels[second->finest];
    for (int y = 0; y < one->height; ++y) {
        const size_t bytes = (size_t)one->width * sizeof(float);
        if (memcmp(one->pixels + y * one->pitch, other->pixels + y * other->pitch, bytes) != 0) return 0;
    }
    return 1;
}

void ckernels_pyramid_destroy(ckernels_pyramid *pyramid) {
    if (!pyramid) return;
    free(pyramid->memory);
    free(pyramid);
}
