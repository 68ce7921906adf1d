// The engine's group: avprep_group.h over ATen, with the caller's MPI for main memory and NCCL for CUDA devices.
//
// NCCL is the one that libtorch's CUDA build has loaded. Its functions are found by name there, so that this file needs
// neither CUDA's headers nor NCCL's, and is compiled alike everywhere.
#include "avprep_group.h"

#include "shared.hpp"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>
#ifdef AVPREP_TCP_STORE
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <dlfcn.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using avprep::fail;
using avprep::give;
using avprep::guarded;

// -- NCCL --------------------------------------------------------------------------------------------------------------

// As in nccl.h, whose C interface is stable.
struct NcclID {
    char bytes[AVPREP_NCCL_ID_BYTES];
};
constexpr int nccl_uint8 = 1, nccl_float32 = 7, nccl_sum = 0;

struct Nccl {
    using Communicator = void *;
    int (*get_unique_id)(NcclID *);
    int (*init_rank)(Communicator *, int, NcclID, int);
    int (*all_reduce)(const void *, void *, size_t, int, int, Communicator, void *);
    int (*all_gather)(const void *, void *, size_t, int, Communicator, void *);
    int (*broadcast)(const void *, void *, size_t, int, int, Communicator, void *);
    int (*abort)(Communicator);
    const char *(*error_string)(int);

    // What libtorch_cuda.so links or contains.
    static const Nccl &loaded() {
        static const Nccl nccl = [] {
            void *library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_NOLOAD);
            if (library == nullptr) fail("this libtorch has no CUDA, and so no NCCL");
            Nccl found{};
            const auto find = [&](auto &function, const char *name) {
                void *symbol = dlsym(library, name);
                if (symbol == nullptr) fail(std::string("this libtorch has no NCCL: ") + name + " is missing");
                std::memcpy(&function, &symbol, sizeof symbol);
            };
            find(found.get_unique_id, "ncclGetUniqueId");
            find(found.init_rank, "ncclCommInitRank");
            find(found.all_reduce, "ncclAllReduce");
            find(found.all_gather, "ncclAllGather");
            find(found.broadcast, "ncclBroadcast");
            find(found.abort, "ncclCommAbort");
            find(found.error_string, "ncclGetErrorString");
            return found;
        }();
        return nccl;
    }

    void check(int code, const char *operation) const {
        if (code != 0) fail(std::string("NCCL cannot ") + operation + ": " + error_string(code));
    }
};

// -- The group ---------------------------------------------------------------------------------------------------------

struct Group {
    int32_t size = 1;
    bool has_host = false;
    avprep_group_host host{};
    Nccl::Communicator communicator = nullptr;
    at::Device device{at::kCPU};
};

Group group;

void check_host(int code) {
    if (code != 0) fail("the processes cannot exchange data");
}

const Nccl &nccl() {
    if (group.communicator == nullptr) fail("the processes have not joined on a CUDA device");
    return Nccl::loaded();
}

// The stream on which the device's operations are queued.
void *stream() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
    return c10::impl::getDeviceGuardImpl(at::kCUDA)->getStream(group.device).native_handle();
#else
    fail("several processes with CUDA need libtorch 2.1 or later");
#endif
}

// Sums a contiguous tensor of float32 over all processes, in place.
void add_up(const at::Tensor &values) {
    if (values.is_cuda()) {
        const c10::DeviceGuard guard(group.device);
        nccl().check(
            nccl().all_reduce(values.data_ptr(), values.data_ptr(), static_cast<size_t>(values.numel()), nccl_float32,
                              nccl_sum, group.communicator, stream()),
            "sum");
    } else {
        if (!group.has_host) fail("the processes have not joined");
        check_host(group.host.all_reduce(static_cast<float *>(values.data_ptr()), values.numel()));
    }
}

