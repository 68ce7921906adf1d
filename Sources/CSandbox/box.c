// The sandbox of a decoder process: resource limits, Landlock, and the system call filter.
#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// --- Landlock: by system call number, since the C library has no wrappers and older headers lack newer rights
// -------------

enum { landlock_create_ruleset = 444, landlock_restrict_self = 446 };

struct landlock_rules {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

int avprep_landlock_version(void) {
    long version = syscall(landlock_create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
    return version > 0 ? (int)version : 0;
}

int avprep_landlock_restrict(void) {
    int version = avprep_landlock_version();
    if (version == 0) {
        errno = ENOSYS;
        return -1;
    }
    // All rights of this version are handled, and no rule grants one. Bits by linux/landlock.h.
    struct landlock_rules rules = {.files = (1u << 13) - 1};
    size_t size = sizeof rules.files;
    if (version >= 2) rules.files |= 1u << 13;
    if (version >= 3) rules.files |= 1u << 14;
    if (version >= 5) rules.files |= 1u << 15;
    if (version >= 4) {
        rules.network = 3;
        size = sizeof rules.files + sizeof rules.network;
    }
    if (version >= 6) {
        // Abstract sockets and signals to processes outside of the sandbox.
        rules.scoped = 1;
        size = sizeof rules;
    }
    int descriptor = (int)syscall(landlock_create_ruleset, &rules, size, 0u);
    if (descriptor < 0) return -1;
    int status = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (status == 0) status = (int)syscall(landlock_restrict_self, descriptor, 0u);
    int error = errno;
    close(descriptor);
    errno = error;
    return status;
}

// --- the filter ---------------------------------------------------------------------------------------------------------

int avprep_has_seccomp(void) {
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

// Allowed with any arguments: they affect only the calling process.
static const int harmless[] = {
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

// Refused without killing the process: the C library and codecs ask for a time zone, the number of processors or the
// amount of memory, and work without an answer.
static const int refused[] = {
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getrusage),
    SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(ioctl), SCMP_SYS(fcntl), SCMP_SYS(prctl),
    SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(mlock),
    SCMP_SYS(mbind), SCMP_SYS(set_mempolicy),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ALLOW(...) status |= seccomp_rule_add(rules, SCMP_ACT_ALLOW, __VA_ARGS__)
#define REFUSE(error, ...) status |= seccomp_rule_add(rules, SCMP_ACT_ERRNO(error), __VA_ARGS__)

void *avprep_box_rules(void) {
    scmp_filter_ctx rules = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!rules) {
        errno = ENOMEM;
        return NULL;
    }
    int status = seccomp_attr_set(rules, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t index = 0; index < COUNT(harmless); index++) ALLOW(harmless[index], 0);
    for (size_t index = 0; index < COUNT(refused); index++) REFUSE(EACCES, refused[index], 0);
    // The three objects it needs: the file, the client's socket, and the shared memory.
    ALLOW(SCMP_SYS(pread64), 1, SCMP_A0(SCMP_CMP_EQ, avprep_box_file));
    ALLOW(SCMP_SYS(recvmsg), 1, SCMP_A0(SCMP_CMP_EQ, avprep_box_socket));
    ALLOW(SCMP_SYS(sendmsg), 1, SCMP_A0(SCMP_CMP_EQ, avprep_box_socket));
    ALLOW(SCMP_SYS(close), 1, SCMP_A0(SCMP_CMP_GE, avprep_box_memory));
    // Final messages, which go to /dev/null.
    ALLOW(SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
    ALLOW(SCMP_SYS(writev), 1, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
    // No executable memory, and no shared memory but the client's: shared memory is not counted by RLIMIT_DATA.
    ALLOW(
        SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0), SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_SHARED, 0));
    ALLOW(
        SCMP_SYS(mmap), 3, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
        SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED), SCMP_A4(SCMP_CMP_EQ, avprep_box_memory));
    REFUSE(EACCES, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    ALLOW(SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    REFUSE(EACCES, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    // Decoders run in one thread. A codec library that wants more gets the error for too many threads; clone3 keeps its
    // flags in memory, which a filter cannot inspect, and the C library then tries clone.
    REFUSE(ENOSYS, SCMP_SYS(clone3), 0);
    REFUSE(EAGAIN, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    if (status == 0) return rules;
    seccomp_release(rules);
    errno = EINVAL;
    return NULL;
}

static int limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit value = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit(resource, &value);
}

int avprep_box_enter(const struct avprep_box_limits *limits, void *rules) {
    // SIGXCPU at the limit reports the cause; a process that survives it is killed soon after.
    signal(SIGXCPU, SIG_DFL);
    if (limit(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 5) < 0) return -1;
    if (limit(RLIMIT_DATA, limits->memory_bytes, limits->memory_bytes) < 0) return -1;
    if (limit(RLIMIT_CORE, 0, 0) < 0 || limit(RLIMIT_FSIZE, 0, 0) < 0 || limit(RLIMIT_NPROC, 0, 0) < 0) return -1;
    // One more than the memory's descriptor.
    if (limit(RLIMIT_NOFILE, avprep_box_memory + 1, avprep_box_memory + 1) < 0) return -1;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    if (!rules) return 0;
    // abort() sends a signal to its own process only.
    int status =
        seccomp_rule_add(rules, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    if (status == 0) status = seccomp_load(rules);
    if (status < 0) {
        errno = -status;
        return -1;
    }
    return 0;
}
