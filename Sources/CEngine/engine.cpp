// The engine: avprep_engine.h over ATen, the tensor library of libtorch.
//
// ATen only, without <torch/torch.h>: that halves the compile time, and the same source builds against libtorch 1.13
// (Debian 12) and 2.x. Everything called here exists in both.
#include "avprep_engine.h"

#include "shared.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/Event.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/version.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

std::atomic<int64_t> live{0};
thread_local std::string error;

}  // namespace

// The first line of a message, without the source position that TORCH_CHECK puts before it.
void avprep::remember(const char *text) {
    std::string line(text == nullptr ? "unknown failure" : text);
    line = line.substr(0, line.find('\n'));
    error = line.empty() ? "unknown failure" : line;
}

avprep_tensor *avprep::give(at::Tensor value) {
    auto *handle = new avprep_tensor{std::move(value)};
    live.fetch_add(1, std::memory_order_relaxed);
    return handle;
}

namespace {

using avprep::fail;
using avprep::give;
using avprep::guarded;

// Runs `body`, which makes a tensor.
template <typename Body>
int making(avprep_tensor **out, const Body &body) noexcept {
    return guarded([&] { *out = give(body()); });
}

at::ScalarType scalar_type(int32_t type) {
    switch (type) {
        case AVPREP_FLOAT32: return at::kFloat;
        case AVPREP_UINT8: return at::kByte;
        case AVPREP_INT64: return at::kLong;
        case AVPREP_BFLOAT16: return at::kBFloat16;
        default: fail("unknown element type " + std::to_string(type));
    }
}

at::Device device_of(int32_t device) {
    return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device));
}

at::MemoryFormat memory_format(int32_t order) {
    switch (order) {
        case AVPREP_CONTIGUOUS: return at::MemoryFormat::Contiguous;
        case AVPREP_CHANNELS_LAST: return at::MemoryFormat::ChannelsLast;
        case AVPREP_CHANNELS_LAST_3D: return at::MemoryFormat::ChannelsLast3d;
        default: fail("unknown memory order " + std::to_string(order));
    }
}

at::IntArrayRef list(const int64_t *numbers, int32_t count) {
    return at::IntArrayRef(numbers, static_cast<size_t>(std::max(count, 0)));
}

void check_rank(int32_t rank) {
    if (rank != 2 && rank != 3) fail("layers have 2 or 3 spatial dimensions, not " + std::to_string(rank));
}

// A null handle is an undefined tensor, which ATen interprets as "none".
at::Tensor optional(const avprep_tensor *tensor) { return tensor == nullptr ? at::Tensor() : tensor->value; }

// A view of the caller's memory as a CPU tensor, valid while that memory is.
at::Tensor view(const void *data, at::ScalarType type, at::IntArrayRef shape) {
    return at::from_blob(const_cast<void *>(data), shape, at::TensorOptions().dtype(type));
}

void check_bytes(const at::Tensor &tensor, int64_t bytes) {
    const int64_t expected = tensor.numel() * static_cast<int64_t>(tensor.element_size());
    if (bytes != expected)
        fail("a buffer of " + std::to_string(bytes) + " bytes for a tensor of " + std::to_string(expected));
}

// -- The library -----------------------------------------------------------------------------------------------------

const char *description() {
    static const std::string text = [] {
        std::string line = "libtorch " TORCH_VERSION;
        try {
            // The build's own description has a line "  - CUDA Runtime 12.6" where CUDA is compiled in.
            const std::string config = at::show_config();
            const std::string mark = "CUDA Runtime ";
            const auto start = config.find(mark);
            if (start != std::string::npos) {
                const auto end = config.find('\n', start);
                line += ", CUDA " + config.substr(start + mark.size(), end - start - mark.size());
            }
        } catch (...) {
            line += " (no description)";
        }
        return line;
    }();
    return text.c_str();
}

const char *last_error() { return error.c_str(); }

