#pragma once
#include <cblas.h>
#include <stddef.h>

// Debian's OpenBLAS has LAPACK's routines, but no header that declares them. The last argument is the length of `uplo`,
// which Fortran passes unseen.
void dposv_(
    const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb, int *info,
    size_t uplo_length);

// LAPACK's dposv with one right side and tight columns: everything is passed by address there. Returns its `info`.
static inline int avprep_dposv(char uplo, int size, double *matrix, double *right) {
    const int one = 1;
    int info = 0;
    dposv_(&uplo, &size, &one, matrix, &size, right, &size, &info, 1);
    return info;
}
