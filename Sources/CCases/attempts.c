// What a test has a confined process try: each of these must fail there, or end the process.
#define _GNU_SOURCE
#include "ccases.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int ccases_try_open(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0 ? 0 : -1;
}

int ccases_try_socket(void) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0 ? 0 : -1;
}

int ccases_try_execute(const char *path) {
    char *const arguments[] = {(char *)path, NULL};
    char *const environment[] = {NULL};
    // Returns only where it failed.
    return execve(path, arguments, environment);
}

int ccases_try_fork(void) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    return pid > 0 ? 0 : -1;
}

int ccases_try_kill(pid_t pid) { return kill(pid, 0); }

static void *nothing(void *argument) { return argument; }

int ccases_try_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0) return -1;
    pthread_join(thread, NULL);
    return 0;
}

int ccases_try_executable_memory(void) {
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return -1;
    munmap(memory, 4096);
    return 0;
}
