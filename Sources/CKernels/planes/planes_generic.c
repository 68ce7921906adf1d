#include "../kernel_targets.h"

#include "planes_kernels.h"