// The bytes of a contiguous tensor of each process, as one more dimension in front.
at::Tensor gathered(const at::Tensor &values) {
    std::vector<int64_t> shape(values.sizes().begin(), values.sizes().end());
    shape.insert(shape.begin(), group.size);
    at::Tensor all = at::empty(shape, values.options());
    const int64_t bytes = values.numel() * static_cast<int64_t>(values.element_size());
    if (values.is_cuda()) {
        const c10::DeviceGuard guard(group.device);
        nccl().check(
            nccl().all_gather(values.data_ptr(), all.data_ptr(), static_cast<size_t>(bytes), nccl_uint8,
                              group.communicator, stream()),
            "gather");
    } else {
        if (!group.has_host) fail("the processes have not joined");
        check_host(group.host.all_gather(all.data_ptr(), values.data_ptr(), bytes));
    }
    return all;
}

// Replaces the bytes of a contiguous tensor by those of rank 0.
void take_first(const at::Tensor &values) {
    const int64_t bytes = values.numel() * static_cast<int64_t>(values.element_size());
    if (values.is_cuda()) {
        const c10::DeviceGuard guard(group.device);
        nccl().check(
            nccl().broadcast(values.data_ptr(), values.data_ptr(), static_cast<size_t>(bytes), nccl_uint8, 0,
                             group.communicator, stream()),
            "send");
    } else {
        if (!group.has_host) fail("the processes have not joined");
        check_host(group.host.broadcast(values.data_ptr(), bytes));
    }
}

int begin(int32_t size, const avprep_group_host *host) {
    return guarded([&] {
        if (size < 1) fail("a group of " + std::to_string(size));
        group.size = size;
        group.host = *host;
        group.has_host = true;
    });
}

int nccl_id(uint8_t *id) {
    return guarded([&] {
        NcclID made{};
        Nccl::loaded().check(Nccl::loaded().get_unique_id(&made), "begin");
        std::memcpy(id, made.bytes, sizeof made.bytes);
    });
}

int begin_nccl(const uint8_t *id, int32_t rank, int32_t size, int32_t device) {
    return guarded([&] {
        NcclID given{};
        std::memcpy(given.bytes, id, sizeof given.bytes);
        group.size = size;
        group.device = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device));
        const c10::DeviceGuard guard(group.device);
        Nccl::Communicator communicator = nullptr;
        Nccl::loaded().check(Nccl::loaded().init_rank(&communicator, size, given, rank), "join the processes");
        group.communicator = communicator;
    });
}

#ifdef AVPREP_TCP_STORE
// Rank 0's lives on until the group ends, since it is the server.
c10::intrusive_ptr<c10d::TCPStore> &store() {
    static c10::intrusive_ptr<c10d::TCPStore> store;
    return store;
}
#endif

int share_id(uint8_t *id, const char *host, int32_t port, int32_t rank, int32_t size, double seconds) {
    return guarded([&] {
#ifdef AVPREP_TCP_STORE
        c10d::TCPStoreOptions options;
        options.port = static_cast<uint16_t>(port);
        // torchrun keeps a store of its own at this address; other launchers leave that to rank 0.
        const char *agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
        options.isServer = rank == 0 && (agent == nullptr || std::strcmp(agent, "True") != 0);
        options.numWorkers = static_cast<size_t>(size);
        options.waitWorkers = false;
        options.timeout = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
        auto own = c10::make_intrusive<c10d::TCPStore>(host, options);
        const char *restart = std::getenv("TORCHELASTIC_RESTART_COUNT");
        const std::string key = std::string("avprep/") + (restart == nullptr ? "0" : restart);
        if (rank == 0) {
            own->set(key, std::vector<uint8_t>(id, id + AVPREP_NCCL_ID_BYTES));
            store() = own;
        } else {
            const std::vector<uint8_t> got = own->get(key);
            if (got.size() != AVPREP_NCCL_ID_BYTES) fail("another program answers there");
            std::copy(got.begin(), got.end(), id);
        }
#else
        (void)id, (void)host, (void)port, (void)rank, (void)size, (void)seconds;
        fail("this libtorch has no store by which processes find each other; start them with mpirun");
#endif
    });
}

