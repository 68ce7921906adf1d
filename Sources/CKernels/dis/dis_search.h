// Patch search of dense inverse search: included by dis_kernels.h.
//
// Two patches of a row are followed at once, eight lanes each: the steps of one fill the waiting times of the other.
// Patches take candidates from the row before alone, never from their left neighbour: a row's patches are independent.

// Chosen by the end-point error on generated sequences (avprep-bench flow).
#define DIS_SMALL_STEP 0.01f  // pixels; smaller steps end a search
#define DIS_SAME_FLOW 0.05f   // pixels; candidates that differ by less from what is known are not compared
#define DIS_DESCENT 0.92f     // share of the cost that a step has to leave at most
#define DIS_LAST_STEP 0.25f   // pixels; a longer last step is not taken at all
// Added to each pixel's squared gradients, in squared grey levels: a patch without texture stays where it is.
#define DIS_REGULARITY 1.0f

// Two patches of the first picture with their gradients less the mean, and the inverse of the gradients' matrix.
typedef struct {
    float16 pixels[DIS_PATCH];
    float16 gradient_x[DIS_PATCH];
    float16 gradient_y[DIS_PATCH];
    float4 inverse_diagonal;  // xx, yy of the first, xx, yy of the second
    float4 inverse_mixed;     // xy, xy, xy, xy
    float4 corner;            // x, y of the first patch's first pixel, x, y of the second's
} KERNEL(patch_pair);

// Where a pair is looked for, how well it fits there and where it should go from there.
typedef struct {
    float4 flow;  // x, y of the first, x, y of the second
    float4 cost;  // twice for each patch
    float4 step;
} KERNEL(pair_fit);

