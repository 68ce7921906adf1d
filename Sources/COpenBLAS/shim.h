#pragma once
#include <cblas.h>
#include <stddef.h>

// Debian's OpenBLAS has LAPACK's routines, but no header that declares them. The last argument of dposv is the length of
// `uplo`, which Fortran passes unseen.
void dposv_(
    const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb, int *info,
    size_t uplo_length);
void dgesv_(
    const int *n, const int *nrhs, double *a, const int *lda, int *ipiv, double *b, const int *ldb, int *info);
void dgelsd_(
    const int *m, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb, double *s,
    const double *rcond, int *rank, double *work, const int *lwork, int *iwork, int *info);

// LAPACK's dposv with one right side and tight columns: everything is passed by address there. Returns its `info`.
static inline int avprep_dposv(char uplo, int size, double *matrix, double *right) {
    const int one = 1;
    int info = 0;
    dposv_(&uplo, &size, &one, matrix, &size, right, &size, &info, 1);
    return info;
}

// LAPACK's dgesv with tight columns.
static inline int avprep_dgesv(int size, int sides, double *matrix, int *pivots, double *right) {
    int info = 0;
    dgesv_(&size, &sides, matrix, &size, pivots, right, &size, &info);
    return info;
}

// LAPACK's dgelsd of a square matrix with tight columns; with `length` -1 it tells in `work` and `numbers` how much it takes.
static inline int avprep_dgelsd(
    int size, int sides, double *matrix, double *right, double *singular, double cutoff, double *work, int length,
    int *numbers) {
    int info = 0, rank = 0;
    dgelsd_(
        &size, &size, &sides, matrix, &size, right, &size, singular, &cutoff, &rank, work, &length, numbers, &info);
    return info;
}
