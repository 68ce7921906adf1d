// The part of the engine that several processes with one model use together: sums over all of them.
//
// The library exports it as a second symbol, `avprep_engine_group`. The rules are those of avprep_engine.h, and those of
// every collective: all processes call the same functions in the same order with tensors of the same shapes.
//
// The version below changes with every change of this file; library and caller must agree on it exactly.
#ifndef AVPREP_GROUP_H
#define AVPREP_GROUP_H

#include "avprep_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

#define AVPREP_GROUP_ABI 1

// Bytes of the number that NCCL's processes find each other by.
#define AVPREP_NCCL_ID_BYTES 128

// What exchanges memory of the host between the processes; each returns 0 for success.
typedef struct avprep_group_host {
    // Replaces each number by its sum over all processes; all get the same bits.
    int (*AVPREP_NONNULL all_reduce)(float *values, int64_t count);
    // `out` receives the `count` bytes of each process, by rank.
    int (*AVPREP_NONNULL all_gather)(void *out, const void *bytes, int64_t count);
    // Replaces the bytes by those of rank 0.
    int (*AVPREP_NONNULL broadcast)(void *bytes, int64_t count);
} avprep_group_host;

typedef struct avprep_group_api {
    uint32_t abi_version;

    // -- Joining -------------------------------------------------------------------------------------------------

    // Tensors in main memory are exchanged by `host` between `size` processes.
    int (*begin)(int32_t size, const avprep_group_host *host);
    // A new number for `begin_nccl`: one process makes it, all get the same.
    int (*nccl_id)(uint8_t *id);
    // Tensors on CUDA device `device` are exchanged by NCCL. Waits for all processes.
    int (*begin_nccl)(const uint8_t *id, int32_t rank, int32_t size, int32_t device);
    // Rank 0's `id` for all, through a store of torch at an address that all processes know.
    int (*share_id)(uint8_t *id, const char *host, int32_t port, int32_t rank, int32_t size, double seconds);
    // Exchanges memory of the host by NCCL, where no `host` was given: as its functions of these names.
    int (*nccl_all_gather)(void *out, const void *bytes, int64_t count);
    int (*nccl_broadcast)(void *bytes, int64_t count);
    // Parts from the others; nothing waits for them.
    int (*end)(void);

    // -- Tensors -------------------------------------------------------------------------------------------------

    // Replaces the values by those of rank 0, in place.
    int (*broadcast)(const avprep_tensor *tensor);
    // Replaces the gradient of every parameter by its mean over all processes. They are copied once, into buckets of
    // about `bucket_bytes`, each of which is summed at once, and lie there from then on.
    int (*average_gradients)(avprep_list parameters, int32_t count, int64_t bucket_bytes);
    // `batch_norm` in training with the statistics of the batches of all processes together, recorded for `backward`,
    // in which all processes take part again.
    int (*sync_batch_norm)(avprep_out out, const avprep_tensor *input, const avprep_tensor *weight,
                           const avprep_tensor *bias, avprep_tensor *running_mean, avprep_tensor *running_variance,
                           avprep_tensor *batches, double momentum, double epsilon);
} avprep_group_api;

// The table of functions, valid for the life of the process; NULL when the library has another version.
const avprep_group_api *AVPREP_NULLABLE avprep_engine_group(uint32_t abi_version);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
