// Counts what a thread allocates, so that tests can show that a loop allocates nothing.
#pragma once

#include <stdint.h>

/// How often the calling thread has asked for memory so far; -1 where it is not counted (outside of glibc, and under
/// sanitizers, which have allocators of their own).
int64_t callocationcount_of_this_thread(void);
