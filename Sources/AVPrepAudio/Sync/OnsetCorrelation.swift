import AVPrepCore

/// Correlates signs of events in the picture with the onsets of the audio, at every offset up to a bound.
struct OnsetCorrelation {
    /// Largest offset, in values.
    let reach: Int
    private let count: Int
    private let signs: [[Float]]

    /// - Parameter signs: one value per frame each, whitened, all of one length.
    init(_ signs: [[Float]], reach: Int) {
        self.signs = signs
        self.reach = reach
        count = signs.first?.count ?? 0
    }

    /// For each sign, the correlation for each offset from `-reach` to `reach`: positive where the audio is later.
    func profiles(with heard: [Float]) -> [[Float]] {
        let padding = [Float](repeating: 0, count: reach)
        let padded = padding + heard + padding
        let offsets = 2 * reach + 1
        return signs.map { seen in
            var sums = [Float](repeating: 0, count: offsets)
            // All offsets of a frame at once, so that the compiler vectorises.
            sums.withUnsafeMutableBufferPointer { sums in
                padded.withUnsafeBufferPointer { padded in
                    for frame in 0..<count {
                        let value = seen[frame]
                        for offset in 0..<offsets { sums[offset] += value * padded[frame + offset] }
                    }
                }
            }
            for offset in 0..<offsets { sums[offset] /= Float(count - abs(offset - reach)) }
            return sums
        }
    }

    /// The mean of the signs' correlations at each offset; each counts with the best value within one frame.
    static func joined(_ profiles: [[Float]]) -> [Float] {
        var sum = [Float](repeating: 0, count: profiles[0].count)
        for profile in profiles {
            for (index, value) in dilated(profile).enumerated() { sum[index] += value }
        }
        return sum.map { $0 / Float(profiles.count) }
    }

    /// The maximum of each value and its neighbours.
    static func dilated(_ values: [Float]) -> [Float] {
        values.indices.map { index in
            var value = values[index]
            if index > 0 { value = max(value, values[index - 1]) }
            if index + 1 < values.count { value = max(value, values[index + 1]) }
            return value
        }
    }

    /// Without the local mean, and with power 1: a few strong events do not outweigh many. Nil without any event.
    static func whitened(_ values: [Float]) -> [Float]? {
        guard !values.isEmpty else { return nil }
        var sums: [Float] = [0]
        for value in values { sums.append(sums[sums.count - 1] + value) }
        let reach = 12
        let level = values.indices.map { index in
            let (begin, end) = (max(0, index - reach), min(values.count, index + reach + 1))
            return max(0, values[index] - (sums[end] - sums[begin]) / Float(end - begin))
        }
        let mean = level.reduce(0, +) / Float(level.count)
        let centred = level.map { $0 - mean }
        let power = centred.reduce(0) { $0 + $1 * $1 } / Float(centred.count)
        guard power > 1e-6 else { return nil }
        let scale = 1 / power.squareRoot()
        return centred.map { $0 * scale }
    }

    /// The blocks of `values` in random order.
    static func permuted(_ values: [Float], blocks length: Int, _ random: inout SeededRandom) -> [Float] {
        let starts = random.shuffled(Array(stride(from: 0, to: values.count, by: length)))
        return starts.flatMap { values[$0..<min($0 + length, values.count)] }
    }
}
