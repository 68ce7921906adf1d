// The same whole numbers as crop_generic.c, in instructions that multiply sixteen pairs and add each two: the compiler does not
// find them by itself.
#include "crop.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

// Two neighbouring weights, in every pair of lanes.
AVX2 static inline __m256i weight_pair(const int16_t *weights) {
    int32_t pair;
    memcpy(&pair, weights, sizeof pair);
    return _mm256_set1_epi32(pair);
}

AVX2 static inline __m256i words(const uint8_t *bytes) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

// Sixteen bytes of each row.
AVX2 static inline void blend16(
    const uint8_t *rows, size_t row_bytes, const int16_t *weights, int taps, int16_t *line) {
    const int drop = CROP_WEIGHT - CROP_FRACTION;
    __m256i low = _mm256_set1_epi32(1 << (drop - 1)), high = low;
    for (int tap = 0; tap < taps; tap += 2) {
        const __m256i a = words(rows + (size_t)tap * row_bytes);
        // The partner of a last tap has the weight 0; there may be no row for it.
        const __m256i b = tap + 1 < taps ? words(rows + (size_t)(tap + 1) * row_bytes) : a;
        const __m256i weight = weight_pair(weights + tap);
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weight));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weight));
    }
    _mm256_storeu_si256(
        (__m256i *)line, _mm256_packs_epi32(_mm256_srai_epi32(low, drop), _mm256_srai_epi32(high, drop)));
}

AVX2 static void blend(
    const uint8_t *rows, size_t row_bytes, const int16_t *weights, int taps, int count, int16_t *line) {
    if (count < 16) {
        crop_table_generic.blend(rows, row_bytes, weights, taps, count, line);
        return;
    }
    for (int i = 0; i + 16 <= count; i += 16) blend16(rows + i, row_bytes, weights, taps, line + i);
    // The rest with some of what came before: nothing behind the row is read.
    if (count % 16) blend16(rows + count - 16, row_bytes, weights, taps, line + count - 16);
}

// One pixel of both rows: r g b and a number that means nothing, of the first row and then of the second.
AVX2 static inline __m256i pixel(
    const int16_t *first, const int16_t *second, const int16_t *weights, int taps) {
    const int drop = CROP_WEIGHT + CROP_FRACTION;
    // Of two pixels beside each other: both reds, both greens, both blues.
    const __m256i pairs = _mm256_setr_epi8(
        0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 4, 5, 10, 11, 0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 4, 5, 10, 11);
    __m256i sum = _mm256_set1_epi32(1 << (drop - 1));
    for (int tap = 0; tap < taps; tap += 2) {
        const __m256i both = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(first + 3 * tap))),
            _mm_loadu_si128((const __m128i *)(second + 3 * tap)), 1);
        sum = _mm256_add_epi32(
            sum, _mm256_madd_epi16(_mm256_shuffle_epi8(both, pairs), weight_pair(weights + tap)));
    }
    return _mm256_srai_epi32(sum, drop);
}

AVX2 static inline __attribute__((always_inline)) void spread_taps(
    const int16_t *first_line, const int16_t *second_line, const ckernels_axis *columns, int first_column, int taps,
    uint8_t *first_row, uint8_t *second_row) {
    const int count = columns->count, width = columns->width;
    const int16_t *weights = columns->weights;
    const __m256i rgb = _mm256_setr_epi8(
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    int x = 0;
    // Four pixels at a time. Sixteen bytes are stored, of which the last four belong to the next pixels.
    for (; x + 6 <= count; x += 4, weights += 4 * width) {
        __m256i pixels[4];
        for (int i = 0; i < 4; ++i) {
            const int at = (columns->first[x + i] - first_column) * 3;
            pixels[i] = pixel(first_line + at, second_line + at, weights + i * width, taps);
        }
        const __m256i bytes = _mm256_shuffle_epi8(
            _mm256_packus_epi16(
                _mm256_packs_epi32(pixels[0], pixels[1]), _mm256_packs_epi32(pixels[2], pixels[3])), rgb);
        _mm_storeu_si128((__m128i *)(first_row + 3 * x), _mm256_castsi256_si128(bytes));
        _mm_storeu_si128((__m128i *)(second_row + 3 * x), _mm256_extracti128_si256(bytes, 1));
    }
    for (; x < count; ++x, weights += width) {
        const int at = (columns->first[x] - first_column) * 3;
        const __m256i value = pixel(first_line + at, second_line + at, weights, taps);
        uint8_t bytes[32];
        _mm256_storeu_si256((__m256i *)bytes, _mm256_packus_epi16(_mm256_packs_epi32(value, value), value));
        memcpy(first_row + 3 * x, bytes, 3);
        memcpy(second_row + 3 * x, bytes + 16, 3);
    }
}

AVX2 static void spread(
    const int16_t *first_line, const int16_t *second_line, const ckernels_axis *columns, int first_column,
    uint8_t *first_row, uint8_t *second_row) {
    // With the number of taps known, the loops over them go.
    switch (columns->width) {
    case 2: spread_taps(first_line, second_line, columns, first_column, 2, first_row, second_row); break;
    case 4: spread_taps(first_line, second_line, columns, first_column, 4, first_row, second_row); break;
    case 6: spread_taps(first_line, second_line, columns, first_column, 6, first_row, second_row); break;
    default: spread_taps(first_line, second_line, columns, first_column, columns->width, first_row, second_row);
    }
}

const crop_table crop_table_avx2 = {blend, spread};
#endif
