#if defined(__x86_64__)
#define KERNEL_TARGET_AVX512
#include "../kernel_targets.h"

#include "pyramid_kernels.h"
#endif
