// The median of 3 x 3 or 5 x 5 pixels, eight pixels at a time, by networks of minima and maxima. Where a result is not
// used, the compiler drops the half of the network that made it.
#include "tvl1.h"
#include "../vectors.h"

KERNEL_TARGET_BEGIN

KERNEL_INLINE void order(float8 *low, float8 *high) {
    const float8 a = *low, b = *high;
    const int8 ordered = a < b;
    *low = select8(ordered, a, b);
    *high = select8(ordered, b, a);
}

KERNEL_INLINE void sort3(float8 v[3]) {
    order(&v[0], &v[1]);
    order(&v[1], &v[2]);
    order(&v[0], &v[1]);
}

KERNEL_INLINE void sort5(float8 v[5]) {
    order(&v[0], &v[1]);
    order(&v[3], &v[4]);
    order(&v[2], &v[4]);
    order(&v[2], &v[3]);
    order(&v[1], &v[4]);
    order(&v[0], &v[3]);
    order(&v[0], &v[2]);
    order(&v[1], &v[3]);
    order(&v[1], &v[2]);
}

// The middle one of `count` values, odd. Of any (count + 3) / 2 of them neither the least nor the greatest can be it.
KERNEL_INLINE float8 middle(float8 *v, int count) {
    int next = (count + 3) / 2;
#pragma clang loop unroll(full)
    for (int taken = next; taken > 3; --taken) {
#pragma clang loop unroll(full)
        for (int i = 0; i < taken / 2; ++i) order(&v[i], &v[taken - 1 - i]);
#pragma clang loop unroll(full)
        for (int i = 1; i < (taken + 1) / 2; ++i) order(&v[0], &v[i]);
#pragma clang loop unroll(full)
        for (int i = taken / 2; i < taken - 1; ++i) order(&v[i], &v[taken - 1]);
        v[0] = v[next++];
    }
    sort3(v);
    return v[1];
}

// Sorts each column of five rows about y.
KERNEL_INLINE void sort_columns5(const tvl1_plane *from, int y, float *const rows[5]) {
    const int last = from->height - 1;
    for (int x = -8; x < from->width + 2; x += 8) {
        float8 v[5];
        for (int i = 0; i < 5; ++i) v[i] = load8(tvl1_row(from, tvl1_clamp(y + i - 2, last)) + x);
        sort5(v);
        for (int i = 0; i < 5; ++i) store8(rows[i] + x, v[i]);
    }
}

// In a square whose columns are sorted, sorting the rows leaves the columns sorted. Then the value in row i and column
// j, counted from 1, has i * j - 1 values that are not greater, and (6 - i) * (6 - j) - 1 that are not less: 13 of the
// 25 can be the median, and six on each side cannot.
KERNEL_INLINE float8 median_of_columns5(float *const rows[5], int x) {
    float8 v[5][5];
    for (int i = 0; i < 5; ++i) {
        for (int j = 0; j < 5; ++j) v[i][j] = load8(rows[i] + x + j - 2);
        sort5(v[i]);
    }
    float8 candidates[13] = {v[0][3], v[1][2], v[2][1], v[3][0], v[1][4], v[2][3], v[3][2], v[4][1],
                             v[0][4], v[1][3], v[2][2], v[3][1], v[4][0]};
    return middle(candidates, 13);
}

KERNEL_INLINE float8 median3(const tvl1_plane *from, int x, int y) {
    const int last = from->height - 1;
    float8 v[3][3];
    for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < 3; ++i) v[j][i] = load8(tvl1_row(from, tvl1_clamp(y + i - 1, last)) + x + j - 1);
        sort3(v[j]);
    }
    // The greatest of the least, the middle of the middle ones, the least of the greatest: their median is that of all.
    float8 low = v[0][0], high = v[0][2], middles[3] = {v[0][1], v[1][1], v[2][1]};
    for (int j = 1; j < 3; ++j) {
        low = select8(low > v[j][0], low, v[j][0]);
        high = select8(high < v[j][2], high, v[j][2]);
    }
    sort3(middles);
    float8 last_three[3] = {low, middles[1], high};
    sort3(last_three);
    return last_three[1];
}

static void KERNEL(tvl1_median)(const tvl1_plane *from, int side, float *const rows[5], const tvl1_plane *to) {
    for (int y = 0; y < from->height; ++y) repeat_ends(tvl1_row(from, y), from->width, 2);
    for (int y = 0; y < from->height; ++y) {
        float *out = tvl1_row(to, y);
        if (side == 5) {
            sort_columns5(from, y, rows);
            for (int x = 0; x < from->width; x += 8) store8(out + x, median_of_columns5(rows, x));
        } else {
            for (int x = 0; x < from->width; x += 8) store8(out + x, median3(from, x, y));
        }
        repeat_ends(out, to->width, 2);
    }
}

KERNEL_TARGET_END
