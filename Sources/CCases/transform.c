#include "ccases.h"

#include <fftw3.h>
#include <stdlib.h>

struct ccases_transform {
    float *input;
    fftwf_complex *output;
    fftwf_plan plan;
};

ccases_transform *ccases_transform_create(int length, int batch, enum ccases_rigor rigor) {
    ccases_transform *transform = calloc(1, sizeof *transform);
    if (!transform) return NULL;
    // Rows begin at multiples of 64 bytes.
    size_t input_stride = ((size_t)length + 15) / 16 * 16;
    size_t output_stride = ((size_t)length / 2 + 1 + 7) / 8 * 8;
    transform->input = fftwf_alloc_real((size_t)batch * input_stride);
    transform->output = fftwf_alloc_complex((size_t)batch * output_stride);
    if (transform->input && transform->output) {
        unsigned flag = rigor == ccases_rigor_estimate  ? FFTW_ESTIMATE
                        : rigor == ccases_rigor_measure ? FFTW_MEASURE
                                                        : FFTW_PATIENT;
        // What another rigor has found is not to be used.
        fftwf_forget_wisdom();
        transform->plan = fftwf_plan_many_dft_r2c(
            1, &length, batch, transform->input, NULL, 1, (int)input_stride, transform->output, NULL, 1,
            (int)output_stride, flag);
        fftwf_forget_wisdom();
    }
    if (!transform->plan) {
        ccases_transform_destroy(transform);
        return NULL;
    }
    for (size_t index = 0; index < (size_t)batch * input_stride; index++)
        transform->input[index] = (float)(index % 251) / 251 - 0.5f;
    return transform;
}

void ccases_transform_execute(ccases_transform *transform) { fftwf_execute(transform->plan); }

void ccases_transform_destroy(ccases_transform *transform) {
    if (transform->plan) fftwf_destroy_plan(transform->plan);
    fftwf_free(transform->input);
    fftwf_free(transform->output);
    free(transform);
}
