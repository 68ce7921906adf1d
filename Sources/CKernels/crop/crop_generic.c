#include "crop.h"

static void blend(
    const uint8_t *rows, size_t row_bytes, const int16_t *weights, int taps, int count, int16_t *line) {
    const int drop = CROP_WEIGHT - CROP_FRACTION;
    for (int i = 0; i < count; ++i) {
        int32_t sum = 1 << (drop - 1);
        for (int tap = 0; tap < taps; ++tap) sum += weights[tap] * rows[(size_t)tap * row_bytes + (size_t)i];
        line[i] = (int16_t)(sum >> drop);
    }
}

static void spread_row(const int16_t *line, const ckernels_axis *columns, int first_column, uint8_t *row) {
    const int drop = CROP_WEIGHT + CROP_FRACTION;
    for (int x = 0; x < columns->count; ++x) {
        const int16_t *weights = columns->weights + (size_t)x * (size_t)columns->width;
        const int16_t *from = line + (columns->first[x] - first_column) * 3;
        for (int channel = 0; channel < 3; ++channel) {
            int32_t sum = 1 << (drop - 1);
            for (int tap = 0; tap < columns->taps[x]; ++tap) sum += weights[tap] * from[3 * tap + channel];
            sum >>= drop;
            row[3 * x + channel] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
        }
    }
}

static void spread(
    const int16_t *first_line, const int16_t *second_line, const ckernels_axis *columns, int first_column,
    uint8_t *first_row, uint8_t *second_row) {
    spread_row(first_line, columns, first_column, first_row);
    if (second_row != first_row) spread_row(second_line, columns, first_column, second_row);
}

const crop_table crop_table_generic = {blend, spread};
