// One source for several instruction sets.
//
// A file of kernels, `NAME_kernels.h`, holds static functions and one table of pointers to them, `KERNEL(NAME_table)`.
// `NAME_generic.c`, `NAME_avx2.c` and `NAME_avx512.c` include it after this header, each with another KERNEL_TARGET.
// (The attribute target_clones would compile only the function it stands on for each set, not what that calls.)
//
// Every set gives the same bits: vectors are added lane by lane and summed in one fixed order, no product is fused with
// a sum, and neither approximate instructions nor relaxed arithmetic are used. So the same input gives the same bytes
// on every machine.
#pragma once

#pragma STDC FP_CONTRACT OFF

#if defined(KERNEL_TARGET_AVX512)
#define KERNEL(name) name##_avx512
#define KERNEL_TARGET_BEGIN                                                                     \
    _Pragma("clang attribute push(                                                              \
        __attribute__((target(\"avx512f,avx512vl,avx512bw,avx512dq,avx2,prefer-256-bit\"))),    \
        apply_to = function)")
#define KERNEL_TARGET_END _Pragma("clang attribute pop")
#elif defined(KERNEL_TARGET_AVX2)
#define KERNEL(name) name##_avx2
#define KERNEL_TARGET_BEGIN \
    _Pragma("clang attribute push(__attribute__((target(\"avx2\"))), apply_to = function)")
#define KERNEL_TARGET_END _Pragma("clang attribute pop")
#else
#define KERNEL(name) name##_generic
#define KERNEL_TARGET_BEGIN
#define KERNEL_TARGET_END
#endif
