// The collective library: avprep_collective.h over MPI.
#include "avprep_collective.h"

// The C interface alone.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

std::string error;
bool is_joined = false;

// What MPI says of a failure; 0 for success.
int checked(int code) {
    if (code == MPI_SUCCESS) return 0;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) length = 0;
    error.assign(text, static_cast<size_t>(std::max(length, 0)));
    std::replace(error.begin(), error.end(), '\n', ' ');
    if (error.empty()) error = "MPI failed with code " + std::to_string(code);
    return 1;
}

// MPI counts in int.
constexpr int64_t largest_count = 1 << 30;

// A process that ends for itself would leave the others waiting for it.
void end_all(int status, void *) {
    if (!is_joined) return;
    is_joined = false;
    MPI_Abort(MPI_COMM_WORLD, status == 0 ? 1 : status);
}

// Waits without keeping a core busy: others may have much longer to do, on the same machine.
int wait_for(MPI_Request *request) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
    for (;;) {
        int is_over = 0;
        if (checked(MPI_Test(request, &is_over, MPI_STATUS_IGNORE)) != 0) return 1;
        if (is_over != 0) return 0;
        if (std::chrono::steady_clock::now() > patience) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
}

const char *description() {
    static const std::string text = [] {
        char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
        int length = 0;
        if (MPI_Get_library_version(version, &length) != MPI_SUCCESS) return std::string("MPI");
        const std::string whole(version, static_cast<size_t>(length));
        return whole.substr(0, whole.find_first_of(",\n"));
    }();
    return text.c_str();
}

const char *last_error() { return error.c_str(); }

int begin(int32_t *rank, int32_t *size, int32_t *local_rank, int32_t *local_size) {
    int provided = 0, begun = 0;
    if (checked(MPI_Initialized(&begun)) != 0) return 1;
    // Autograd calls from threads of its own where the device is not the CPU; one at a time all the same.
    if (begun == 0 && checked(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided)) != 0) return 1;
    if (checked(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN)) != 0) return 1;
    if (begun == 0 && provided < MPI_THREAD_SERIALIZED) {
        error = "this MPI cannot be called from several threads";
        return 1;
    }
    if (begun == 0 && on_exit(end_all, nullptr) != 0) {
        error = "the process cannot be told to end the others with it";
        return 1;
    }
    is_joined = true;
    MPI_Comm local = MPI_COMM_NULL;
    int numbers[4] = {0, 0, 0, 0};
    if (checked(MPI_Comm_rank(MPI_COMM_WORLD, &numbers[0])) != 0 ||
        checked(MPI_Comm_size(MPI_COMM_WORLD, &numbers[1])) != 0 ||
        checked(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, numbers[0], MPI_INFO_NULL, &local)) != 0 ||
        checked(MPI_Comm_rank(local, &numbers[2])) != 0 || checked(MPI_Comm_size(local, &numbers[3])) != 0 ||
        checked(MPI_Comm_free(&local)) != 0)
        return 1;
    *rank = numbers[0];
    *size = numbers[1];
    *local_rank = numbers[2];
    *local_size = numbers[3];
    return 0;
}

// MPI waits busily; for as much as a model has, the processes meet before.
constexpr int64_t patient_count = 1 << 16;

int all_reduce(float *values, int64_t count) {
    if (count >= patient_count) {
        MPI_Request request = MPI_REQUEST_NULL;
        if (checked(MPI_Ibarrier(MPI_COMM_WORLD, &request)) != 0 || wait_for(&request) != 0) return 1;
    }
    for (int64_t start = 0; start < count; start += largest_count) {
        const int part = static_cast<int>(std::min(largest_count, count - start));
        if (checked(MPI_Allreduce(MPI_IN_PLACE, values + start, part, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD)) != 0)
            return 1;
    }
    return 0;
}

int all_gather(void *out, const void *bytes, int64_t count) {
    if (count < 0 || count > largest_count) {
        error = "too much at once: " + std::to_string(count) + " bytes";
        return 1;
    }
    MPI_Request request = MPI_REQUEST_NULL;
    const int size = static_cast<int>(count);
    if (checked(MPI_Iallgather(bytes, size, MPI_BYTE, out, size, MPI_BYTE, MPI_COMM_WORLD, &request)) != 0) return 1;
    return wait_for(&request);
}

int broadcast(void *bytes, int64_t count) {
    for (int64_t start = 0; start < count; start += largest_count) {
        const int part = static_cast<int>(std::min(largest_count, count - start));
        if (checked(MPI_Bcast(static_cast<char *>(bytes) + start, part, MPI_BYTE, 0, MPI_COMM_WORLD)) != 0) return 1;
    }
    return 0;
}

int leave() {
    if (!is_joined) return 0;
    MPI_Request request = MPI_REQUEST_NULL;
    if (checked(MPI_Ibarrier(MPI_COMM_WORLD, &request)) != 0 || wait_for(&request) != 0) return 1;
    is_joined = false;
    return checked(MPI_Finalize());
}

// In the header's order; a function of another type would not compile.
const avprep_collective_api api = {
    AVPREP_COLLECTIVE_ABI, description, last_error, begin, all_reduce, all_gather, broadcast, leave,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const avprep_collective_api *avprep_collective(uint32_t abi_version) {
    return abi_version == AVPREP_COLLECTIVE_ABI ? &api : nullptr;
}
