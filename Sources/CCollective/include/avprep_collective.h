// The collective library's C ABI: what the processes of one training exchange, over MPI.
//
// `make engine` builds collective.cpp against the MPI of this machine into libavprep_mpi.so; avprep loads that file only
// when it was started as one of several processes. The library exports one symbol, `avprep_collective`, which returns a
// table of functions.
//
// Rules of every function that returns int
//  - 0 is success. Anything else is a failure, described by `last_error`.
//  - All processes call the same functions in the same order, each from one thread at a time.
//  - No C++ exception leaves the library.
//
// The version below changes with every change of this file; library and caller must agree on it exactly.
#ifndef AVPREP_COLLECTIVE_H
#define AVPREP_COLLECTIVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#define AVPREP_COLLECTIVE_NULLABLE _Nullable
#define AVPREP_COLLECTIVE_NONNULL _Nonnull
#else
#define AVPREP_COLLECTIVE_NULLABLE
#define AVPREP_COLLECTIVE_NONNULL
#endif

#define AVPREP_COLLECTIVE_ABI 1

typedef struct avprep_collective_api {
    uint32_t abi_version;
    // One line: the MPI that is in use.
    const char *AVPREP_COLLECTIVE_NONNULL (*AVPREP_COLLECTIVE_NONNULL description)(void);
    // The message of the last failure, one line. Valid until the next one.
    const char *AVPREP_COLLECTIVE_NONNULL (*AVPREP_COLLECTIVE_NONNULL last_error)(void);
    // Joins the processes that were started together, and waits for all of them. From here on a process that exits
    // without `leave` ends all of them, with its exit code.
    int (*begin)(int32_t *rank, int32_t *size, int32_t *local_rank, int32_t *local_size);
    // Replaces each number by its sum over all processes; all get the same bits.
    int (*all_reduce)(float *values, int64_t count);
    // `out` receives the `count` bytes of each process, by rank. The calling thread sleeps while it waits for the others.
    int (*all_gather)(void *out, const void *bytes, int64_t count);
    // Replaces the bytes by those of rank 0.
    int (*broadcast)(void *bytes, int64_t count);
    // Waits for all processes, and parts from them.
    int (*leave)(void);
} avprep_collective_api;

// The table of functions, valid for the life of the process; NULL when the library has another version.
const avprep_collective_api *AVPREP_COLLECTIVE_NULLABLE avprep_collective(uint32_t abi_version);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
