// From patches to pixels and from level to level: included by dis_kernels.h.

static void KERNEL(dis_densify)(
    const pyramid_level *from, const pyramid_level *to, const dis_patches *patches, const dis_sums *sums,
    const dis_field *field) {
    const size_t count = (size_t)field->pitch * (size_t)(field->height > DIS_PATCH ? field->height : DIS_PATCH);
    memset(sums->weight, 0, count * sizeof(float));
    memset(sums->x, 0, count * sizeof(float));
    memset(sums->y, 0, count * sizeof(float));
    const float8 one = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int row = 0; row < patches->rows; ++row) {
        const int y = row * patches->stride < patches->last_y ? row * patches->stride : patches->last_y;
        for (int column = 0; column < patches->columns; ++column) {
            const int x = column * patches->stride < patches->last_x ? column * patches->stride : patches->last_x;
            const int patch = row * patches->columns + column;
            const float flow_x = patches->x[patch], flow_y = patches->y[patch];
            float position_x = (float)x + flow_x, position_y = (float)y + flow_y;
            position_x = position_x > -DIS_PATCH ? position_x : -DIS_PATCH;
            position_x = position_x < (float)to->width ? position_x : (float)to->width;
            position_y = position_y > -DIS_PATCH ? position_y : -DIS_PATCH;
            position_y = position_y < (float)to->height ? position_y : (float)to->height;
            const int whole_x = (int)(position_x + DIS_PATCH) - DIS_PATCH;
            const int whole_y = (int)(position_y + DIS_PATCH) - DIS_PATCH;
            const float part_x = position_x - (float)whole_x, part_y = position_y - (float)whole_y;
            const float *pixels = from->pixels + y * from->pitch + x;
            const float *seen = to->pixels + whole_y * to->pitch + whole_x;
            const ptrdiff_t start = y * field->pitch + x;
            float *weights = sums->weight + start, *sums_x = sums->x + start, *sums_y = sums->y + start;
            float8 left = load8(seen);
            float8 above = left + part_x * (load8(seen + 1) - left);
            // The paper weighs by 1 / max(1, |difference|). Steeper and without the patch's mean, it blurs borders of
            // moving things less and bears changes of light.
            float8 differences[DIS_PATCH];
            float8 sum = {0};
            for (int r = 0; r < DIS_PATCH; ++r) {
                seen += to->pitch;
                left = load8(seen);
                const float8 below = left + part_x * (load8(seen + 1) - left);
                differences[r] = above + part_y * (below - above) - load8(pixels + r * from->pitch);
                sum += differences[r];
                above = below;
            }
            const float4 half =
                __builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
            const float mean = ((half[0] + half[1]) + (half[2] + half[3])) * (1.0f / (DIS_PATCH * DIS_PATCH));
            for (int r = 0; r < DIS_PATCH; ++r) {
                const float8 difference = abs8(differences[r] - mean);
                const float8 distance = select8(difference > one, difference, one);
                const float8 weight = one / (distance * __builtin_elementwise_sqrt(distance));
                store8(weights, load8(weights) + weight);
                store8(sums_x, load8(sums_x) + weight * flow_x);
                store8(sums_y, load8(sums_y) + weight * flow_y);
                weights += field->pitch;
                sums_x += field->pitch;
                sums_y += field->pitch;
            }
        }
    }
    for (int y = 0; y < field->height; ++y) {
        for (int x = 0; x < field->width; x += 8) {
            const ptrdiff_t i = y * field->pitch + x;
            // Beyond the last column the sums may be zero; what comes of it there is never read.
            const float8 weight = load8(sums->weight + i);
            const float8 scale = one / select8(weight > 0, weight, one);
            store8(field->x + i, load8(sums->x + i) * scale);
            store8(field->y + i, load8(sums->y + i) * scale);
        }
    }
}

// A patch's middle lies between pixels of the coarser level, or on one: a mean of up to four.
static void KERNEL(dis_place)(const dis_field *coarse, dis_patches *patches) {
    for (int row = 0; row < patches->rows; ++row) {
        const int y = row * patches->stride < patches->last_y ? row * patches->stride : patches->last_y;
        // The middle of pixels y...y + 7 is at (y + 3.5 + 0.5) / 2 - 0.5 = (y + 3) / 2 of the coarser level.
        int top = (y + 3) / 2, bottom = (y + 4) / 2;
        if (top >= coarse->height) top = coarse->height - 1;
        if (bottom >= coarse->height) bottom = coarse->height - 1;
        for (int column = 0; column < patches->columns; ++column) {
            const int x = column * patches->stride < patches->last_x ? column * patches->stride : patches->last_x;
            int left = (x + 3) / 2, right = (x + 4) / 2;
            if (left >= coarse->width) left = coarse->width - 1;
            if (right >= coarse->width) right = coarse->width - 1;
            const float *upper_x = coarse->x + top * coarse->pitch, *lower_x = coarse->x + bottom * coarse->pitch;
            const float *upper_y = coarse->y + top * coarse->pitch, *lower_y = coarse->y + bottom * coarse->pitch;
            const int patch = row * patches->columns + column;
            // Twice the mean: a pixel of the coarser level is two of this one.
            patches->x[patch] = 0.5f * ((upper_x[left] + upper_x[right]) + (lower_x[left] + lower_x[right]));
            patches->y[patch] = 0.5f * ((upper_y[left] + upper_y[right]) + (lower_y[left] + lower_y[right]));
        }
    }
}

