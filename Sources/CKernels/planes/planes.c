#include "planes.h"

#include "../targets.h"

static const planes_table *table(void) {
#if defined(__x86_64__)
    if (kernel_target() != KERNEL_TARGET_IS_GENERIC) return &planes_table_avx2;
#endif
    return &planes_table_generic;
}

void ckernels_interleave_rgb(
    const uint8_t *red, const uint8_t *green, const uint8_t *blue, int count, uint8_t *rgb) {
    table()->interleave(red, green, blue, count, rgb);
}

void ckernels_quantise_flow(const float *vectors, int count, float bound, float scale, uint8_t *x, uint8_t *y) {
    table()->quantise(vectors, count, bound, scale, x, y);
}
