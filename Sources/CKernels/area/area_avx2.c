#if defined(__x86_64__)
#define KERNEL_TARGET_AVX2
#include "../kernel_targets.h"

#include "area_kernels.h"
#endif
