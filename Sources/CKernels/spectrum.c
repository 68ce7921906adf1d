#include "ckernels_spectrum.h"

#include <string.h>

// The same rounding on every processor: see the header.
#pragma clang fp contract(off)

#if defined(__x86_64__) && defined(__linux__)
#define FOR_SEVERAL_SETS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_SEVERAL_SETS
#endif

typedef float floats8 __attribute__((ext_vector_type(8)));
typedef float floats4 __attribute__((ext_vector_type(4)));
typedef float floats2 __attribute__((ext_vector_type(2)));
typedef float floats16 __attribute__((ext_vector_type(16)));
typedef int32_t ints16 __attribute__((ext_vector_type(16)));

// Macros instead of functions: a function that returns a wide vector has another calling convention on each set.
#define LOAD8(pointer) ({ floats8 loaded_; memcpy(&loaded_, (pointer), sizeof loaded_); loaded_; })
#define STORE8(pointer, value) do { floats8 stored_ = (value); memcpy((pointer), &stored_, sizeof stored_); } while (0)
#define SUM_OF_LANES(value)                                                                                            \
    ({ floats4 four_ = (value).lo + (value).hi; floats2 two_ = four_.lo + four_.hi; two_.x + two_.y; })
#define REVERSED(value) __builtin_shufflevector((value), (value), 7, 6, 5, 4, 3, 2, 1, 0)

FOR_SEVERAL_SETS
void ckernels_spectrum_taper(const float *samples, const float *window, int64_t count, float *restrict row)
{
    for (int64_t i = 0; i < count; i++) row[i] = samples[i] * window[i];
}

FOR_SEVERAL_SETS
void ckernels_spectrum_taper_limited(
    const float *samples, const float *window, int64_t count, float limit, float *row)
{
    for (int64_t i = 0; i < count; i++) {
        float tapered = samples[i] * window[i];
        row[i] = __builtin_fabsf(samples[i]) <= limit ? tapered : 0;
    }
}

FOR_SEVERAL_SETS
int64_t ckernels_spectrum_broken(const float *samples, int64_t count, float limit)
{
    int64_t broken = 0;
    while (count > 0) {
        // Counted in blocks, by narrow integers of which many fit into a vector.
        int64_t length = count < 65536 ? count : 65536;
        int32_t found = 0;
        for (int64_t i = 0; i < length; i++) found += __builtin_fabsf(samples[i]) <= limit ? 0 : 1;
        broken += found;
        samples += length;
        count -= length;
    }
    return broken;
}

// x is real, so its transform X of n samples follows from that of its even and odd samples, E and O, by
// X[k] = E[k] + w^k O[k], w = exp(-2πi/n), and those from Z by E[k] = (Z[k] + Z*[half-k]) / 2 and
// O[k] = (Z[k] - Z*[half-k]) / 2i. The bins k and half - k share both: X[half-k] = (E[k] - w^k O[k])*. Everything is twice
// as large here, until the square, where a quarter is taken.
#define UNTANGLE(zr, zi, mr, mi, c, s, low, high)                                                                      \
    do {                                                                                                               \
        __auto_type er = (zr) + (mr);                                                                                  \
        __auto_type ei = (zi) - (mi);                                                                                  \
        __auto_type or_ = (zi) + (mi);                                                                                 \
        __auto_type oi = (mr) - (zr);                                                                                  \
        __auto_type tr = (c) * or_ + (s) * oi;                                                                         \
        __auto_type ti = (c) * oi - (s) * or_;                                                                         \
        __auto_type ar = er + tr, ai = ei + ti, br = er - tr, bi = ei - ti;                                            \
        low = (ar * ar + ai * ai) * 0.25f;                                                                             \
        high = (br * br + bi * bi) * 0.25f;                                                                            \
    } while (0)

