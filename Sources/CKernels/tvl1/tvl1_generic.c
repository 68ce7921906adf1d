#include "../kernel_targets.h"
#include "tvl1_kernels.h"