int64_t live_tensors() { return live.load(std::memory_order_relaxed); }

int device_count(int32_t *count) {
    return guarded([&] {
        const bool registered = c10::impl::hasDeviceGuardImpl(at::kCUDA);
        *count = registered ? static_cast<int32_t>(c10::impl::getDeviceGuardImpl(at::kCUDA)->deviceCount()) : 0;
    });
}

int set_threads(int32_t count) {
    return guarded([&] {
        if (count > 0) at::set_num_threads(count);
    });
}

int threads(int32_t *count) {
    return guarded([&] { *count = at::get_num_threads(); });
}

int set_deterministic(int32_t on) {
    return guarded([&] {
        // "Warn only": an operation without a deterministic kernel still runs.
        at::globalContext().setDeterministicAlgorithms(on != 0, true);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
        // From 2.1 on the mode also fills every new tensor with NaN, a debugging aid that costs a pass over memory.
        at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
        at::globalContext().setDeterministicCuDNN(on != 0);
        at::globalContext().setBenchmarkCuDNN(on == 0);
    });
}

int keep_memory() {
    return guarded([&] {
#if defined(__GLIBC__)
        // Every size from the heap, which is never trimmed. Each step asks for the same sizes in the same order.
        mallopt(M_MMAP_MAX, 0);
        mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
        mallopt(M_TOP_PAD, 64 << 20);
#endif
    });
}

int set_autocast(int32_t type, int32_t device) {
    return guarded([&] {
        const bool on = type == AVPREP_BFLOAT16;
        if (!on && type != AVPREP_FLOAT32) fail("autocast to the element type " + std::to_string(type));
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
        const auto kind = device_of(device).type();
        at::autocast::set_autocast_dtype(kind, at::kBFloat16);
        at::autocast::set_autocast_enabled(kind, on);
#else
        if (device < 0) {
            at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
            at::autocast::set_cpu_enabled(on);
        } else {
            at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
            at::autocast::set_enabled(on);
        }
#endif
        if (!on) at::autocast::clear_cache();
    });
}

// Whether the calling thread computes in bfloat16 where this tensor lies.
bool is_autocast(const at::Tensor &tensor) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    return at::autocast::is_autocast_enabled(tensor.device().type());
#else
    return tensor.is_cuda() ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
#endif
}

// -- Making, reading, freeing ----------------------------------------------------------------------------------------

int from_host(avprep_tensor **out, const void *data, int32_t type, const int64_t *shape, int32_t rank, int32_t device) {
    return making(out, [&] {
        const c10::NoGradGuard unrecorded;
        const at::Tensor borrowed = view(data, scalar_type(type), list(shape, rank));
        return device < 0 ? borrowed.clone() : borrowed.to(device_of(device));
    });
}

// Copies to a device run beside its computations, on a stream of their own. Everything here goes through c10's interface of
// device guards, so that the same source compiles without CUDA.
struct Copies {
    explicit Copies(c10::Device device)
        : guard(device.type()), stream(guard.getStreamFromGlobalPool(device, /*isHighPriority=*/false)) {}

    c10::impl::VirtualGuardImpl guard;
    c10::Stream stream;
    std::deque<c10::Event> pending;
};

// One a device. Only the thread that trains copies.
std::map<c10::DeviceIndex, Copies> copies;

int borrow_host(avprep_tensor **out, const void *data, int32_t type, const int64_t *shape, int32_t rank,
                int32_t device) {
    return making(out, [&] {
        const c10::NoGradGuard unrecorded;
        const at::Tensor borrowed = view(data, scalar_type(type), list(shape, rank));
        if (device < 0) return borrowed;
        const at::Device target = device_of(device);
        Copies &own = copies.try_emplace(target.index(), target).first->second;
        const c10::Stream computing = own.guard.exchangeStream(own.stream);
        at::Tensor copied;
        try {
            copied = borrowed.to(target, /*non_blocking=*/true);
            own.pending.emplace_back(target.type());
            own.pending.back().record(own.stream);
        } catch (...) {
            own.guard.exchangeStream(computing);
            throw;
        }
        own.guard.exchangeStream(computing);
        own.pending.back().block(computing);
        // Its memory is not given to the next copy before the computations are through with it.
        copied.record_stream(computing);
        return copied;
    });
}

