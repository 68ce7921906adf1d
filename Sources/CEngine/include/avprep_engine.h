// The engine's C ABI: tensors, autograd, and the operations that avprep's networks are made of.
//
// `make engine` builds engine.cpp and the files beside it against a libtorch into libavprep_engine.so; the trainer loads
// that file when training starts. The library exports `avprep_engine`, which returns a table of functions; those for several
// processes and for memory have tables of their own (avprep_group.h, avprep_memory.h).
//
// Rules of every function that returns int
//  - 0 is success. Anything else is a failure, described by `last_error`; no out-parameter was written.
//  - Results are out-parameters, which come first. The caller owns a returned tensor handle and must `release` it.
//  - Tensor handles passed in are borrowed for the call. They may be used from any thread, one thread at a time.
//  - No C++ exception leaves the library.
//  - Shapes are row-major: the last index is the fastest. N is the batch, C channels, T time, H rows, W columns.
//
// The version below changes with every change of this file; library and caller must agree on it exactly.
#ifndef AVPREP_ENGINE_H
#define AVPREP_ENGINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#define AVPREP_NULLABLE _Nullable
#define AVPREP_NONNULL _Nonnull
#else
#define AVPREP_NULLABLE
#define AVPREP_NONNULL
#endif

#define AVPREP_ENGINE_ABI 6

// An owned tensor. Opaque outside the engine.
typedef struct avprep_tensor avprep_tensor;
// Receives a new tensor.
typedef avprep_tensor *AVPREP_NULLABLE *AVPREP_NONNULL avprep_out;
// An array of tensors, and one whose entries may still be empty.
typedef const avprep_tensor *AVPREP_NONNULL const *AVPREP_NONNULL avprep_list;
typedef avprep_tensor *AVPREP_NULLABLE *AVPREP_NONNULL avprep_slots;

// A string owned by the engine.
typedef const char *AVPREP_NONNULL avprep_text;

// Element types. BFLOAT16 occurs under `set_autocast` alone: nothing is read or stored in it.
enum { AVPREP_FLOAT32 = 0, AVPREP_UINT8 = 1, AVPREP_INT64 = 2, AVPREP_BFLOAT16 = 3 };

// Memory orders; shapes do not change. The last two keep channels fastest, for [N,C,H,W] and [N,C,T,H,W]: convolutions
// on a CPU are faster that way.
enum { AVPREP_CONTIGUOUS = 0, AVPREP_CHANNELS_LAST = 1, AVPREP_CHANNELS_LAST_3D = 2 };

// Operations of `reduce` over the elements along the dimensions.
enum { AVPREP_SUM = 0, AVPREP_MEAN = 1, AVPREP_MAXIMUM = 2 };

// Operations of `binary` and `scalar`. POWER, CLAMP_MINIMUM and LEAKY_RELU, whose number is the slope below 0, exist only for
// `scalar`, ADD_IN_PLACE only for `binary`: it overwrites `left`, whose values no recorded operation may need.
enum {
    AVPREP_ADD = 0,
    AVPREP_SUBTRACT = 1,
    AVPREP_MULTIPLY = 2,
    AVPREP_DIVIDE = 3,
    AVPREP_POWER = 4,
    AVPREP_CLAMP_MINIMUM = 5,
    AVPREP_ADD_IN_PLACE = 6,
    AVPREP_LEAKY_RELU = 7
};

// Operations of `unary`. RELU_IN_PLACE overwrites the tensor, whose values no recorded operation may need.
enum { AVPREP_RELU = 0, AVPREP_SQUARE_ROOT = 1, AVPREP_RELU_IN_PLACE = 2, AVPREP_TANH = 3, AVPREP_ABSOLUTE = 4 };

// The device of a tensor: -1 is the CPU, 0 and up a CUDA device.
enum { AVPREP_CPU = -1 };

