// What Swift cannot call by itself to put a decoder process into a box: fork, control messages with descriptors, sealed
// memory, limits, Landlock and the system call filter. Functions return -1 and set errno when the system refuses.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- processes ------------------------------------------------------------------------------------------------------

// fork(2), which Swift hides: only for a process with a single thread.
pid_t avprep_fork(void);

// Closes every descriptor from `first` on.
void avprep_close_from(int first);

// What a process that has ended came to, by wait4(2).
struct avprep_exit {
    // As wait(2) encodes it: see the four functions below.
    int status;
    // In user and system mode, with the processes it has waited for.
    double cpu_seconds;
    // The most it ever held in memory.
    int64_t peak_bytes;
};

// Waits for a child to end.
int avprep_wait(pid_t pid, struct avprep_exit *exit);

// Function-like macros of <sys/wait.h>: the code of a process that ended by itself, or -1; the signal that ended one, or 0.
int avprep_exit_code(int status);
int avprep_exit_signal(int status);

// The calling process dies with the thread that forked it; -1 if that one, `parent`, is gone already.
int avprep_die_with_parent(pid_t parent);

// Bytes of private memory that the calling process can write to, which RLIMIT_DATA counts; -1 where /proc does not tell.
int64_t avprep_data_bytes(void);

// --- messages -------------------------------------------------------------------------------------------------------

// A connected pair of sockets that keep message boundaries, closed on exec.
int avprep_channel_pair(int ends[2]);

// Sends one message with up to 4 descriptors, without SIGPIPE. `waits`: whether to wait while the socket is full.
ssize_t avprep_channel_send(
    int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count, int waits);

// Receives one message, 0 at the end. Descriptors that come with it are closed on exec; those beyond `capacity` never
// arrive. A message that does not fit, or that brings more descriptors than wanted, is EMSGSIZE.
ssize_t avprep_channel_receive(
    int socket, void *bytes, size_t size, int *descriptors, int capacity, int *descriptor_count);

// --- shared memory --------------------------------------------------------------------------------------------------

// Anonymous memory of so many bytes as a descriptor, which nobody can make shorter or longer.
int avprep_memory_file(size_t bytes);

// --- the box --------------------------------------------------------------------------------------------------------

// Descriptors of a decoder process; others are closed, and the filter names them.
enum {
    avprep_box_socket = 3,
    avprep_box_file = 4,
    // Open as long as the process lives: how its end is noticed.
    avprep_box_life = 5,
    // The first number a received descriptor gets.
    avprep_box_memory = 6,
};

// Whether this kernel can filter system calls and kill the process that makes a forbidden one.
int avprep_has_seccomp(void);

// The version of Landlock's interface, 0 where this kernel has none.
int avprep_landlock_version(void);

// Takes away every file, and from version 4 on TCP, from this process and its children, for good.
int avprep_landlock_restrict(void);

// The rules of the filter, ready to be loaded by ``avprep_box_enter``; NULL with errno when they cannot be made.
void *avprep_box_rules(void);

struct avprep_box_limits {
    uint64_t cpu_seconds;
    // Private writable memory, in bytes.
    uint64_t memory_bytes;
};

// Limits the calling process and, with `rules`, lets only the system calls of a decoder through. There is no way back.
int avprep_box_enter(const struct avprep_box_limits *limits, void *rules);
