#include "ckernels_motion.h"

#include <math.h>
#include <stdlib.h>

// The same rounding on every processor: see the header.
#pragma clang fp contract(off)

void ckernels_motion_texture(ckernels_grey picture, float *texture, float *noise)
{
    int columns = (picture.width + CKERNELS_CELL - 1) / CKERNELS_CELL;
    int rows = (picture.height + CKERNELS_CELL - 1) / CKERNELS_CELL;
    for (int cell = 0; cell < columns * rows; cell++) {
        int left = cell % columns * CKERNELS_CELL, top = cell / columns * CKERNELS_CELL;
        int squares = 0, deviations = 0, count = 0;
        for (int y = top; y < top + CKERNELS_CELL; y++) {
            if (y < 1 || y >= picture.height - 1) continue;
            const uint8_t *above = picture.pixels + (y - 1) * picture.row_bytes;
            const uint8_t *here = above + picture.row_bytes;
            const uint8_t *below = here + picture.row_bytes;
            for (int x = left; x < left + CKERNELS_CELL; x++) {
                if (x < 1 || x >= picture.width - 1) continue;
                int across = here[x + 1] - here[x - 1], down = below[x] - above[x];
                squares += across * across + down * down;
                int sides = above[x] + below[x] + here[x - 1] + here[x + 1];
                int corners = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1];
                deviations += abs(4 * here[x] - 2 * sides + corners);
                count++;
            }
        }
        texture[cell] = count ? (float)squares / (float)(8 * count) : 0;
        // sqrt(pi / 2) / 6
        noise[cell] = count ? 0.20888569f * (float)deviations / (float)count : 0;
    }
}

void ckernels_motion_compare(
    ckernels_grey from, ckernels_grey to, const double map[9], int32_t *pixels, float *residual)
{
    int columns = (from.width + CKERNELS_CELL - 1) / CKERNELS_CELL;
    int rows = (from.height + CKERNELS_CELL - 1) / CKERNELS_CELL;
    float m[9];
    for (int i = 0; i < 9; i++) m[i] = (float)map[i];
    float right = (float)(to.width - 1), bottom = (float)(to.height - 1);
    for (int cell = 0; cell < columns * rows; cell++) {
        int left = cell % columns * CKERNELS_CELL, top = cell / columns * CKERNELS_CELL;
        int end = left + CKERNELS_CELL < from.width ? left + CKERNELS_CELL : from.width;
        int floor = top + CKERNELS_CELL < from.height ? top + CKERNELS_CELL : from.height;
        float sum = 0, squares = 0;
        int count = 0;
        for (int y = top; y < floor; y++) {
            const uint8_t *row = from.pixels + y * from.row_bytes;
            for (int x = left; x < end; x++) {
                float weight = 1 / (m[6] * (float)x + m[7] * (float)y + m[8]);
                float u = (m[0] * (float)x + m[1] * (float)y + m[2]) * weight;
                float v = (m[3] * (float)x + m[4] * (float)y + m[5]) * weight;
                // Not-a-number fails all of these.
                if (!(u >= 0 && v >= 0 && u < right && v < bottom)) continue;
                int column = (int)u, line = (int)v;
                float p = u - (float)column, q = v - (float)line;
                const uint8_t *near = to.pixels + line * to.row_bytes + column;
                const uint8_t *next = near + to.row_bytes;
                float upper = (float)near[0] + p * (float)(near[1] - near[0]);
                float lower = (float)next[0] + p * (float)(next[1] - next[0]);
                float difference = upper + q * (lower - upper) - (float)row[x];
                sum += difference;
                squares += difference * difference;
                count++;
            }
        }
        pixels[cell] = count;
        float mean = count ? sum / (float)count : 0;
        residual[cell] = count ? fmaxf(0, squares / (float)count - mean * mean) : 0;
    }
}

int ckernels_motion_consensus(
    const float *from, const float *to, int count, float threshold, int most_draws, float map[4])
{
    if (count < 2) return 0;
    uint64_t state = 0x9E3779B97F4A7C15u;
    float limit = threshold * threshold, best = 0;
    int agreed = 0;
    for (int draw = 0, draws = most_draws; draw < draws; draw++) {
        // Knuth's generator (MMIX); its high bits are the random ones.
        state = state * 6364136223846793005u + 1442695040888963407u;
        int i = (int)((state >> 33) % (uint64_t)count);
        state = state * 6364136223846793005u + 1442695040888963407u;
        int j = (int)((state >> 33) % (uint64_t)count);
        float px = from[2 * j] - from[2 * i], py = from[2 * j + 1] - from[2 * i + 1];
        float qx = to[2 * j] - to[2 * i], qy = to[2 * j + 1] - to[2 * i + 1];
        float length = px * px + py * py;
        // Two points close to each other say little of a turn or a change of scale.
        if (!(length > 256 * limit)) continue;
        float re = (qx * px + qy * py) / length, im = (qy * px - qx * py) / length;
        float scale = re * re + im * im;
        if (!(scale > 0.25f && scale < 4)) continue;
        float bx = to[2 * i] - (re * from[2 * i] - im * from[2 * i + 1]);
        float by = to[2 * i + 1] - (im * from[2 * i] + re * from[2 * i + 1]);
        float score = 0;
        int within = 0;
        for (int k = 0; k < count; k++) {
            float dx = re * from[2 * k] - im * from[2 * k + 1] + bx - to[2 * k];
            float dy = im * from[2 * k] + re * from[2 * k + 1] + by - to[2 * k + 1];
            float miss = dx * dx + dy * dy;
            int is = miss < limit;
            within += is;
            score += is ? limit - miss : 0;
        }
        if (score <= best) continue;
        best = score;
        agreed = within;
        map[0] = re, map[1] = im, map[2] = bx, map[3] = by;
        // As many draws as find, with 99.5 %, two pairs of these.
        float share = (float)within / (float)count, missed = 1;
        int enough = 0;
        for (; missed > 0.005f && enough < draws; enough++) missed *= 1 - share * share;
        draws = enough;
    }
    return agreed;
}