int wait_for_copies() {
    return guarded([&] {
        for (auto &[index, own] : copies) {
            for (const c10::Event &event : own.pending) own.guard.synchronizeEvent(event.eventId());
            own.pending.clear();
        }
    });
}

// What `allocate_host` gave away of page-locked memory: a tensor owns it.
std::map<void *, at::Tensor> locked;

void *allocate_host(int64_t bytes, int32_t device) {
    void *memory = nullptr;
    const int status = guarded([&] {
        if (device < 0) {
            memory = std::aligned_alloc(64, (static_cast<size_t>(bytes) + 63) / 64 * 64);
            return;
        }
        at::Tensor owner = at::empty({bytes}, at::TensorOptions().dtype(at::kByte)).pin_memory();
        memory = owner.data_ptr();
        locked.emplace(memory, std::move(owner));
    });
    return status == 0 ? memory : nullptr;
}

void free_host(void *data, int32_t device) {
    if (device < 0) {
        std::free(data);
    } else {
        locked.erase(data);
    }
}

int zeros(avprep_tensor **out, int32_t type, const int64_t *shape, int32_t rank, int32_t device) {
    return making(out, [&] {
        return at::zeros(list(shape, rank), at::TensorOptions().dtype(scalar_type(type)).device(device_of(device)));
    });
}

int to_host(void *data, int64_t bytes, const avprep_tensor *tensor) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        check_bytes(tensor->value, bytes);
        view(data, tensor->value.scalar_type(), tensor->value.sizes()).copy_(tensor->value);
    });
}

int fill_from_host(avprep_tensor *tensor, const void *data, int64_t bytes) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        check_bytes(tensor->value, bytes);
        tensor->value.copy_(view(data, tensor->value.scalar_type(), tensor->value.sizes()));
    });
}

int shape(int32_t *rank, int64_t *sizes, int32_t capacity, const avprep_tensor *tensor) {
    return guarded([&] {
        const auto all = tensor->value.sizes();
        *rank = static_cast<int32_t>(all.size());
        const size_t count = std::min(all.size(), static_cast<size_t>(std::max(capacity, 0)));
        std::copy(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), sizes);
    });
}

int type(int32_t *type, const avprep_tensor *tensor) {
    return guarded([&] {
        switch (tensor->value.scalar_type()) {
            case at::kFloat: *type = AVPREP_FLOAT32; break;
            case at::kByte: *type = AVPREP_UINT8; break;
            case at::kLong: *type = AVPREP_INT64; break;
            case at::kBFloat16: *type = AVPREP_BFLOAT16; break;
            default: fail("an element type that the interface does not name");
        }
    });
}

int device(int32_t *device, const avprep_tensor *tensor) {
    return guarded([&] {
        *device = tensor->value.is_cuda() ? static_cast<int32_t>(tensor->value.device().index()) : AVPREP_CPU;
    });
}

void release(avprep_tensor *tensor) {
    if (tensor == nullptr) return;
    live.fetch_sub(1, std::memory_order_relaxed);
    delete tensor;
}

int clone(avprep_tensor **out, const avprep_tensor *tensor) {
    return making(out, [&] { return tensor->value.clone(); });
}

int detach(avprep_tensor **out, const avprep_tensor *tensor) {
    return making(out, [&] { return tensor->value.detach(); });
}

int to_device(avprep_tensor **out, const avprep_tensor *tensor, int32_t device) {
    return making(out, [&] { return tensor->value.to(device_of(device)); });
}