// A row of the enlarged field: the field's rows `near` and, by the share `part`, `far`, x beside y. Two more pixels at
// either end repeat the last ones.
KERNEL_INLINE void KERNEL(mix_rows)(const dis_field *field, int near, int far, float part, float scale, float *line) {
    const float *near_x = field->x + near * field->pitch, *near_y = field->y + near * field->pitch;
    const float *far_x = field->x + far * field->pitch, *far_y = field->y + far * field->pitch;
    for (int x = 0; x < field->width; x += 8) {
        const float8 here_x = load8(near_x + x), here_y = load8(near_y + x);
        const float8 u = (here_x + part * (load8(far_x + x) - here_x)) * scale;
        const float8 v = (here_y + part * (load8(far_y + x) - here_y)) * scale;
        store8(line + 2 * x, __builtin_shufflevector(u, v, 0, 8, 1, 9, 2, 10, 3, 11));
        store8(line + 2 * x + 8, __builtin_shufflevector(u, v, 4, 12, 5, 13, 6, 14, 7, 15));
    }
    for (int c = 0; c < 2; ++c) {
        line[c - 2] = line[c];
        line[2 * field->width + c] = line[2 * field->width + 2 + c] = line[2 * field->width - 2 + c];
    }
}

// Eight floats of an enlarged row: one pixel's four, or two pixels' two each, between the neighbours at `line`.
KERNEL_INLINE float8 KERNEL(enlarge_4)(const float *line) {
    const float8 weight = {0.375f, 0.375f, 0.125f, 0.125f, 0.125f, 0.125f, 0.375f, 0.375f};
    const float8 at = load8(line - 2);
    const float8 here = __builtin_shufflevector(at, at, 2, 3, 2, 3, 2, 3, 2, 3);
    return here + weight * (__builtin_shufflevector(at, at, 0, 1, 0, 1, 4, 5, 4, 5) - here);
}

KERNEL_INLINE float8 KERNEL(enlarge_2)(const float *line) {
    const float8 at = load8(line - 2);
    const float8 here = __builtin_shufflevector(at, at, 2, 3, 2, 3, 4, 5, 4, 5);
    return here + 0.25f * (__builtin_shufflevector(at, at, 0, 1, 4, 5, 2, 3, 6, 7) - here);
}

// Bilinear enlargement by 2^level, 1, 2 or 4; `row` takes 2 * (width + 16) floats of the field.
static void KERNEL(dis_enlarge)(const dis_field *field, int level, int width, int height, float *row, float *flow) {
    const int scale = 1 << level;
    float *line = row + 8;
    for (int y = 0; y < height; ++y, flow += 2 * width) {
        const int nearest = y >> level;
        const float offset = ((float)(y & (scale - 1)) + 0.5f) / (float)scale - 0.5f;
        int other = offset < 0 ? nearest - 1 : nearest + 1;
        if (other < 0) other = 0;
        if (other >= field->height) other = field->height - 1;
        KERNEL(mix_rows)(field, nearest, other, offset < 0 ? -offset : offset, (float)scale, line);
        int x = 0;
        if (level == 2)
            for (; x + 4 <= width; x += 4) store8(flow + 2 * x, KERNEL(enlarge_4)(line + x / 2));
        else if (level == 1)
            for (; x + 4 <= width; x += 4) store8(flow + 2 * x, KERNEL(enlarge_2)(line + x));
        else
            for (; x + 4 <= width; x += 4) store8(flow + 2 * x, load8(line + 2 * x));
        if (x == width) continue;
        const float8 last = level == 2 ? KERNEL(enlarge_4)(line + x / 2)
                          : level == 1 ? KERNEL(enlarge_2)(line + x)
                                       : load8(line + 2 * x);
        memcpy(flow + 2 * x, &last, (size_t)(width - x) * 2 * sizeof(float));
    }
}
