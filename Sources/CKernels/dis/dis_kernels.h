// Kernels of dense inverse search: included once for each instruction set, after kernel_targets.h.
#include "dis.h"
#include "../vectors.h"

#include <string.h>

KERNEL_TARGET_BEGIN

#include "dis_search.h"

#include "dis_densify.h"

#include "dis_refine.h"

KERNEL_TARGET_END

const dis_table KERNEL(dis_table) = {
    KERNEL(dis_search), KERNEL(dis_densify), KERNEL(dis_place), KERNEL(dis_enlarge), KERNEL(dis_refine)};
