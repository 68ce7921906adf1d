#include "targets.h"

#include "ckernels.h"

#include <stdatomic.h>
#include <string.h>

static const char *const names[] = {"generic", "avx2", "avx512"};

// -1: not chosen yet. Any thread may choose; all choose alike.
static atomic_int chosen = -1;

static kernel_target_kind best(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq"))
        return KERNEL_TARGET_IS_AVX512;
    if (__builtin_cpu_supports("avx2")) return KERNEL_TARGET_IS_AVX2;
#endif
    return KERNEL_TARGET_IS_GENERIC;
}

kernel_target_kind kernel_target(void) {
    int target = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (target < 0) {
        target = (int)best();
        atomic_store_explicit(&chosen, target, memory_order_relaxed);
    }
    return (kernel_target_kind)target;
}

const char *ckernels_target(void) { return names[kernel_target()]; }

int ckernels_use_target(const char *name) {
    const int limit = (int)best();
    int target = -1;
    if (!*name) target = limit;
    for (int i = 0; i <= limit; ++i)
        if (strcmp(name, names[i]) == 0) target = i;
    if (target < 0) return -1;
    atomic_store_explicit(&chosen, target, memory_order_relaxed);
    return 0;
}