FOR_SEVERAL_SETS
void ckernels_spectrum_power_from_half(
    const float *half_transform, const float *cosines, const float *sines, int64_t half, float *power)
{
    const float *z = half_transform;
    float sum = z[0] + z[1], difference = z[0] - z[1];
    power[0] = sum * sum;
    power[half] = difference * difference;
    int64_t last = half / 2;
    if (last < 8) {
        for (int64_t k = 1; k <= last; k++) {
            int64_t m = half - k;
            float low, high;
            UNTANGLE(z[2 * k], z[2 * k + 1], z[2 * m], z[2 * m + 1], cosines[k], sines[k], low, high);
            power[m] = high;
            power[k] = low;
        }
        return;
    }
    int64_t k = 1;
    for (;;) {
        floats8 first = LOAD8(z + 2 * k), second = LOAD8(z + 2 * k + 8);
        floats8 zr = __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
        floats8 zi = __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15);
        int64_t m = half - k - 7;
        first = LOAD8(z + 2 * m);
        second = LOAD8(z + 2 * m + 8);
        floats8 mr = __builtin_shufflevector(first, second, 14, 12, 10, 8, 6, 4, 2, 0);
        floats8 mi = __builtin_shufflevector(first, second, 15, 13, 11, 9, 7, 5, 3, 1);
        floats8 c = LOAD8(cosines + k), s = LOAD8(sines + k), low, high;
        UNTANGLE(zr, zi, mr, mi, c, s, low, high);
        STORE8(power + m, REVERSED(high));
        STORE8(power + k, low);
        if (k + 7 == last) return;
        // The last eight may have been done in part: they come out the same again.
        k = k + 15 <= last ? k + 8 : last - 7;
    }
}

FOR_SEVERAL_SETS
void ckernels_spectrum_power(const float *transform, int64_t bins, float *power)
{
    for (int64_t k = 0; k < bins; k++) {
        float real = transform[2 * k], imaginary = transform[2 * k + 1];
        power[k] = real * real + imaginary * imaginary;
    }
}

FOR_SEVERAL_SETS
void ckernels_spectrum_square_root(float *values, int64_t count)
{
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) STORE8(values + i, __builtin_elementwise_sqrt(LOAD8(values + i)));
    for (; i < count; i++) values[i] = __builtin_elementwise_sqrt(values[i]);
}

// Eight filters of two spectra at a time, the lanes of the two side by side. Their sums over the lanes are then added up
// together: of each pair of vectors the halves, of each four the quarters, and so on, each filter's own in the same order
// as a lone filter's.
FOR_SEVERAL_SETS
void ckernels_spectrum_filter_bank(
    const float *spectra, int64_t stride, int64_t spectrum_count, const ckernels_spectrum_filter *filters,
    int64_t filter_count, const float *weights, float *output)
{
    for (int64_t n = 0; n < spectrum_count; n += 2) {
        // An odd one at the end is its own companion.
        int64_t next = n + 1 < spectrum_count ? n + 1 : n;
        const float *spectrum_a = spectra + n * stride, *spectrum_b = spectra + next * stride;
        float *output_a = output + n * filter_count, *output_b = output + next * filter_count;
        int64_t f = 0;
        for (; f + 8 <= filter_count; f += 8) {
            floats16 s[8], four[4], two[2];
            for (int j = 0; j < 8; j++) {
                const float *factors = weights + filters[f + j].first_weight;
                int32_t bin = filters[f + j].first_bin;
                floats8 a = 0, b = 0;
                for (int32_t i = 0; i < filters[f + j].count; i += CKERNELS_SPECTRUM_LANES) {
                    floats8 w = LOAD8(factors + i);
                    a += LOAD8(spectrum_a + bin + i) * w;
                    b += LOAD8(spectrum_b + bin + i) * w;
                }
                s[j] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            }
            for (int j = 0; j < 4; j++) {
                floats16 a = s[2 * j], b = s[2 * j + 1];
                four[j] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
                    + __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
            }
            for (int j = 0; j < 2; j++) {
                floats16 a = four[2 * j], b = four[2 * j + 1];
                two[j] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 16, 17, 20, 21, 8, 9, 12, 13, 24, 25, 28, 29)
                    + __builtin_shufflevector(a, b, 2, 3, 6, 7, 18, 19, 22, 23, 10, 11, 14, 15, 26, 27, 30, 31);
            }
            floats16 a = two[0], b = two[1];
            floats16 sums = __builtin_shufflevector(a, b, 0, 2, 4, 6, 16, 18, 20, 22, 8, 10, 12, 14, 24, 26, 28, 30)
                + __builtin_shufflevector(a, b, 1, 3, 5, 7, 17, 19, 21, 23, 9, 11, 13, 15, 25, 27, 29, 31);
            STORE8(output_a + f, sums.lo);
            STORE8(output_b + f, sums.hi);
        }
        for (; f < filter_count; f++) {
            const float *factors = weights + filters[f].first_weight;
            floats8 a = 0, b = 0;
            for (int32_t i = 0; i < filters[f].count; i += CKERNELS_SPECTRUM_LANES) {
                a += LOAD8(spectrum_a + filters[f].first_bin + i) * LOAD8(factors + i);
                b += LOAD8(spectrum_b + filters[f].first_bin + i) * LOAD8(factors + i);
            }
            output_a[f] = SUM_OF_LANES(a);
            output_b[f] = SUM_OF_LANES(b);
        }
    }
}

