/// Whether a sound repeats itself, and after how long: the autocorrelation of its onsets.
package struct Rhythm: Sendable, Equatable {
    package let periodSeconds: Double
    /// The lower of the correlations one and two periods later, 0...1.
    package let confidence: Double

    /// Shortest period looked for, in seconds.
    private static let shortest = 0.1
    /// Longest one, in seconds.
    private static let longest = 4.0
    /// Of two periods that fit almost as well, the shorter one is taken.
    private static let almost: Float = 0.85

    /// - Parameters:
    ///   - onsets: how suddenly the sound changes.
    ///   - rate: values per second.
    /// - Returns: nil where nothing repeats itself, or the sound is too short to tell.
    package init?(onsets: [Float], rate: Double) {
        let count = onsets.count
        let lags =
            Int(
                (Self.shortest * rate).rounded())...max(
                Int((Self.shortest * rate).rounded()), min(Int(Self.longest * rate), count / 3))
        guard count >= 4 * lags.lowerBound, lags.count > 2 else { return nil }
        let curve = Self.prepared(onsets, rate: rate)
        let power = curve.reduce(0) { $0 + $1 * $1 } / Float(count)
        guard power > 1e-9 else { return nil }
        // Correlations for all lags up to twice the longest, each by the number of products it has.
        let correlations = (0...min(count - 1, 2 * lags.upperBound + 1)).map { lag in
            var sum: Float = 0
            for place in 0..<count - lag { sum += curve[place] * curve[place + lag] }
            return sum / Float(count - lag) / power
        }
        func fit(_ lag: Int) -> Float {
            let twice = (2 * lag - 1...2 * lag + 1).compactMap { $0 < correlations.count ? correlations[$0] : nil }
            return min(correlations[lag], twice.max() ?? 0)
        }
        let peaks = lags.filter {
            correlations[$0] >= correlations[$0 - 1] && correlations[$0] > correlations[$0 + 1] && fit($0) > 0
        }
        guard let best = peaks.map(fit).max(), let lag = peaks.first(where: { fit($0) >= Self.almost * best }) else {
            return nil
        }
        periodSeconds = Self.refined(lag, correlations) / rate
        confidence = Double(min(1, fit(lag)))
    }

    /// Smoothed over 30 ms, so that beats need not fall on whole hundredths; single loud ones held down; about the mean of
    /// the second around.
    private static func prepared(_ onsets: [Float], rate: Double) -> [Float] {
        let count = onsets.count
        let roots = onsets.map { $0.squareRoot() }
        let smooth = roots.indices.map { index in
            (roots[max(0, index - 1)] + 2 * roots[index] + roots[min(count - 1, index + 1)]) / 4
        }
        var sums: [Float] = [0]
        for value in smooth { sums.append(sums[sums.count - 1] + value) }
        let reach = max(1, Int(rate / 2))
        return smooth.indices.map { index in
            let (begin, end) = (max(0, index - reach), min(count, index + reach + 1))
            return smooth[index] - (sums[end] - sums[begin]) / Float(end - begin)
        }
    }

    /// The period by the highest of its multiples that there is a correlation for: an error there is shared among them.
    private static func refined(_ lag: Int, _ correlations: [Float]) -> Double {
        var period = Double(lag)
        var multiple = 1
        while true {
            let middle = Int((period * Double(multiple)).rounded())
            guard middle + 2 < correlations.count else { return period }
            let around = max(1, middle - 2)...middle + 2
            guard let peak = around.max(by: { correlations[$0] < correlations[$1] }), correlations[peak] > 0,
                peak + 1 < correlations.count
            else { return period }
            let (before, at, after) = (correlations[peak - 1], correlations[peak], correlations[peak + 1])
            let bend = before - 2 * at + after
            let shift = bend < 0 ? max(-0.5, min(0.5, (before - after) / (2 * bend))) : 0
            period = (Double(peak) + Double(shift)) / Double(multiple)
            multiple += 1
        }
    }
}
