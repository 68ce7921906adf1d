#include "../kernel_targets.h"

#include "area_kernels.h"