typedef struct avprep_engine_api {
    // -- The library ---------------------------------------------------------------------------------------------

    uint32_t abi_version;
    // One line: the version of libtorch, and of CUDA where it is compiled in.
    avprep_text (*AVPREP_NONNULL description)(void);
    // The message of the calling thread's last failure, one line. Valid until its next failure.
    avprep_text (*AVPREP_NONNULL last_error)(void);
    // Number of existing tensor handles in the whole process, for finding leaks.
    int64_t (*live_tensors)(void);
    // Number of CUDA devices; 0 if there are none or CUDA is not compiled in.
    int (*device_count)(int32_t *count);
    // Threads of one operation on a CPU; 0 or less keeps libtorch's default.
    int (*set_threads)(int32_t count);
    int (*threads)(int32_t *count);
    // Restricts to kernels that give the same bits on every run (on a CPU: for the same number of threads).
    int (*set_deterministic)(int32_t on);
    // Keeps freed memory of the process for the next step instead of giving it back to the system, whose new pages must
    // be cleared one by one. Of the process, not to be undone; without effect where the C library is not glibc.
    int (*keep_memory)(void);
    // What convolutions and products of the calling thread are computed in, on a device: AVPREP_BFLOAT16, or AVPREP_FLOAT32
    // for what their inputs are. Casts of parameters are kept from the first to the second.
    int (*set_autocast)(int32_t type, int32_t device);

    // -- Making, reading, freeing --------------------------------------------------------------------------------

    // A copy of `data` (row-major, contiguous) on `device`.
    int (*from_host)(avprep_out out, const void *data, int32_t type, const int64_t *shape, int32_t rank,
                     int32_t device);
    // On a CPU the same memory, which must stay as it is for as long as the tensor and what is recorded of it are in use; on
    // CUDA a copy that is made while the device computes: `data` must stay as it is until `wait_for_copies` returns.
    int (*borrow_host)(avprep_out out, const void *data, int32_t type, const int64_t *shape, int32_t rank,
                       int32_t device);
    // Waits for the copies that `borrow_host` began.
    int (*wait_for_copies)(void);
    // Memory of the host for `borrow_host`: on CUDA page-locked, which the device reads without help. NULL when there is none.
    void *AVPREP_NULLABLE (*AVPREP_NONNULL allocate_host)(int64_t bytes, int32_t device);
    void (*free_host)(void *data, int32_t device);
    int (*zeros)(avprep_out out, int32_t type, const int64_t *shape, int32_t rank, int32_t device);
    // Copies the elements, row-major and contiguous, to `data`; `bytes` must be their exact size.
    int (*to_host)(void *data, int64_t bytes, const avprep_tensor *tensor);
    // Overwrites the elements in place from `data`; not recorded by autograd.
    int (*fill_from_host)(avprep_tensor *tensor, const void *data, int64_t bytes);
    // The number of dimensions, and the first `capacity` of their sizes.
    int (*shape)(int32_t *rank, int64_t *sizes, int32_t capacity, const avprep_tensor *tensor);
    int (*type)(int32_t *type, const avprep_tensor *tensor);
    int (*device)(int32_t *device, const avprep_tensor *tensor);
    void (*release)(avprep_tensor *AVPREP_NULLABLE tensor);
    // A copy with its own memory; gradients flow through it.
    int (*clone)(avprep_out out, const avprep_tensor *tensor);
    // The same memory, detached from autograd.
    int (*detach)(avprep_out out, const avprep_tensor *tensor);
    int (*to_device)(avprep_out out, const avprep_tensor *tensor, int32_t device);
    int (*to_type)(avprep_out out, const avprep_tensor *tensor, int32_t type);
    // The same elements in another memory order; no copy where they already have it.
    int (*to_order)(avprep_out out, const avprep_tensor *tensor, int32_t order);

    // -- Autograd ------------------------------------------------------------------------------------------------

    // Makes a leaf a parameter (1) or a constant (0).
    int (*set_requires_gradient)(avprep_tensor *tensor, int32_t on);
    int (*requires_gradient)(int32_t *on, const avprep_tensor *tensor);
    // The gradient of a leaf, sharing its memory; NULL where there is none yet.
    int (*gradient)(avprep_out out, const avprep_tensor *tensor);
    // Drops the gradient of a leaf.
    int (*clear_gradient)(avprep_tensor *tensor);
    // Adds d tensor / d leaf to the gradient of every leaf that requires one. `tensor` has one element.
    int (*backward)(const avprep_tensor *tensor);
    // Whether operations of the calling thread are recorded for `backward`; `was` receives the previous setting.
    int (*set_recording)(int32_t *was, int32_t on);

    // -- Shapes --------------------------------------------------------------------------------------------------

    // One size may be -1: it is inferred.
    int (*reshape)(avprep_out out, const avprep_tensor *tensor, const int64_t *shape, int32_t rank);
    int (*permute)(avprep_out out, const avprep_tensor *tensor, const int64_t *dimensions, int32_t rank);
    // Elements [start, start + length) along a dimension; shares memory.
    int (*narrow)(avprep_out out, const avprep_tensor *tensor, int64_t dimension, int64_t start, int64_t length);
    // The slices at `indices` (int64 [K]) along a dimension.
    int (*index_select)(avprep_out out, const avprep_tensor *tensor, int64_t dimension, const avprep_tensor *indices);
    int (*concatenate)(avprep_out out, avprep_list tensors, int32_t count, int64_t dimension);

    // -- Elements ------------------------------------------------------------------------------------------------

    int (*unary)(avprep_out out, int32_t operation, const avprep_tensor *tensor);
    // Broadcasts as in numpy.
    int (*binary)(avprep_out out, int32_t operation, const avprep_tensor *left, const avprep_tensor *right);
    int (*scalar)(avprep_out out, int32_t operation, const avprep_tensor *tensor, double value);
    // Over `count` dimensions, or all of them for 0.
    int (*reduce)(avprep_out out, int32_t operation, const avprep_tensor *tensor, const int64_t *dimensions,
                  int32_t count, int32_t keep_dimensions);

    // -- Layers --------------------------------------------------------------------------------------------------

    // `rank` is 2 ([N,C,H,W], weight [out,in,h,w]) or 3 ([N,C,T,H,W], weight [out,in,t,h,w]); stride and padding
    // have `rank` numbers.
    int (*convolution)(avprep_out out, const avprep_tensor *input, const avprep_tensor *weight,
                       const avprep_tensor *AVPREP_NULLABLE bias, int32_t rank, const int64_t *stride,
                       const int64_t *padding);
    // input [..., in], weight [out, in], bias [out].
    int (*linear)(avprep_out out, const avprep_tensor *input, const avprep_tensor *weight,
                  const avprep_tensor *AVPREP_NULLABLE bias);
    // Over all but dimension 1. In training the batch's own statistics are used, the running statistics are updated by
    // `momentum`, and `batches` (int64, no dimensions) is incremented, all in place.
    int (*batch_norm)(avprep_out out, const avprep_tensor *input, const avprep_tensor *weight,
                      const avprep_tensor *bias, avprep_tensor *running_mean, avprep_tensor *running_variance,
                      avprep_tensor *batches, int32_t training, double momentum, double epsilon);
    // `rank` as in `convolution`. Padding counts as minus infinity.
    int (*max_pool)(avprep_out out, const avprep_tensor *input, int32_t rank, const int64_t *kernel,
                    const int64_t *stride, const int64_t *padding);
    // To `size` (`rank` numbers), averaging.
    int (*adaptive_average_pool)(avprep_out out, const avprep_tensor *input, int32_t rank, const int64_t *size);
    // Zeroes a fraction of the elements and scales the rest by 1 / (1 - probability); the choice is determined by
    // `seed`.
    int (*dropout)(avprep_out out, const avprep_tensor *input, double probability, uint64_t seed);

    // -- Losses, averaged over the batch ---------------------------------------------------------------------------

    // logits float [N, classes], classes int64 [N].
    int (*cross_entropy)(avprep_out out, const avprep_tensor *logits, const avprep_tensor *classes);
    // logits and targets float [N], targets in [0, 1].
    int (*binary_cross_entropy)(avprep_out out, const avprep_tensor *logits, const avprep_tensor *targets);

    // -- Optimisers, in place over all parameters that have a gradient -------------------------------------------

    // torch.optim.SGD. `momenta` are the momentum buffers, one per parameter; empty ones are made at a parameter's
    // first
    // step and belong to the caller from then on. None are made for momentum 0.
    int (*sgd_step)(avprep_list parameters, avprep_slots momenta, int32_t count, double learning_rate, double momentum,
                    double dampening, double weight_decay, int32_t nesterov);
    // torch.optim.Adam, or AdamW with `decoupled`. `first` and `second` are the moments, made like the momenta above;
    // `step` counts from 1.
    int (*adam_step)(avprep_list parameters, avprep_slots first, avprep_slots second, int32_t count, int64_t step,
                     double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
                     int32_t decoupled);
    // torch.nn.utils.clip_grad_norm_: scales all gradients so that their common Euclidean norm is at most `maximum`.
    // `norm` receives what it was before, one number on the device.
    int (*clip_gradients)(avprep_out norm, avprep_list parameters, int32_t count, double maximum);

    // -- Later layers ------------------------------------------------------------------------------------------------

    // Zeros around the last `rank` dimensions: `before` and `after` have `rank` numbers, which may differ.
    int (*pad)(avprep_out out, const avprep_tensor *input, int32_t rank, const int64_t *before, const int64_t *after);
    // Logarithms of probabilities along a dimension, in single precision.
    int (*log_softmax)(avprep_out out, const avprep_tensor *logits, int64_t dimension);
    // The transpose of `convolution`: weight [in,out,h,w] or [in,out,t,h,w]; sizes become (size - 1) * stride - 2 * padding
    // + kernel.
    int (*transposed_convolution)(avprep_out out, const avprep_tensor *input, const avprep_tensor *weight,
                                  const avprep_tensor *AVPREP_NULLABLE bias, int32_t rank, const int64_t *stride,
                                  const int64_t *padding);
} avprep_engine_api;

// The table of functions, valid for the life of the process; NULL when the library has another version.
const avprep_engine_api *AVPREP_NULLABLE avprep_engine(uint32_t abi_version);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
