#include "../kernel_targets.h"

#include "dis_kernels.h"
