// The steps of a spectrogram around the Fourier transform, each for one frame or one run of values.
//
// Compiled for several instruction sets, the best of which is selected when the program starts. No multiplication is
// fused with an addition and sums have one order, so every set gives the same bits.
#pragma once

#include <stdint.h>

/// row[i] = samples[i] * window[i].
void ckernels_spectrum_taper(const float *samples, const float *window, int64_t count, float *row);

/// The same, but 0 where |samples[i]| exceeds `limit` or is NaN. `row` may be `samples`.
void ckernels_spectrum_taper_limited(
    const float *samples, const float *window, int64_t count, float limit, float *row);

/// Number of samples whose magnitude exceeds `limit` or is NaN.
int64_t ckernels_spectrum_broken(const float *samples, int64_t count, float limit);

/// |X|² of a real signal x of 2·half samples, from the complex transform of half the length.
///
/// half_transform: `half` pairs (real, imaginary), the transform Z of z[j] = x[2j] + i·x[2j+1].
/// cosines, sines: cos(πk/half) and sin(πk/half) for k = 0 ... half/2.
/// power: half + 1 values.
void ckernels_spectrum_power_from_half(
    const float *half_transform, const float *cosines, const float *sines, int64_t half, float *power);

/// |X|² of `bins` pairs (real, imaginary).
void ckernels_spectrum_power(const float *transform, int64_t bins, float *power);

/// values[i] = √values[i].
void ckernels_spectrum_square_root(float *values, int64_t count);

/// A filter that covers neighbouring bins.
typedef struct {
    /// The first bin it covers.
    int32_t first_bin;
    /// Index of its first weight.
    int32_t first_weight;
    /// Number of its weights: a multiple of CKERNELS_SPECTRUM_LANES.
    int32_t count;
} ckernels_spectrum_filter;

/// Bins multiplied at a time.
#define CKERNELS_SPECTRUM_LANES 8

/// output[n, f] = Σ weights[first_weight + i] · spectra[n · stride + first_bin + i] over the filter's i.
void ckernels_spectrum_filter_bank(
    const float *spectra, int64_t stride, int64_t spectrum_count, const ckernels_spectrum_filter *filters,
    int64_t filter_count, const float *weights, float *output);

/// The logarithm of gain·x.
enum {
    /// ln(max(gain·x, amin))
    ckernels_spectrum_log_clamped,
    /// ln(gain·x + amin)
    ckernels_spectrum_log_offset,
    /// ln(gain·x) above e, gain·x / e up to it
    ckernels_spectrum_log_or_linear,
};

/// values[i] = factor · logarithm(gain · values[i]) + offset, with one of the logarithms above. Accurate to 2 units in
/// the last place for normal positive values.
void ckernels_spectrum_log(
    float *values, int64_t count, int32_t logarithm, float gain, float amin, float factor, float offset);

/// values[i] = factor · values[i].
void ckernels_spectrum_scale(float *values, int64_t count, float factor);
