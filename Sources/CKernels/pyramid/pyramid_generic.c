#include "../kernel_targets.h"

#include "pyramid_kernels.h"
