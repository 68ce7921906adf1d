// The few distributions of Boost.Math in use, as plain C.
//
// Every function returns 0 when it worked and -1 when its arguments are outside of what is written beside it; the result
// goes through a pointer and is written only on success. Functions may be called from any thread.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// The probability of a value above `t` (which may be infinite) under Student's distribution; degrees > 0.
int cboostmath_student_upper_tail(double degrees, double t, double *tail);

// The value that is exceeded with probability `tail`, in (0, 1); infinite where it is too large for a double. degrees > 0.
int cboostmath_student_quantile(double degrees, double tail, double *value);

#ifdef __cplusplus
}
#endif
