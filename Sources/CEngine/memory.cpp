// What operations take of memory: avprep_memory.h over the reports of libtorch's allocators, which its profiler reads, too.
#include "avprep_memory.h"

#include "shared.hpp"

#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/version.h>

#include <algorithm>
#include <memory>
#include <mutex>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace {

using avprep::fail;
using avprep::guarded;

at::Device device_of(int32_t device) {
    return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device));
}

// What is reported by the thread that counts, and by those that compute gradients for it.
class Count : public c10::MemoryReportingInfoBase {
   public:
    explicit Count(at::Device device) : device_(device) {}

    // The totals have had two types; one of these two overrides.
    void reportMemoryUsage(void *, int64_t bytes, size_t, size_t, c10::Device device) { add(bytes, device); }
    void reportMemoryUsage(void *, int64_t bytes, int64_t, int64_t, c10::Device device) { add(bytes, device); }

    bool memoryProfilingEnabled() const override { return true; }

    int64_t peak() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return peak_;
    }

   private:
    void add(int64_t bytes, c10::Device device) {
        if (device.type() != device_.type() || (device_.has_index() && device.index() != device_.index())) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        now_ += bytes;
        peak_ = std::max(peak_, now_);
    }

    const at::Device device_;
    std::mutex mutex_;
    int64_t now_ = 0, peak_ = 0;
};

thread_local std::shared_ptr<Count> count;

int begin_count(int32_t device) {
    return guarded([&] {
        if (count) fail("memory is counted already");
        auto fresh = std::make_shared<Count>(device_of(device));
        c10::ThreadLocalDebugInfo::_push(c10::DebugInfoKind::PROFILER_STATE, fresh);
        count = std::move(fresh);
    });
}

int end_count(int64_t *peak) {
    return guarded([&] {
        if (!count) fail("memory is not counted");
        c10::ThreadLocalDebugInfo::_pop(c10::DebugInfoKind::PROFILER_STATE);
        *peak = count->peak();
        count.reset();
    });
}

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
// Later versions of 2.x tell it, by this name.
template <typename Allocator>
auto free_of(Allocator *allocator, c10::DeviceIndex device, int)
    -> decltype(static_cast<int64_t>(allocator->getMemoryInfo(device).first)) {
    return static_cast<int64_t>(allocator->getMemoryInfo(device).first);
}

template <typename Allocator>
int64_t free_of(Allocator *, c10::DeviceIndex, long) {
    return -1;
}
#endif

int free_memory(int64_t *bytes, int32_t device) {
    return guarded([&] {
        if (device < 0) fail("a CPU's memory is told by the system");
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
        *bytes = free_of(at::getDeviceAllocator(at::kCUDA), static_cast<c10::DeviceIndex>(device), 0);
#else
        *bytes = -1;
#endif
    });
}

// In the header's order; a function of another type would not compile.
const avprep_memory_api api = {AVPREP_MEMORY_ABI, begin_count, end_count, free_memory};

}  // namespace

extern "C" __attribute__((visibility("default"))) const avprep_memory_api *avprep_engine_memory(uint32_t abi_version) {
    return abi_version == AVPREP_MEMORY_ABI ? &api : nullptr;
}