int to_type(avprep_tensor **out, const avprep_tensor *tensor, int32_t type) {
    return making(out, [&] { return tensor->value.to(scalar_type(type)); });
}

int to_order(avprep_tensor **out, const avprep_tensor *tensor, int32_t order) {
    return making(out, [&] { return tensor->value.contiguous(memory_format(order)); });
}

// -- Autograd --------------------------------------------------------------------------------------------------------

int set_requires_gradient(avprep_tensor *tensor, int32_t on) {
    return guarded([&] { tensor->value.requires_grad_(on != 0); });
}

int requires_gradient(int32_t *on, const avprep_tensor *tensor) {
    return guarded([&] { *on = tensor->value.requires_grad() ? 1 : 0; });
}

int gradient(avprep_tensor **out, const avprep_tensor *tensor) {
    return guarded([&] {
        const at::Tensor &found = tensor->value.grad();
        *out = found.defined() ? give(found) : nullptr;
    });
}

int clear_gradient(avprep_tensor *tensor) {
    return guarded([&] { tensor->value.mutable_grad().reset(); });
}

int backward(const avprep_tensor *tensor) {
    return guarded([&] { tensor->value.backward(); });
}

int set_recording(int32_t *was, int32_t on) {
    return guarded([&] {
        *was = c10::GradMode::is_enabled() ? 1 : 0;
        c10::GradMode::set_enabled(on != 0);
    });
}

// -- Shapes ----------------------------------------------------------------------------------------------------------

int reshape(avprep_tensor **out, const avprep_tensor *tensor, const int64_t *shape, int32_t rank) {
    return making(out, [&] { return tensor->value.reshape(list(shape, rank)); });
}

int permute(avprep_tensor **out, const avprep_tensor *tensor, const int64_t *dimensions, int32_t rank) {
    return making(out, [&] { return tensor->value.permute(list(dimensions, rank)); });
}

int narrow(avprep_tensor **out, const avprep_tensor *tensor, int64_t dimension, int64_t start, int64_t length) {
    return making(out, [&] { return tensor->value.narrow(dimension, start, length); });
}

int index_select(avprep_tensor **out, const avprep_tensor *tensor, int64_t dimension, const avprep_tensor *indices) {
    return making(out, [&] { return tensor->value.index_select(dimension, indices->value); });
}

int concatenate(avprep_tensor **out, const avprep_tensor *const *tensors, int32_t count, int64_t dimension) {
    return making(out, [&] {
        std::vector<at::Tensor> values;
        for (int32_t i = 0; i < count; ++i) values.push_back(tensors[i]->value);
        return at::cat(values, dimension);
    });
}

// -- Elements --------------------------------------------------------------------------------------------------------

int unary(avprep_tensor **out, int32_t operation, const avprep_tensor *tensor) {
    return making(out, [&] {
        switch (operation) {
            case AVPREP_RELU: return at::relu(tensor->value);
            case AVPREP_SQUARE_ROOT: return at::sqrt(tensor->value);
            case AVPREP_RELU_IN_PLACE: return at::Tensor(tensor->value).relu_();
            case AVPREP_TANH: return at::tanh(tensor->value);
            case AVPREP_ABSOLUTE: return at::abs(tensor->value);
            default: fail("unknown operation " + std::to_string(operation));
        }
    });
}

int binary(avprep_tensor **out, int32_t operation, const avprep_tensor *left, const avprep_tensor *right) {
    return making(out, [&] {
        switch (operation) {
            case AVPREP_ADD: return at::add(left->value, right->value);
            case AVPREP_SUBTRACT: return at::sub(left->value, right->value);
            case AVPREP_MULTIPLY: return at::mul(left->value, right->value);
            case AVPREP_DIVIDE: return at::div(left->value, right->value);
            case AVPREP_ADD_IN_PLACE: return at::Tensor(left->value).add_(right->value);
            default: fail("unknown operation " + std::to_string(operation));
        }
    });
}

