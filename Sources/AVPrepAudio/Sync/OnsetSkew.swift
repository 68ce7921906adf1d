import AVPrepCore
import Foundation

/// The delay of the audio relative to the video, estimated from the onsets in both.
///
/// The onsets of the video are sudden changes in the amount of motion; those of the audio its onset envelope. They are
/// correlated at every offset up to a bound. The best correlation is compared with chance: the audio's blocks are
/// permuted many times, and the best correlations of these permutations show how often chance alone fits as well. A
/// match that one segment in a hundred has by chance is weak evidence where hardly more are skewed: the confidence is
/// the fraction of true matches among matches this good. An offset that is not clearly better than all others, as with
/// periodic audio, has no confidence.
package struct OnsetSkew: Equatable {
    package let seconds: Double
    /// 0...1.
    package let confidence: Double

    /// Number of random permutations.
    private static let arrangements = 200
    /// Prior fraction of segments that are skewed and show it.
    private static let skewedShare = 0.01
    /// Euler's constant.
    private static let gumbelMean = 0.577_215_664_9
    /// Length of the permuted blocks, in seconds.
    private static let stretchSeconds = 0.32
    /// Minimum advantage of the best offset over all offsets that are not adjacent to it.
    private static let margin: Float = 1.25
    /// Distance within which offsets are adjacent to the best one, in seconds.
    private static let nearSeconds = 0.16
    /// Minimum length for an estimate, in seconds.
    private static let fewestSeconds = 3.0

    /// - Parameters:
    ///   - changes: differences between consecutive frames, one fewer than there are frames.
    ///   - onsets: onset strength of the audio, `onsetRate` values per second from the first frame on.
    ///   - searchSeconds: the largest offset examined.
    /// - Returns: nil where the video or the audio has no onsets, or for too short a segment.
    package init?(changes: [Float], fps: Double, onsets: [Float], onsetRate: Double, searchSeconds: Double) {
        let count = changes.count
        let reach = min(Int((searchSeconds * fps).rounded()), count / 3)
        guard Double(count) >= Self.fewestSeconds * fps, reach >= 2 else { return nil }
        guard let seen = Self.whitened(Self.moments(changes)),
            let heard = Self.whitened(Self.spread(onsets, onsetRate, count: count, fps: fps))
        else { return nil }
        let fits = Self.fits(seen, heard, reach)
        guard let best = fits.indices.max(by: { fits[$0] < fits[$1] }), fits[best] > 0 else { return nil }
        let near = max(1, Int((Self.nearSeconds * fps).rounded()))
        let second = fits.indices.filter { abs($0 - best) > near }.map { fits[$0] }.max() ?? 0
        var random = SeededRandom(seed: 1, for: "onset-skew")
        let stretch = max(1, Int((Self.stretchSeconds * fps).rounded()))
        let byChance = (0..<Self.arrangements).map { _ in
            Double(Self.fits(seen, Self.arranged(heard, stretch, &random), reach).max() ?? 0)
        }
        var place = Double(best - reach)
        if best > 0, best + 1 < fits.count {
            let bend = fits[best - 1] - 2 * fits[best] + fits[best + 1]
            if bend < 0 { place += Double(max(-0.5, min(0.5, (fits[best - 1] - fits[best + 1]) / (2 * bend)))) }
        }
        seconds = place / fps
        let clear = second > 0 ? min(1, max(0, (fits[best] / second - 1) / (Self.margin - 1))) : 1
        let chance = Self.chance(of: Double(fits[best]), among: byChance)
        confidence = Self.skewedShare / (Self.skewedShare + chance) * Double(clear)
    }

    /// The probability of a value of at least `value` under the Gumbel distribution with the mean and standard
    /// deviation of `maxima`: the maximum of many values follows it, and it extrapolates beyond their number.
    private static func chance(of value: Double, among maxima: [Double]) -> Double {
        let count = Double(maxima.count)
        let mean = maxima.reduce(0, +) / count
        let power = maxima.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        guard power > 0 else { return value > mean ? 0 : 1 }
        let scale = (6 * power).squareRoot() / .pi
        return -expm1(-exp(-(value - mean) / scale - gumbelMean))
    }

    /// How suddenly the motion changes at each frame but the first.
    private static func moments(_ changes: [Float]) -> [Float] {
        // Repeated frames of a slower source are not onsets: the change is taken over two frames.
        let roots = changes.map { max(0, $0).squareRoot() }
        return roots.indices.map { index in
            guard index > 1, index + 1 < roots.count else { return 0 }
            let before = (roots[index - 2] + roots[index - 1]) / 2
            return abs(max(roots[index], roots[index + 1]) - before)
        }
    }

    /// Onsets as one value per frame: the maximum between the midpoints to the previous and to the next frame.
    /// `changes[0]` belongs to frame 1.
    private static func spread(_ onsets: [Float], _ rate: Double, count: Int, fps: Double) -> [Float] {
        (0..<count).map { index in
            let begin = Int(((Double(index + 1) - 0.5) / fps * rate).rounded())
            let end = max(begin + 1, Int(((Double(index + 1) + 0.5) / fps * rate).rounded()))
            guard begin >= 0, begin < onsets.count else { return 0 }
            return (onsets[begin..<min(end, onsets.count)].max() ?? 0).squareRoot()
        }
    }

    /// Without the local mean, and with power 1: a few loud onsets do not outweigh many.
    private static func whitened(_ values: [Float]) -> [Float]? {
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

    /// Correlation for each offset from `-reach` to `reach` frames: positive where the audio is later.
    private static func fits(_ seen: [Float], _ heard: [Float], _ reach: Int) -> [Float] {
        seen.withUnsafeBufferPointer { seen in
            heard.withUnsafeBufferPointer { heard in
                (-reach...reach).map { offset in
                    var sum: Float = 0
                    let frames = max(0, -offset)..<min(seen.count, seen.count - offset)
                    for index in frames { sum += seen[index] * heard[index + offset] }
                    return sum / Float(frames.count)
                }
            }
        }
    }

    /// The blocks of `values` in random order.
    private static func arranged(_ values: [Float], _ stretch: Int, _ random: inout SeededRandom) -> [Float] {
        let starts = random.shuffled(Array(stride(from: 0, to: values.count, by: stretch)))
        return starts.flatMap { values[$0..<min($0 + stretch, values.count)] }
    }
}