int nccl_all_gather(void *out, const void *bytes, int64_t count) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        const auto host = at::TensorOptions().dtype(at::kByte);
        // Its elements are read only.
        const at::Tensor own = at::from_blob(const_cast<void *>(bytes), {count}, host).to(group.device);
        at::from_blob(out, {group.size, count}, host).copy_(gathered(own));
    });
}

int nccl_broadcast(void *bytes, int64_t count) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        const at::Tensor host = at::from_blob(bytes, {count}, at::TensorOptions().dtype(at::kByte));
        const at::Tensor own = host.to(group.device);
        take_first(own);
        host.copy_(own);
    });
}

int end() {
    return guarded([&] {
        const auto communicator = group.communicator;
        group = Group();
#ifdef AVPREP_TCP_STORE
        store().reset();
#endif
        if (communicator != nullptr) Nccl::loaded().check(Nccl::loaded().abort(communicator), "part");
    });
}

// -- Tensors -----------------------------------------------------------------------------------------------------------

int broadcast(const avprep_tensor *tensor) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        const at::Tensor &value = tensor->value;
        const at::Tensor plain = value.contiguous();
        take_first(plain);
        if (!plain.is_same(value)) at::Tensor(value).detach().copy_(plain);
    });
}

void average(const std::vector<at::Tensor> &parameters, int64_t elements) {
    at::Tensor bucket = at::empty({elements}, parameters[0].grad().options().memory_format(c10::nullopt));
    int64_t offset = 0;
    for (at::Tensor parameter : parameters) {
        const at::Tensor gradient = parameter.grad();
        // In the memory order of the parameter, which is the same in every process.
        const at::Tensor place =
            parameter.is_non_overlapping_and_dense()
                ? bucket.as_strided(parameter.sizes(), parameter.strides(), offset)
                : bucket.narrow(0, offset, gradient.numel()).view(gradient.sizes());
        place.copy_(gradient);
        parameter.mutable_grad() = place;
        offset += gradient.numel();
    }
    add_up(bucket);
    bucket.div_(group.size);
}

int average_gradients(const avprep_tensor *const *parameters, int32_t count, int64_t bucket_bytes) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        std::vector<at::Tensor> bucket;
        int64_t elements = 0;
        for (int32_t i = 0; i < count; ++i) {
            const at::Tensor &parameter = parameters[i]->value;
            if (!parameter.grad().defined()) continue;
            if (parameter.grad().scalar_type() != at::kFloat) fail("gradients are summed in float32 alone");
            if (!bucket.empty() && (elements + parameter.numel()) * 4 > bucket_bytes) {
                average(bucket, elements);
                bucket.clear();
                elements = 0;
            }
            bucket.push_back(parameter);
            elements += parameter.numel();
        }
        if (!bucket.empty()) average(bucket, elements);
    });
}

// -- Synchronised batch normalisation ----------------------------------------------------------------------------------

// One number a channel, as a tensor that broadcasts over `like`.
at::Tensor by_channel(const at::Tensor &numbers, const at::Tensor &like) {
    std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
    shape[1] = numbers.numel();
    return numbers.view(shape);
}