int scalar(avprep_tensor **out, int32_t operation, const avprep_tensor *tensor, double value) {
    return making(out, [&] {
        switch (operation) {
            case AVPREP_ADD: return at::add(tensor->value, value);
            case AVPREP_SUBTRACT: return at::sub(tensor->value, value);
            case AVPREP_MULTIPLY: return at::mul(tensor->value, value);
            case AVPREP_DIVIDE: return at::div(tensor->value, value);
            case AVPREP_POWER: return at::pow(tensor->value, value);
            case AVPREP_CLAMP_MINIMUM: return at::clamp_min(tensor->value, value);
            case AVPREP_LEAKY_RELU: return at::leaky_relu(tensor->value, value);
            default: fail("unknown operation " + std::to_string(operation));
        }
    });
}

int reduce(avprep_tensor **out, int32_t operation, const avprep_tensor *tensor, const int64_t *dimensions,
           int32_t count, int32_t keep_dimensions) {
    return making(out, [&] {
        std::vector<int64_t> along(dimensions, dimensions + std::max(count, 0));
        if (along.empty())
            for (int64_t i = 0; i < tensor->value.dim(); ++i) along.push_back(i);
        const bool keep = keep_dimensions != 0;
        switch (operation) {
            case AVPREP_SUM: return at::sum(tensor->value, at::IntArrayRef(along), keep);
            case AVPREP_MEAN: return at::mean(tensor->value, at::IntArrayRef(along), keep);
            case AVPREP_MAXIMUM: return at::amax(tensor->value, at::IntArrayRef(along), keep);
            default: fail("unknown operation " + std::to_string(operation));
        }
    });
}

// -- Layers ----------------------------------------------------------------------------------------------------------

int convolution(avprep_tensor **out, const avprep_tensor *input, const avprep_tensor *weight, const avprep_tensor *bias,
                int32_t rank, const int64_t *stride, const int64_t *padding) {
    return making(out, [&] {
        check_rank(rank);
        const at::Tensor &x = input->value, &w = weight->value;
        const auto p = list(padding, rank);
        std::vector<int64_t> s(stride, stride + rank);
        // Where the window fits once the stride says nothing. In bfloat16 oneDNN 3.x writes past the end there, for a
        // window of several over a size of one with a stride of two.
        if (is_autocast(x))
            for (int32_t i = 0; i < rank; ++i)
                if (x.dim() == rank + 2 && w.dim() == rank + 2 && x.size(i + 2) + 2 * p[i] == w.size(i + 2)) s[i] = 1;
        return rank == 2 ? at::conv2d(x, w, optional(bias), s, p) : at::conv3d(x, w, optional(bias), s, p);
    });
}

int linear(avprep_tensor **out, const avprep_tensor *input, const avprep_tensor *weight, const avprep_tensor *bias) {
    return making(out, [&] { return at::linear(input->value, weight->value, optional(bias)); });
}

int batch_norm(avprep_tensor **out, const avprep_tensor *input, const avprep_tensor *weight, const avprep_tensor *bias,
               avprep_tensor *running_mean, avprep_tensor *running_variance, avprep_tensor *batches, int32_t training,
               double momentum, double epsilon) {
    return making(out, [&] {
        const at::Tensor &x = input->value;
        if (x.dim() < 2) fail("batch normalisation of a tensor with fewer than two dimensions");
        if (training != 0 && x.numel() / std::max<int64_t>(x.size(1), 1) < 2)
            fail("batch normalisation needs more than one value per channel in training");
        at::Tensor result = at::batch_norm(
            x, weight->value, bias->value, running_mean->value, running_variance->value, training != 0, momentum,
            epsilon, at::globalContext().userEnabledCuDNN());
        if (training != 0) batches->value.add_(1);
        return result;
    });
}

