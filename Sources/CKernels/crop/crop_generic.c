#include "../kernel_targets.h"

#include "crop_kernels.h"
