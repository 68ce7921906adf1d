// Functions for sandboxing a decoder process that Swift cannot call directly: fork, control messages with descriptors,
// sealed memory, limits, Landlock and the system call filter. They return -1 and set errno on failure.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- processes ------------------------------------------------------------------------------------------------------

// fork(2), which Swift hides: only for a single-threaded process.
pid_t avprep_fork(void);

// Closes all descriptors from `first` on.
void avprep_close_from(int first);

// The result of an ended process, by wait4(2).
struct avprep_exit {
    // Encoded as by wait(2): see the four functions below.
    int status;
    // User and system time, including the processes it has waited for.
    double cpu_seconds;
    // Peak resident memory.
    int64_t peak_bytes;
};

// Waits for a child to end.
int avprep_wait(pid_t pid, struct avprep_exit *exit);

// Function-like macros of <sys/wait.h>: the exit code of a process, or -1; the signal that ended it, or 0.
int avprep_exit_code(int status);
int avprep_exit_signal(int status);

// Makes the calling process die with the thread that forked it; -1 if that process, `parent`, has already ended.
int avprep_die_with_parent(pid_t parent);

// Private writable memory of the calling process in bytes, which RLIMIT_DATA counts; -1 where /proc is not available.
int64_t avprep_data_bytes(void);

// --- messages -------------------------------------------------------------------------------------------------------

// A connected pair of sockets that keep message boundaries, closed on exec.
int avprep_channel_pair(int ends[2]);

// Sends one message with up to 4 descriptors, without SIGPIPE. `waits`: whether to wait while the socket is full.
ssize_t avprep_channel_send(
    int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count, int waits);

// Receives one message, 0 at the end. Descriptors that come with it are closed on exec; those beyond `capacity` are
// dropped. A message that does not fit, or with more descriptors than expected, is EMSGSIZE.
ssize_t avprep_channel_receive(
    int socket, void *bytes, size_t size, int *descriptors, int capacity, int *descriptor_count);

// --- shared memory --------------------------------------------------------------------------------------------------

// Anonymous memory of this size as a descriptor, whose size is sealed.
int avprep_memory_file(size_t bytes);

// --- the sandbox ----------------------------------------------------------------------------------------------------

// Descriptors of a decoder process; others are closed, and the filter refers to these.
enum {
    avprep_box_socket = 3,
    avprep_box_file = 4,
    // Open while the process lives: its end is detected by it.
    avprep_box_life = 5,
    // The number of a received descriptor.
    avprep_box_memory = 6,
};

// Whether this kernel can filter system calls and kill the process that makes a forbidden one.
int avprep_has_seccomp(void);

// The version of the Landlock interface, 0 where this kernel has none.
int avprep_landlock_version(void);

// Permanently denies access to all files, and from version 4 to TCP, for this process and its children.
int avprep_landlock_restrict(void);

// Builds the filter rules for ``avprep_box_enter``; NULL with errno on failure.
void *avprep_box_rules(void);

struct avprep_box_limits {
    uint64_t cpu_seconds;
    // Private writable memory, in bytes.
    uint64_t memory_bytes;
};

// Limits the calling process and, with `rules`, allows only the system calls of a decoder. This cannot be undone.
int avprep_box_enter(const struct avprep_box_limits *limits, void *rules);