int max_pool(avprep_tensor **out, const avprep_tensor *input, int32_t rank, const int64_t *kernel, const int64_t *stride,
             const int64_t *padding) {
    return making(out, [&] {
        check_rank(rank);
        const auto k = list(kernel, rank), s = list(stride, rank), p = list(padding, rank);
        return rank == 2 ? at::max_pool2d(input->value, k, s, p) : at::max_pool3d(input->value, k, s, p);
    });
}

int adaptive_average_pool(avprep_tensor **out, const avprep_tensor *input, int32_t rank, const int64_t *size) {
    return making(out, [&] {
        check_rank(rank);
        return rank == 2 ? at::adaptive_avg_pool2d(input->value, list(size, rank))
                         : at::adaptive_avg_pool3d(input->value, list(size, rank));
    });
}

int dropout(avprep_tensor **out, const avprep_tensor *input, double probability, uint64_t seed) {
    return making(out, [&] {
        if (!(probability >= 0 && probability < 1)) fail("a dropout probability outside [0, 1)");
        // A separate generator: with the process-wide one the result would depend on earlier calls.
        at::Generator generator = at::globalContext().defaultGenerator(input->value.device()).clone();
        generator.set_current_seed(seed);
        at::Tensor mask;
        {
            const c10::NoGradGuard unrecorded;
            mask = at::empty_like(input->value).bernoulli_(1 - probability, generator).div_(1 - probability);
        }
        return at::mul(input->value, mask);
    });
}

// -- Losses ----------------------------------------------------------------------------------------------------------

int cross_entropy(avprep_tensor **out, const avprep_tensor *logits, const avprep_tensor *classes) {
    return making(out, [&] {
        if (logits->value.dim() != 2) fail("cross entropy takes logits of shape [N, classes]");
        return at::nll_loss(at::log_softmax(logits->value.to(at::kFloat), 1), classes->value);
    });
}

int binary_cross_entropy(avprep_tensor **out, const avprep_tensor *logits, const avprep_tensor *targets) {
    return making(out, [&] { return at::binary_cross_entropy_with_logits(logits->value.to(at::kFloat), targets->value); });
}

// -- Optimisers ------------------------------------------------------------------------------------------------------

// The gradient of a parameter plus weight decay.
at::Tensor decayed_gradient(const at::Tensor &parameter, double weight_decay) {
    const at::Tensor &gradient = parameter.grad();
    return weight_decay == 0 ? gradient : at::add(gradient, parameter, weight_decay);
}

int sgd_step(const avprep_tensor *const *parameters, avprep_tensor **momenta, int32_t count, double learning_rate,
             double momentum, double dampening, double weight_decay, int32_t nesterov) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        for (int32_t i = 0; i < count; ++i) {
            at::Tensor parameter = parameters[i]->value;
            if (!parameter.grad().defined()) continue;
            at::Tensor direction = decayed_gradient(parameter, weight_decay);
            if (momentum != 0) {
                if (momenta[i] == nullptr) {
                    momenta[i] = give(direction.clone());
                } else {
                    momenta[i]->value.mul_(momentum).add_(direction, 1 - dampening);
                }
                const at::Tensor &velocity = momenta[i]->value;
                direction = nesterov != 0 ? at::add(direction, velocity, momentum) : velocity;
            }
            parameter.add_(direction, -learning_rate);
        }
    });
}

