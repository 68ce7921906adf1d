// What AVPrepCases needs of C: calls that Swift hides, and FFTW without the types of its header, which AVPrepAudio owns.
#pragma once
#include <sys/types.h>

// --- what a test has a confined process try --------------------------------------------------------------------------

// Each returns 0 if it could be done.
int ccases_try_open(const char *path);
int ccases_try_socket(void);
int ccases_try_execute(const char *path);
int ccases_try_fork(void);
int ccases_try_kill(pid_t pid);
int ccases_try_thread(void);
int ccases_try_executable_memory(void);

// --- FFTW's real transform with nothing around it --------------------------------------------------------------------

enum ccases_rigor {
    ccases_rigor_estimate,
    ccases_rigor_measure,
    ccases_rigor_patient,
};

// A plan of `fftwf_plan_many_dft_r2c` for `batch` transforms of `length` samples, with buffers of its own.
typedef struct ccases_transform ccases_transform;

// Forgets FFTW's wisdom before and after. FFTW plans in one thread at a time: nobody else may plan meanwhile.
// NULL when there is no plan, or no memory.
ccases_transform *ccases_transform_create(int length, int batch, enum ccases_rigor rigor);
void ccases_transform_execute(ccases_transform *transform);
void ccases_transform_destroy(ccases_transform *transform);