// Normalises with the mean and the variance of all processes' batches. The gradient flows through both, so the sums that
// make it are taken over all processes, too; those of weight and bias stay each process's own, to be averaged later.
struct SyncBatchNorm : torch::autograd::Function<SyncBatchNorm> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                              const at::Tensor &bias, const at::Tensor &running_mean,
                              const at::Tensor &running_variance, double momentum, double epsilon) {
        const int64_t channels = x.size(1);
        std::vector<int64_t> others;
        for (int64_t i = 0; i < x.dim(); ++i)
            if (i != 1) others.push_back(i);
        const double own_count = static_cast<double>(x.numel() / std::max<int64_t>(channels, 1));
        const auto [own_variance, own_mean] =
            at::var_mean(x.to(at::kFloat), at::OptionalIntArrayRef(others), /*unbiased=*/false, /*keepdim=*/false);
        // The moments of each process, from which those of all follow without the cancellation of sums of squares
        // (Chan, Golub & LeVeque 1979).
        const at::Tensor all =
            gathered(at::cat({own_mean, own_variance, at::full({1}, own_count, own_mean.options())}).contiguous())
                .to(at::kDouble);
        const at::Tensor means = all.narrow(1, 0, channels), variances = all.narrow(1, channels, channels);
        const at::Tensor counts = all.narrow(1, 2 * channels, 1);
        const at::Tensor total = counts.sum();
        const at::Tensor mean = (means * counts).sum(0) / total;
        const at::Tensor variance = ((variances + (means - mean).pow(2)) * counts).sum(0) / total;
        const double values = total.item<double>();
        if (values < 2) fail("batch normalisation needs more than one value per channel in training");
        const at::Tensor m = mean.to(at::kFloat), v = variance.to(at::kFloat);
        at::Tensor(running_mean).mul_(1 - momentum).add_(m, momentum);
        at::Tensor(running_variance).mul_(1 - momentum).add_(v, momentum * values / (values - 1));
        context->save_for_backward({x, weight, m, v});
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["values"] = values;
        return std::get<0>(at::native_batch_norm(x, weight, bias, m, v, /*training=*/false, momentum, epsilon));
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3];
        const double epsilon = context->saved_data["epsilon"].toDouble();
        const double values = context->saved_data["values"].toDouble();
        const at::Tensor gradient = gradients[0].contiguous(x.suggest_memory_format());
        // As if mean and variance were constants.
        auto [of_x, of_weight, of_bias] = at::native_batch_norm_backward(
            gradient, x, weight, mean, variance, {}, {}, /*train=*/false, epsilon, {true, true, true});
        // What flows through them: y = w (x - m) s with s = 1 / sqrt(v + ε).
        at::Tensor sums = at::cat({of_weight.to(at::kFloat), of_bias.to(at::kFloat)}).contiguous();
        add_up(sums);
        const at::Tensor by_weight = sums.narrow(0, 0, of_weight.numel());
        const at::Tensor by_bias = sums.narrow(0, of_weight.numel(), of_bias.numel());
        const at::Tensor scale = at::rsqrt(variance + epsilon);
        const at::Tensor slope = weight * scale.pow(2) * by_weight / values;
        const at::Tensor constant = weight * scale * by_bias / values - slope * mean;
        of_x.sub_(at::addcmul(by_channel(constant, x), x, by_channel(slope, x)));
        return {of_x, of_weight, of_bias, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

int sync_batch_norm(avprep_tensor **out, const avprep_tensor *input, const avprep_tensor *weight,
                    const avprep_tensor *bias, avprep_tensor *running_mean, avprep_tensor *running_variance,
                    avprep_tensor *batches, double momentum, double epsilon) {
    return guarded([&] {
        if (input->value.dim() < 2) fail("batch normalisation of a tensor with fewer than two dimensions");
        at::Tensor result = SyncBatchNorm::apply(
            input->value, weight->value, bias->value, running_mean->value, running_variance->value, momentum, epsilon);
        {
            const c10::NoGradGuard unrecorded;
            batches->value.add_(1);
        }
        *out = give(std::move(result));
    });
}

// In the header's order; a function of another type would not compile.
const avprep_group_api api = {
    AVPREP_GROUP_ABI, begin, nccl_id, begin_nccl, share_id, nccl_all_gather, nccl_broadcast, end,
    broadcast, average_gradients, sync_batch_norm,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const avprep_group_api *avprep_engine_group(uint32_t abi_version) {
    return abi_version == AVPREP_GROUP_ABI ? &api : nullptr;
}
