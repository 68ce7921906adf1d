/// The period of repeating audio, from the autocorrelation of its onsets.
package struct Periodicity: Sendable, Equatable {
    package let periodSeconds: Double
    /// The lower of the correlations after one and two periods, 0...1.
    package let confidence: Double

    /// Shortest detected period, in seconds.
    private static let shortest = 0.1
    /// Longest detected period, in seconds.
    private static let longest = 4.0
    /// Of two periods that fit almost equally well, the shorter one is chosen.
    private static let almost: Float = 0.85

    /// - Parameters:
    ///   - onsets: onset strength.
    ///   - rate: values per second.
    /// - Returns: nil where nothing repeats, or for too short audio.
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
        // Correlations at all lags up to twice the longest, each normalised by its number of products.
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

    /// Smoothed over 30 ms, so that beats need not fall on whole hundredths; with limited peaks; relative to the mean
    /// of the surrounding second.
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

    /// The period refined at its highest multiple with a correlation, which divides the error by that multiple.
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
