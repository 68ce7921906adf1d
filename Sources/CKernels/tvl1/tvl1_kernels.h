// Kernels of TV-L1: included once for each instruction set, after kernel_targets.h.
#include "tvl1_picture_kernels.h"

#include "tvl1_median_kernels.h"
#include "tvl1_sweep_kernels.h"
#include "tvl1_warp_kernels.h"

const tvl1_table KERNEL(tvl1_table) = {
    .convert = KERNEL(tvl1_convert),
    .blur = KERNEL(tvl1_blur),
    .subtract = KERNEL(tvl1_subtract),
    .resize = KERNEL(tvl1_resize),
    .warp = KERNEL(tvl1_warp),
    .measure = KERNEL(tvl1_measure),
    .linearise = KERNEL(tvl1_linearise),
    .sweep = KERNEL(tvl1_sweep),
    .median = KERNEL(tvl1_median),
    .interleave = KERNEL(tvl1_interleave),
};
