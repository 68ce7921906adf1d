// Processes, messages between them, and shared memory.
#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t avprep_fork(void) { return fork(); }

void avprep_close_from(int first) { closefrom(first); }

int avprep_wait(pid_t pid, struct avprep_exit *exit) {
    struct rusage usage;
    pid_t waited;
    do {
        waited = wait4(pid, &exit->status, 0, &usage);
    } while (waited < 0 && errno == EINTR);
    if (waited < 0) return -1;
    exit->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    exit->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
    return 0;
}

int avprep_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

int avprep_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int avprep_die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return -1;
    // The parent may have ended before the call above.
    return getppid() == parent ? 0 : -1;
}

int64_t avprep_data_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return -1;
    long size, resident, shared, text, library, data;
    int count = fscanf(file, "%ld %ld %ld %ld %ld %ld", &size, &resident, &shared, &text, &library, &data);
    fclose(file);
    return count == 6 ? (int64_t)data * sysconf(_SC_PAGESIZE) : -1;
}

int avprep_channel_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

enum { max_descriptors = 4 };

union control {
    char bytes[CMSG_SPACE(max_descriptors * sizeof(int))];
    struct cmsghdr header;
};

ssize_t avprep_channel_send(
    int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count, int waits) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (descriptor_count > max_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (descriptor_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)descriptor_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)descriptor_count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)descriptor_count * sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT));
    } while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t avprep_channel_receive(
    int socket, void *bytes, size_t size, int *descriptors, int capacity, int *descriptor_count) {
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    // Without room for them, unexpected descriptors are not installed.
    if (capacity > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    *descriptor_count = 0;
    if (received < 0) return -1;
    int dropped = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int arrived[max_descriptors];
        int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (count > max_descriptors) count = max_descriptors;
        memcpy(arrived, CMSG_DATA(header), (size_t)count * sizeof(int));
        for (int index = 0; index < count; index++) {
            if (*descriptor_count < capacity) {
                descriptors[(*descriptor_count)++] = arrived[index];
            } else {
                close(arrived[index]);
                dropped = 1;
            }
        }
    }
    if (dropped || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        while (*descriptor_count > 0) close(descriptors[--*descriptor_count]);
        errno = EMSGSIZE;
        return -1;
    }
    return received;
}

int avprep_memory_file(size_t bytes) {
    int descriptor = memfd_create("avprep", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    // If it were shortened, reading it would be fatal.
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    if (ftruncate(descriptor, (off_t)bytes) == 0 && fcntl(descriptor, F_ADD_SEALS, seals) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}
