#define _GNU_SOURCE
#include "cmapping.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The handler may run at any moment in any thread, and takes no lock: it walks a list whose nodes are never freed, only
// used again. A node that is in use does not change, and only one in use can cover the address that was read.
struct mapping {
    struct mapping *next;
    // 0: free.
    _Atomic uintptr_t start;
    size_t length;
    char *path;
};

static _Atomic(struct mapping *) first;
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t listening = PTHREAD_ONCE_INIT;
static struct sigaction before;
// Whether a thread tells of its fault already. A file that is cut stops all that read it, at the same moment.
static atomic_flag telling = ATOMIC_FLAG_INIT;

static void say(const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t count = write(STDERR_FILENO, text, length);
        if (count <= 0) return;
        text += count;
        length -= (size_t)count;
    }
}

static void on_bus_error(int number, siginfo_t *information, void *context) {
    (void)number, (void)context;
    uintptr_t place = (uintptr_t)information->si_addr;
    for (struct mapping *mapping = atomic_load(&first); mapping; mapping = mapping->next) {
        uintptr_t start = atomic_load(&mapping->start);
        if (start == 0 || place < start || place - start >= mapping->length) continue;
        while (atomic_flag_test_and_set(&telling)) pause();
        say("avprep: ");
        say(mapping->path);
        say(" was cut while it was read, or its disk failed; avprep verify says what is damaged\n");
        _exit(1);
    }
    // Not ours: the same instruction fails again, and is handled as it was before.
    sigaction(SIGBUS, &before, NULL);
}

static void listen(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

void *avprep_mapping_add(const void *start, size_t length, const char *path) {
    pthread_once(&listening, listen);
    char *copy = strdup(path);
    if (!copy) return NULL;
    // A name with control characters must not become several lines.
    for (char *letter = copy; *letter; letter++) {
        if ((unsigned char)*letter < 32 || *letter == 127) *letter = '?';
    }
    pthread_mutex_lock(&changing);
    struct mapping *mapping = atomic_load(&first);
    while (mapping && atomic_load(&mapping->start) != 0) mapping = mapping->next;
    int is_new = mapping == NULL;
    if (is_new) mapping = calloc(1, sizeof *mapping);
    if (mapping) {
        mapping->length = length;
        mapping->path = copy;
        atomic_store(&mapping->start, (uintptr_t)start);
        if (is_new) {
            mapping->next = atomic_load(&first);
            atomic_store(&first, mapping);
        }
    } else {
        free(copy);
    }
    pthread_mutex_unlock(&changing);
    return mapping;
}

void avprep_mapping_remove(void *pointer) {
    struct mapping *mapping = pointer;
    pthread_mutex_lock(&changing);
    atomic_store(&mapping->start, 0);
    free(mapping->path);
    mapping->path = NULL;
    pthread_mutex_unlock(&changing);
}
