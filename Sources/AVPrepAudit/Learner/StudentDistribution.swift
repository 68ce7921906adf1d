import Foundation

/// Student's t: how far a mean of few independent values strays.
package struct StudentDistribution: Sendable {
    /// > 0, not necessarily whole.
    package let degreesOfFreedom: Double

    package init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// The probability of a value above `t`.
    package func upperTail(_ t: Double) -> Double {
        let tail =
            0.5
            * Self.regularizedBeta(
                degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5)
        return t >= 0 ? tail : 1 - tail
    }

    /// The value that is exceeded with probability `tail`, in (0, 1).
    package func quantile(upperTail tail: Double) -> Double {
        precondition(tail > 0 && tail < 1, "a tail of \(tail)")
        if tail > 0.5 { return -quantile(upperTail: 1 - tail) }
        var (low, high) = (0.0, 1.0)
        while upperTail(high) > tail, high < 1e12 { high *= 2 }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if upperTail(middle) > tail { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The incomplete beta function I_x(a, b), by its continued fraction (Lentz; NIST DLMF 8.17.22).
    private static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast on this side.
        if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
        let logBeta: Double = lgamma(a) + lgamma(b) - lgamma(a + b)
        let power: Double = a * log(x) + b * log(1 - x)
        let front = exp(power - logBeta) / a
        let tiny = 1e-300
        var c = 1.0
        var d = 1 - (a + b) * x / (a + 1)
        d = 1 / (abs(d) < tiny ? tiny : d)
        var fraction = d
        for step in 1...10_000 {
            let m = Double(step)
            let middle = a + 2 * m
            let even: Double = m * (b - m) * x / ((middle - 1) * middle)
            let odd: Double = -(a + m) * (a + b + m) * x / (middle * (middle + 1))
            for coefficient in [even, odd] {
                d = 1 + coefficient * d
                d = 1 / (abs(d) < tiny ? tiny : d)
                c = 1 + coefficient / c
                if abs(c) < tiny { c = tiny }
                fraction *= d * c
            }
            if abs(d * c - 1) < 1e-15 { break }
        }
        return front * fraction
    }
}