// factor · ln(x) + offset. x = 2^e · (1 + f) with 1 + f in [√½, √2), as in Cephes' logf (S. L. Moshier); ln(1 + f) by the
// polynomial of degree 9 whose error is least, 4e-8 of the value. What is not positive and normal comes out as a number
// without meaning.
#define LOGARITHM(x, result)                                                                                           \
    do {                                                                                                               \
        ints16 bits = (ints16)(x);                                                                                     \
        ints16 exponent = (bits - 0x3F3504F3) >> 23;                                                                   \
        floats16 f = (floats16)(bits - (exponent << 23)) - 1.0f;                                                       \
        floats16 e = __builtin_convertvector(exponent, floats16);                                                      \
        floats16 square = f * f;                                                                                       \
        floats16 sum = f * 8.9272873080e-2f - 1.4344751255e-1f;                                                        \
        sum = sum * f + 1.4871100277e-1f;                                                                              \
        sum = sum * f - 1.6566227470e-1f;                                                                              \
        sum = sum * f + 1.9966069612e-1f;                                                                              \
        sum = sum * f - 2.5001732016e-1f;                                                                              \
        sum = sum * f + 3.3333837909e-1f;                                                                              \
        sum = (sum * f - 0.5f) * square;                                                                               \
        result = (f + sum) * factor + (e * (factor * 0.693147182f) + offset);                                          \
    } while (0)

#define EULER 2.71828182845904523536f

#define CLAMPED(x, result)                                                                                             \
    do {                                                                                                               \
        x = x > amin ? x : amin;                                                                                       \
        LOGARITHM(x, result);                                                                                          \
    } while (0)

#define OFFSET(x, result)                                                                                              \
    do {                                                                                                               \
        x += amin;                                                                                                     \
        LOGARITHM(x, result);                                                                                          \
    } while (0)

#define OR_LINEAR(x, result)                                                                                           \
    do {                                                                                                               \
        floats16 above = x > EULER ? x : EULER;                                                                        \
        LOGARITHM(above, result);                                                                                      \
        result = x > EULER ? result : x * (factor / EULER) + offset;                                                   \
    } while (0)

// Sixteen at a time; the rest by way of a vector of ones.
#define FOR_ALL_VALUES(LOGARITHM_OF)                                                                                   \
    do {                                                                                                               \
        int64_t i = 0;                                                                                                 \
        for (; i + 16 <= count; i += 16) {                                                                             \
            floats16 x, result;                                                                                        \
            memcpy(&x, values + i, sizeof x);                                                                          \
            x *= gain;                                                                                                 \
            LOGARITHM_OF(x, result);                                                                                   \
            memcpy(values + i, &result, sizeof result);                                                                \
        }                                                                                                              \
        if (i < count) {                                                                                               \
            floats16 x = 1, result;                                                                                    \
            memcpy(&x, values + i, (size_t)(count - i) * sizeof(float));                                               \
            x *= gain;                                                                                                 \
            LOGARITHM_OF(x, result);                                                                                   \
            memcpy(values + i, &result, (size_t)(count - i) * sizeof(float));                                          \
        }                                                                                                              \
    } while (0)

FOR_SEVERAL_SETS
void ckernels_spectrum_log(
    float *values, int64_t count, int32_t logarithm, float gain, float amin, float factor, float offset)
{
    switch (logarithm) {
    case ckernels_spectrum_log_clamped: FOR_ALL_VALUES(CLAMPED); break;
    case ckernels_spectrum_log_offset: FOR_ALL_VALUES(OFFSET); break;
    default: FOR_ALL_VALUES(OR_LINEAR);
    }
}

FOR_SEVERAL_SETS
void ckernels_spectrum_scale(float *values, int64_t count, float factor)
{
    for (int64_t i = 0; i < count; i++) values[i] *= factor;
}
