#include "dis.h"

#include "../targets.h"

#include <stdlib.h>

struct ckernels_dis {
    int width;
    int height;
    ckernels_dis_parameters parameters;
    // Two fields, the coarser level's and this level's, by turns.
    dis_field fields[2];
    dis_patches patches;
    dis_sums sums;
    dis_refinement refinement;
    float *row;
    float *memory;
};

static const dis_table *table(void) {
#if defined(__x86_64__)
    switch (kernel_target()) {
    case KERNEL_TARGET_IS_AVX512: return &dis_table_avx512;
    case KERNEL_TARGET_IS_AVX2: return &dis_table_avx2;
    default: break;
    }
#endif
    return &dis_table_generic;
}

static int level_size(int size, int level) {
    for (int i = 0; i < level; ++i) size = (size + 1) / 2;
    return size;
}

static int patch_count(int size, int stride) {
    return size <= DIS_PATCH ? 1 : (size - DIS_PATCH + stride - 1) / stride + 1;
}

// Gives out pieces of one block of memory; without one, only counts.
typedef struct {
    float *memory;
    size_t used;
} arena;

static float *take(arena *arena, size_t count) {
    float *piece = arena->memory ? arena->memory + arena->used : NULL;
    arena->used += (count + 15) / 16 * 16;
    return piece;
}

static void lay_out(ckernels_dis *dis, arena *arena) {
    const int width = level_size(dis->width, dis->parameters.finest);
    const int height = level_size(dis->height, dis->parameters.finest);
    // Whole patches and vectors are written: there is room for one beyond each row.
    const ptrdiff_t pitch = (width + DIS_PATCH + 31) / 16 * 16;
    const size_t plane = (size_t)pitch * (size_t)(height + DIS_PATCH);
    for (int i = 0; i < 2; ++i) {
        dis->fields[i].x = take(arena, plane);
        dis->fields[i].y = take(arena, plane);
    }
    dis->sums.weight = take(arena, plane);
    dis->sums.x = take(arena, plane);
    dis->sums.y = take(arena, plane);
    const size_t patches = (size_t)patch_count(width, dis->parameters.stride)
                         * (size_t)patch_count(height, dis->parameters.stride);
    dis->patches.x = take(arena, patches);
    dis->patches.y = take(arena, patches);
    dis->patches.cost = take(arena, patches);
    dis->row = take(arena, 2 * (size_t)(width + 16));
    if (dis->parameters.fixed_point <= 0) return;
    const size_t refined = (size_t)refine_pitch(width) * (size_t)(height + 4);
    const size_t half = (size_t)refine_half_pitch(width) * (size_t)(height + 2);
    for (int i = 0; i < REFINE_PLANES; ++i) {
        float *start = take(arena, refined);
        if (start) dis->refinement.planes[i] = start;
    }
    for (int i = 0; i < REFINE_HALVES; ++i)
        for (int colour = 0; colour < 2; ++colour) {
            float *start = take(arena, half);
            if (start) dis->refinement.halves[i][colour] = start;
        }
    for (int parity = 0; parity < 2; ++parity)
        dis->refinement.right_inside[parity] = take(arena, (size_t)refine_half_pitch(width));
}

ckernels_dis *ckernels_dis_create(int width, int height, ckernels_dis_parameters parameters) {
    ckernels_dis *dis = calloc(1, sizeof *dis);
    if (!dis) return NULL;
    dis->width = width;
    dis->height = height;
    dis->parameters = parameters;
    arena arena = {NULL, 0};
    lay_out(dis, &arena);
    const size_t bytes = arena.used * sizeof(float);
    arena.memory = dis->memory = aligned_alloc(64, bytes);
    if (!arena.memory) {
        free(dis);
        return NULL;
    }
    // Room beyond rows is computed on, never used: it has to be finite.
    for (size_t i = 0; i < arena.used; ++i) arena.memory[i] = 0;
    arena.used = 0;
    lay_out(dis, &arena);
    return dis;
}

// A level's planes begin after their margins, which depend on its width.
static dis_refinement refinement_of(const dis_refinement *room, int width) {
    dis_refinement level = *room;
    for (int i = 0; i < REFINE_PLANES; ++i) level.planes[i] += 2 * refine_pitch(width) + REFINE_MARGIN;
    for (int i = 0; i < REFINE_HALVES; ++i)
        for (int colour = 0; colour < 2; ++colour) level.halves[i][colour] += refine_half_pitch(width) + REFINE_MARGIN;
    return level;
}

void ckernels_dis_compute(ckernels_dis *dis, const ckernels_pyramid *from, const ckernels_pyramid *to, float *flow) {
    const dis_table *kernels = table();
    const ckernels_dis_parameters *parameters = &dis->parameters;
    dis_patches *patches = &dis->patches;
    const dis_field *field = NULL;
    for (int level = parameters->coarsest; level >= parameters->finest; --level) {
        const pyramid_level *here = &from->levels[level], *there = &to->levels[level];
        patches->stride = parameters->stride;
        patches->columns = patch_count(here->width, parameters->stride);
        patches->rows = patch_count(here->height, parameters->stride);
        patches->last_x = here->width > DIS_PATCH ? here->width - DIS_PATCH : 0;
        patches->last_y = here->height > DIS_PATCH ? here->height - DIS_PATCH : 0;
        if (field) {
            kernels->place(field, patches);
        } else {
            for (int i = 0; i < patches->columns * patches->rows; ++i) patches->x[i] = patches->y[i] = 0;
        }
        kernels->search(here, there, patches, parameters->iterations, parameters->last_step);
        dis_field *next = &dis->fields[level & 1];
        next->width = here->width;
        next->height = here->height;
        next->pitch = (here->width + DIS_PATCH + 31) / 16 * 16;
        kernels->densify(here, there, patches, &dis->sums, next);
        if (parameters->fixed_point > 0) {
            const dis_refinement refinement = refinement_of(&dis->refinement, here->width);
            kernels->refine(here, there, &refinement, parameters, next);
        }
        field = next;
    }
    if (field) kernels->enlarge(field, parameters->finest, dis->width, dis->height, dis->row, flow);
}

void ckernels_dis_destroy(ckernels_dis *dis) {
    if (!dis) return;
    free(dis->memory);
    free(dis);
}
