#include "cboostmath.h"

#include <boost/math/distributions/students_t.hpp>

namespace {

namespace policies = boost::math::policies;

// Too large for a double is infinite here, not an error; what else goes wrong is thrown.
using Policy = policies::policy<policies::overflow_error<policies::ignore_error>>;
using Student = boost::math::students_t_distribution<double, Policy>;

// Runs `body`; no C++ exception crosses the C boundary.
template <typename Body>
int guarded(double *result, Body body) noexcept {
    try {
        *result = body();
        return 0;
    } catch (...) {
        return -1;
    }
}

}  // namespace

int cboostmath_student_upper_tail(double degrees, double t, double *tail) {
    return guarded(tail, [=] { return cdf(complement(Student(degrees), t)); });
}

int cboostmath_student_quantile(double degrees, double tail, double *value) {
    return guarded(value, [=] { return quantile(complement(Student(degrees), tail)); });
}
