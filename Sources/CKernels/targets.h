// Which instruction set is in use.
#pragma once

typedef enum { KERNEL_TARGET_IS_GENERIC, KERNEL_TARGET_IS_AVX2, KERNEL_TARGET_IS_AVX512 } kernel_target_kind;

kernel_target_kind kernel_target(void);