int adam_step(const avprep_tensor *const *parameters, avprep_tensor **first, avprep_tensor **second, int32_t count,
              int64_t step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
              int32_t decoupled) {
    return guarded([&] {
        const c10::NoGradGuard unrecorded;
        if (step < 1) fail("Adam counts its steps from 1");
        const double correction1 = 1 - std::pow(beta1, static_cast<double>(step));
        const double correction2 = 1 - std::pow(beta2, static_cast<double>(step));
        for (int32_t i = 0; i < count; ++i) {
            at::Tensor parameter = parameters[i]->value;
            if (!parameter.grad().defined()) continue;
            const at::Tensor gradient = decayed_gradient(parameter, decoupled != 0 ? 0 : weight_decay);
            if (decoupled != 0) parameter.mul_(1 - learning_rate * weight_decay);
            if (first[i] == nullptr) first[i] = give(at::zeros_like(parameter));
            if (second[i] == nullptr) second[i] = give(at::zeros_like(parameter));
            first[i]->value.mul_(beta1).add_(gradient, 1 - beta1);
            second[i]->value.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
            const at::Tensor scale = at::sqrt(second[i]->value).div_(std::sqrt(correction2)).add_(epsilon);
            parameter.addcdiv_(first[i]->value, scale, -learning_rate / correction1);
        }
    });
}

int clip_gradients(avprep_tensor **norm, const avprep_tensor *const *parameters, int32_t count, double maximum) {
    return making(norm, [&] {
        const c10::NoGradGuard unrecorded;
        std::vector<at::Tensor> gradients, norms;
        for (int32_t i = 0; i < count; ++i) {
            const at::Tensor &gradient = parameters[i]->value.grad();
            if (!gradient.defined()) continue;
            gradients.push_back(gradient);
            norms.push_back(at::norm(gradient));
        }
        if (norms.empty()) return at::zeros({});
        const at::Tensor total = at::norm(at::stack(norms));
        // On the device, without waiting for the number. A norm that is no number stays one: its reader sees it.
        const at::Tensor factor = at::clamp_max(maximum / (total + 1e-6), 1);
        for (at::Tensor &gradient : gradients) gradient.mul_(factor);
        return total;
    });
}

// -- Later layers ----------------------------------------------------------------------------------------------------

int pad(avprep_tensor **out, const avprep_tensor *input, int32_t rank, const int64_t *before, const int64_t *after) {
    return making(out, [&] {
        check_rank(rank);
        // ATen counts from the last dimension.
        std::vector<int64_t> sizes;
        for (int32_t i = rank - 1; i >= 0; --i) {
            sizes.push_back(before[i]);
            sizes.push_back(after[i]);
        }
        return at::constant_pad_nd(input->value, sizes, 0);
    });
}

int transposed_convolution(avprep_tensor **out, const avprep_tensor *input, const avprep_tensor *weight,
                           const avprep_tensor *bias, int32_t rank, const int64_t *stride, const int64_t *padding) {
    return making(out, [&] {
        check_rank(rank);
        const auto s = list(stride, rank), p = list(padding, rank);
        return rank == 2 ? at::conv_transpose2d(input->value, weight->value, optional(bias), s, p)
                         : at::conv_transpose3d(input->value, weight->value, optional(bias), s, p);
    });
}

int log_softmax(avprep_tensor **out, const avprep_tensor *logits, int64_t dimension) {
    return making(out, [&] { return at::log_softmax(logits->value, dimension, at::kFloat); });
}

// In the header's order; a function of another type would not compile.
const avprep_engine_api api = {
    AVPREP_ENGINE_ABI,
    description, last_error, live_tensors, device_count, set_threads, threads, set_deterministic,
    keep_memory, set_autocast,
    from_host, borrow_host, wait_for_copies, allocate_host, free_host, zeros, to_host, fill_from_host, shape, type, device, release, clone, detach, to_device, to_type, to_order,
    set_requires_gradient, requires_gradient, gradient, clear_gradient, backward, set_recording,
    reshape, permute, narrow, index_select, concatenate,
    unary, binary, scalar, reduce,
    convolution, linear, batch_norm, max_pool, adaptive_average_pool, dropout,
    cross_entropy, binary_cross_entropy,
    sgd_step, adam_step, clip_gradients,
    pad, log_softmax, transposed_convolution,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const avprep_engine_api *avprep_engine(uint32_t abi_version) {
    return abi_version == AVPREP_ENGINE_ABI ? &api : nullptr;
}
