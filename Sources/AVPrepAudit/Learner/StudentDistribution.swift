import CBoostMath

/// Student's t, by Boost.Math: how far a mean of few independent values strays.
package struct StudentDistribution: Sendable {
    /// > 0, not necessarily whole.
    package let degreesOfFreedom: Double

    package init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// The probability of a value above `t`, which may be infinite.
    package func upperTail(_ t: Double) -> Double {
        var tail = 0.0
        let status = cboostmath_student_upper_tail(degreesOfFreedom, t, &tail)
        precondition(status == 0, "the tail of \(t) at \(degreesOfFreedom) degrees of freedom")
        return tail
    }

    /// The value that is exceeded with probability `tail`, in (0, 1); infinite where it is too large for a `Double`.
    package func quantile(upperTail tail: Double) -> Double {
        precondition(tail > 0 && tail < 1, "a tail of \(tail)")
        var value = 0.0
        let status = cboostmath_student_quantile(degreesOfFreedom, tail, &value)
        precondition(status == 0, "the quantile of \(tail) at \(degreesOfFreedom) degrees of freedom")
        return value
    }
}
