#include "area.h"

#include "../targets.h"

#include <math.h>
#include <stdlib.h>

struct ckernels_area {
    int width, height, channels;
    int new_width, new_height;
    ptrdiff_t pitch;  // floats from row to row of what lies beside each other along the new width
    area_axis across, down;
    float *columns, *sums, *rows, *total;
    void *memory;
};

static const area_table *table(void) {
#if defined(__x86_64__)
    if (kernel_target() != KERNEL_TARGET_IS_GENERIC) return &area_table_avx2;
#endif
    return &area_table_generic;
}

// OpenCV's table (computeResizeAreaTab): parts of pixels below a thousandth are left out.
static void fill(area_axis *axis, int size, int new_size) {
    const double scale = 1.0 / ((double)new_size / size);
    float *weight = axis->weights;
    for (int n = 0; n < new_size; ++n) {
        const double start = n * scale, end = start + scale;
        const double length = scale < size - start ? scale : size - start;
        int last = (int)floor(end), first = (int)ceil(start);
        if (last > size - 1) last = size - 1;
        if (first > last) first = last;
        const int begins_before = first - start > 1e-3, ends_after = end - last > 1e-3;
        axis->first[n] = first - begins_before;
        axis->taps[n] = begins_before + (last - first) + ends_after;
        if (begins_before) *weight++ = (float)((first - start) / length);
        for (int k = first; k < last; ++k) *weight++ = (float)(1.0 / length);
        if (ends_after) {
            double part = end - last < 1 ? end - last : 1;
            if (part > length) part = length;
            *weight++ = (float)(part / length);
        }
    }
}

ckernels_area *ckernels_area_create(int width, int height, int channels, int new_width, int new_height) {
    if (new_width < 1 || new_height < 1 || new_width > width || new_height > height || width * channels < 8) return NULL;
    ckernels_area *area = calloc(1, sizeof *area);
    if (!area) return NULL;
    area->width = width;
    area->height = height;
    area->channels = channels;
    area->new_width = new_width;
    area->new_height = new_height;
    area->pitch = ((ptrdiff_t)new_width * channels + 7) / 8 * 8;
    // Each position has two parts of pixels more than whole ones.
    const size_t across = (size_t)width + 2 * (size_t)new_width, down = (size_t)height + 2 * (size_t)new_height;
    const size_t columns = (size_t)width * (size_t)channels * AREA_ROWS, sums = (size_t)area->pitch * AREA_ROWS;
    const size_t floats = across + down + columns + 2 * sums + (size_t)area->pitch;
    const size_t whole = 2 * ((size_t)new_width + (size_t)new_height);
    area->memory = calloc(floats + whole, sizeof(float));
    if (!area->memory) {
        free(area);
        return NULL;
    }
    float *next = area->memory;
    area->columns = next;
    area->sums = area->columns + columns;
    area->rows = area->sums + sums;
    area->total = area->rows + sums;
    area->across.weights = area->total + area->pitch;
    area->down.weights = area->across.weights + across;
    area->across.first = (int32_t *)(area->down.weights + down);
    area->across.taps = area->across.first + new_width;
    area->down.first = area->across.taps + new_width;
    area->down.taps = area->down.first + new_height;
    fill(&area->across, width, new_width);
    fill(&area->down, height, new_height);
    return area;
}

void ckernels_area_scale(ckernels_area *area, const uint8_t *pixels, uint8_t *smaller) {
    const area_table *kernels = table();
    const int count = area->width * area->channels, new_count = area->new_width * area->channels;
    const float *weight = area->down.weights;
    int y = 0, tap = 0;
    for (int top = 0; top < area->height && y < area->new_height; top += AREA_ROWS) {
        const uint8_t *rows[AREA_ROWS];
        for (int n = 0; n < AREA_ROWS; ++n) {
            const int row = top + n < area->height ? top + n : area->height - 1;
            rows[n] = pixels + (size_t)row * (size_t)count;
        }
        kernels->turn(rows, count, area->columns);
        kernels->spread(area->columns, &area->across, area->new_width, area->channels, area->sums);
        kernels->turn_back(area->sums, new_count, area->pitch, area->rows);
        // A row of the picture may end one new row and begin the next.
        while (y < area->new_height && area->down.first[y] + tap < top + AREA_ROWS) {
            const float *row = area->rows + (area->down.first[y] + tap - top) * area->pitch;
            kernels->add(row, *weight++, tap == 0, new_count, area->total);
            if (++tap < area->down.taps[y]) continue;
            kernels->round(area->total, new_count, smaller + (size_t)y * (size_t)new_count);
            ++y;
            tap = 0;
        }
    }
}

void ckernels_area_destroy(ckernels_area *area) {
    if (!area) return;
    free(area->memory);
    free(area);
}
