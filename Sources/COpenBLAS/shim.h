#include <cblas.h>

// The entry points of LAPACK that we call. OpenBLAS holds LAPACK itself, so lapacke.h and its library are not needed.
// Matrices are stored column by column; INFO is 0, or says which argument or leading minor is at fault.

// The Cholesky factor of a positive definite matrix, in place.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
// The inverse of a matrix of which the Cholesky factor is given, in place.
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

// Ends OpenBLAS's own threads, where it has any. The library calls it itself before a fork; builds without threads
// lack it.
int blas_thread_shutdown_(void) __attribute__((weak));

static inline void end_openblas_threads(void) {
  if (blas_thread_shutdown_) blas_thread_shutdown_();
}