// Sums of the lanes of four values, for each of two patches: lanes 0...3 for the first, 4...7 for the second.
KERNEL_INLINE float8 KERNEL(sum_lanes)(float16 a, float16 b, float16 c, float16 d) {
    const float16 ab = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
                     + __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    const float16 cd = __builtin_shufflevector(c, d, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
                     + __builtin_shufflevector(c, d, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    const float16 quarter = __builtin_shufflevector(ab, cd, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
                          + __builtin_shufflevector(ab, cd, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    return __builtin_shufflevector(quarter, quarter, 0, 1, 2, 3, 8, 9, 10, 11)
         + __builtin_shufflevector(quarter, quarter, 4, 5, 6, 7, 12, 13, 14, 15);
}

KERNEL_INLINE void KERNEL(load_pair)(
    const pyramid_level *from, int first_x, int second_x, int y, KERNEL(patch_pair) *pair) {
    const ptrdiff_t pitch = from->pitch;
    const float *first = from->pixels + y * pitch + first_x;
    const float *second = from->pixels + y * pitch + second_x;
    float16 sum_x = {0}, sum_y = {0}, sum_xx = {0}, sum_xy = {0}, sum_yy = {0};
    for (int r = 0; r < DIS_PATCH; ++r, first += pitch, second += pitch) {
        pair->pixels[r] = load8_pair(first, second);
        const float16 x = (load8_pair(first + 1, second + 1) - load8_pair(first - 1, second - 1)) * 0.5f;
        const float16 below = load8_pair(first + pitch, second + pitch);
        const float16 y = (below - load8_pair(first - pitch, second - pitch)) * 0.5f;
        pair->gradient_x[r] = x;
        pair->gradient_y[r] = y;
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
        sum_yy += y * y;
    }
    const float8 sums = KERNEL(sum_lanes)(sum_x, sum_y, sum_xx, sum_yy);
    const float8 mixed_sums = KERNEL(sum_lanes)(sum_xy, sum_xy, sum_xy, sum_xy);
    const float4 means = __builtin_shufflevector(sums, sums, 0, 1, 4, 5) * (1.0f / (DIS_PATCH * DIS_PATCH));
    const float count = DIS_PATCH * DIS_PATCH;
    const float4 squares = __builtin_shufflevector(sums, sums, 2, 3, 6, 7);
    const float4 diagonal = squares - means * means * count + DIS_REGULARITY * count;
    const float4 swapped = __builtin_shufflevector(means, means, 1, 0, 3, 2);
    const float4 mixed = __builtin_shufflevector(mixed_sums, mixed_sums, 0, 0, 4, 4) - means * swapped * count;
    const float4 other = __builtin_shufflevector(diagonal, diagonal, 1, 0, 3, 2);
    const float4 determinant = diagonal * other - mixed * mixed;
    pair->inverse_diagonal = other / determinant;
    pair->inverse_mixed = -mixed / determinant;
    const float16 mean_x = __builtin_shufflevector(means, means, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2);
    const float16 mean_y = __builtin_shufflevector(means, means, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3);
    for (int r = 0; r < DIS_PATCH; ++r) {
        pair->gradient_x[r] -= mean_x;
        pair->gradient_y[r] -= mean_y;
    }
    pair->corner = (float4){(float)first_x, (float)y, (float)second_x, (float)y};
}

// Compares a pair with the second picture at `flow`.
KERNEL_INLINE KERNEL(pair_fit) KERNEL(fit_pair)(const KERNEL(patch_pair) *pair, const pyramid_level *to, float4 flow) {
    // Positions beyond the margin would see the same repeated pixels.
    const float right = (float)to->width, bottom = (float)to->height;
    const float4 low = {-DIS_PATCH, -DIS_PATCH, -DIS_PATCH, -DIS_PATCH};
    const float4 high = {right, bottom, right, bottom};
    const float4 position = clamp4(pair->corner + flow, low, high) + DIS_PATCH;
    const int4 whole = __builtin_convertvector(position, int4);
    const float4 part = position - __builtin_convertvector(whole, float4);
    const ptrdiff_t pitch = to->pitch;
    const float *origin = to->pixels - DIS_PATCH * pitch - DIS_PATCH;
    const float *first = origin + whole[1] * pitch + whole[0];
    const float *second = origin + whole[3] * pitch + whole[2];
    const float16 part_x = __builtin_shufflevector(part, part, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2);
    const float16 part_y = __builtin_shufflevector(part, part, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3);

    float16 left = load8_pair(first, second);
    float16 above = left + part_x * (load8_pair(first + 1, second + 1) - left);
    float16 sum = {0}, squares = {0}, sum_x = {0}, sum_y = {0};
    for (int r = 0; r < DIS_PATCH; ++r) {
        first += pitch;
        second += pitch;
        left = load8_pair(first, second);
        const float16 below = left + part_x * (load8_pair(first + 1, second + 1) - left);
        const float16 difference = above + part_y * (below - above) - pair->pixels[r];
        sum += difference;
        squares += difference * difference;
        sum_x += difference * pair->gradient_x[r];
        sum_y += difference * pair->gradient_y[r];
        above = below;
    }
    const float8 sums = KERNEL(sum_lanes)(sum, squares, sum_x, sum_y);
    const float4 total = __builtin_shufflevector(sums, sums, 0, 0, 4, 4);
    const float4 total_squares = __builtin_shufflevector(sums, sums, 1, 1, 5, 5);
    const float4 along = __builtin_shufflevector(sums, sums, 2, 3, 6, 7);
    const float4 across = __builtin_shufflevector(sums, sums, 3, 2, 7, 6);
    return (KERNEL(pair_fit)){
        .flow = flow,
        .cost = total_squares - total * total * (1.0f / (DIS_PATCH * DIS_PATCH)),
        .step = pair->inverse_diagonal * along + pair->inverse_mixed * across,
    };
}

// 1 in both lanes of a patch where it is 1 in either.
KERNEL_INLINE int4 KERNEL(either)(int4 mask) {
    return mask | __builtin_shufflevector(mask, mask, 1, 0, 3, 2);
}

KERNEL_INLINE int KERNEL(any)(int4 mask) {
    return (mask[0] | mask[2]) != 0;
}

KERNEL_INLINE KERNEL(pair_fit) KERNEL(choose)(int4 mask, KERNEL(pair_fit) yes, KERNEL(pair_fit) no) {
    return (KERNEL(pair_fit)){
        select4(mask, yes.flow, no.flow), select4(mask, yes.cost, no.cost), select4(mask, yes.step, no.step)};
}

KERNEL_INLINE float4 KERNEL(square_length)(float4 step) {
    const float4 square = step * step;
    return square + __builtin_shufflevector(square, square, 1, 0, 3, 2);
}

// Follows the steps as long as they lower the cost. `active`: which patches to follow.
KERNEL_INLINE KERNEL(pair_fit) KERNEL(descend)(
    const KERNEL(patch_pair) *pair, const pyramid_level *to, KERNEL(pair_fit) start, int4 active, int iterations,
    float last_step) {
    KERNEL(pair_fit) best = start;
    float4 length = KERNEL(square_length)(best.step);
    for (int i = 0; i < iterations; ++i) {
        active &= length > DIS_SMALL_STEP * DIS_SMALL_STEP;
        if (!KERNEL(any)(active)) break;
        const KERNEL(pair_fit) next = KERNEL(fit_pair)(pair, to, best.flow - best.step);
        const float4 next_length = KERNEL(square_length)(next.step);
        // A little less cost is no reason to go on: on faint texture that would follow noise and changes of light.
        active &= next.cost < best.cost * DIS_DESCENT;
        best = KERNEL(choose)(active, next, best);
        length = select4(active, next_length, length);
    }
    // Interpolation blurs, so the cost is least too near to whole pixels, while the steps end too far from them. A
    // share of the last step lies between.
    best.flow = select4(length < DIS_LAST_STEP * DIS_LAST_STEP, best.flow - last_step * best.step, best.flow);
    // A patch that went further than its own size lost its way (section 2.1 of the paper).
    const float4 way = best.flow - start.flow;
    const int4 lost = KERNEL(either)((way > DIS_PATCH) | (way < -DIS_PATCH));
    return KERNEL(choose)(lost, start, best);
}

KERNEL_INLINE float4 KERNEL(pair_flow)(const dis_patches *patches, int first, int second) {
    return (float4){patches->x[first], patches->y[first], patches->x[second], patches->y[second]};
}

// One row of patches; `before` is the row that candidates come from, or -1.
static void KERNEL(search_row)(
    const pyramid_level *from, const pyramid_level *to, dis_patches *patches, int row, int before, int is_first_pass,
    int iterations, float last_step) {
    const int columns = patches->columns;
    int y = row * patches->stride;
    if (y > patches->last_y) y = patches->last_y;
    for (int first = 0; first < columns; first += 2) {
        const int second = first + 1 < columns ? first + 1 : first;
        const int last_x = patches->last_x;
        const int first_x = first * patches->stride < last_x ? first * patches->stride : last_x;
        const int second_x = second * patches->stride < last_x ? second * patches->stride : last_x;
        const int a = row * columns + first, b = row * columns + second;
        KERNEL(patch_pair) pair;
        KERNEL(pair_fit) best;
        int4 improved = {0};
        best.flow = KERNEL(pair_flow)(patches, a, b);
        if (is_first_pass) {
            KERNEL(load_pair)(from, first_x, second_x, y, &pair);
            best = KERNEL(fit_pair)(&pair, to, best.flow);
            improved = ~improved;
        } else {
            best.cost = (float4){patches->cost[a], patches->cost[a], patches->cost[b], patches->cost[b]};
            best.step = (float4){0};
        }
        int is_loaded = is_first_pass;
        if (before >= 0) {
            for (int shift = -1; shift <= 1; ++shift) {
                int c = first + shift, d = second + shift;
                c = c < 0 ? 0 : c < columns ? c : columns - 1;
                d = d < 0 ? 0 : d < columns ? d : columns - 1;
                const float4 candidate = KERNEL(pair_flow)(patches, before * columns + c, before * columns + d);
                const float4 other = candidate - best.flow;
                if (!KERNEL(any)(KERNEL(either)((other > DIS_SAME_FLOW) | (other < -DIS_SAME_FLOW)))) continue;
                if (!is_loaded) KERNEL(load_pair)(from, first_x, second_x, y, &pair);
                is_loaded = 1;
                const KERNEL(pair_fit) fit = KERNEL(fit_pair)(&pair, to, candidate);
                const int4 better = fit.cost < best.cost;
                best = KERNEL(choose)(better, fit, best);
                improved |= better;
            }
        }
        if (KERNEL(any)(improved)) best = KERNEL(descend)(&pair, to, best, improved, iterations, last_step);
        patches->x[a] = best.flow[0];
        patches->y[a] = best.flow[1];
        patches->cost[a] = best.cost[0];
        patches->x[b] = best.flow[2];
        patches->y[b] = best.flow[3];
        patches->cost[b] = best.cost[2];
    }
}

static void KERNEL(dis_search)(
    const pyramid_level *from, const pyramid_level *to, dis_patches *patches, int iterations,
    float last_step) {
    for (int row = 0; row < patches->rows; ++row)
        KERNEL(search_row)(from, to, patches, row, row - 1, 1, iterations, last_step);
    for (int row = patches->rows - 2; row >= 0; --row)
        KERNEL(search_row)(from, to, patches, row, row + 1, 0, iterations, last_step);
}
