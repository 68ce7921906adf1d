#pragma once
#include <fftw3.h>

// An array of unknown length does not import into Swift.
static inline const char *avprep_fftwf_version(void) { return fftwf_version; }
