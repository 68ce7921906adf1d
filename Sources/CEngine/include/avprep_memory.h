// The part of the engine that tells what operations take of memory, and what a device has left.
//
// The library exports it as a third symbol, `avprep_engine_memory`. The rules are those of avprep_engine.h.
//
// The version below changes with every change of this file; library and caller must agree on it exactly.
#ifndef AVPREP_MEMORY_H
#define AVPREP_MEMORY_H

#include "avprep_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

#define AVPREP_MEMORY_ABI 1

typedef struct avprep_memory_api {
    uint32_t abi_version;

    // Counts from here on what operations of the calling thread, and their gradients, take of a device's memory and give
    // back: of tensors, not what libraries below take for themselves. A thread counts once at a time.
    int (*begin_count)(int32_t device);
    // Ends the count. `peak` receives the most bytes that were taken at one time.
    int (*end_count)(int64_t *peak);
    // What a CUDA device has left; -1 where this libtorch does not tell.
    int (*free_memory)(int64_t *bytes, int32_t device);
} avprep_memory_api;

// The table of functions, valid for the life of the process; NULL when the library has another version.
const avprep_memory_api *AVPREP_NULLABLE avprep_engine_memory(uint32_t abi_version);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
