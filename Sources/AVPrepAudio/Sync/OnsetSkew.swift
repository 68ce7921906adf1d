import AVPrepCore
package import AVPrepModel
import Foundation

/// The delay of the audio relative to the video, estimated from the events in both.
///
/// Three signs of events in the picture (motion begins, stops, turns) are correlated with the audio's onset envelope at
/// every offset up to a bound. The best offset is compared with chance: the audio's blocks are permuted many times, and
/// the best correlations of these permutations show how often chance alone fits as well. A match that one segment in
/// three hundred has by chance is weak evidence where hardly more are skewed: the confidence is the fraction of true
/// matches among matches this good. An offset that is not clearly better than all others, as with periodic audio, has
/// no confidence.
///
/// A match may also be true and no fault. Parts of an action have times of their own: a knife is lifted after the cut.
/// And what is heard comes after what is seen: sound travels 340 m in a second, thrown things fly. So an offset has no
/// confidence, either, where
///  - the three signs do not agree within a frame,
///  - any sign matches half as well in sync: then the rest of the action explains the offset,
///  - the matches are few, or nearly all in one half of the segment,
///  - the audio is late: no picture tells how far away its events are.
package struct OnsetSkew: Equatable {
    package let seconds: Double
    /// 0...1.
    package let confidence: Double

    /// Number of random permutations.
    private static let arrangements = 200
    /// Prior fraction of segments that are skewed and show it.
    private static let skewedShare = 0.003
    /// Euler's constant.
    private static let gumbelMean = 0.577_215_664_9
    /// Length of the permuted blocks, in seconds.
    private static let blockSeconds = 0.32
    /// Minimum advantage of the best offset over all offsets that are not adjacent to it.
    private static let margin: Float = 1.4
    /// Distance within which offsets are adjacent to the best one, in seconds.
    private static let nearSeconds = 0.16
    /// Minimum length for an estimate, in seconds.
    private static let leastSeconds = 3.0
    /// Minimum frame rate for an estimate: below it, parts of an action fall into one frame.
    private static let leastRate = 12.0
    /// Minimum correlation of the weakest sign relative to the strongest one.
    private static let agreement: Float = 0.4
    /// Offsets up to which the parts of one action are apart, in seconds.
    private static let actionSeconds = 0.12
    /// Offsets up to which an estimate says that the segment is in sync, in seconds.
    private static let inSyncSeconds = 0.1
    /// Maximum correlation of a sign in sync, relative to that at the estimated offset.
    private static let syncShare: Float = 0.5
    /// Minimum number of matches.
    private static let leastMatches: Float = 5
    /// Minimum share of the matches in each half.
    private static let leastHalf: Float = 0.2

    /// - Parameters:
    ///   - events: of the video.
    ///   - onsets: onset strength of the audio, `onsetRate` values per second from the first frame on.
    ///   - searchSeconds: the largest offset examined.
    /// - Returns: nil where the video or the audio has no events, for too short a segment and too low a frame rate.
    package init?(events: MotionEvents, onsets: [Float], onsetRate: Double, searchSeconds: Double) {
        let (fps, count) = (events.fps, events.rise.count)
        let reach = min(Int((searchSeconds * fps).rounded()), count / 3)
        guard fps >= Self.leastRate, Double(count) >= Self.leastSeconds * fps, reach >= 2 else { return nil }
        let signs = [events.rise, events.stop, events.turn].compactMap(OnsetCorrelation.whitened)
        let spread = Self.spread(onsets, onsetRate, count: count, fps: fps)
        guard signs.count == 3, let heard = OnsetCorrelation.whitened(spread) else { return nil }
        let correlation = OnsetCorrelation(signs, reach: reach)
        let profiles = correlation.profiles(with: heard)
        let fits = OnsetCorrelation.joined(profiles)
        guard let best = fits.indices.max(by: { fits[$0] < fits[$1] }), fits[best] > 0 else { return nil }
        seconds = Self.place(of: best, profiles, reach) / fps

        var random = SeededRandom(seed: 1, for: "onset-skew")
        let block = max(1, Int((Self.blockSeconds * fps).rounded()))
        let byChance = (0..<Self.arrangements).map { _ in
            let permuted = OnsetCorrelation.permuted(heard, blocks: block, &random)
            return Double(OnsetCorrelation.joined(correlation.profiles(with: permuted)).max() ?? 0)
        }
        let chance = Self.chance(of: Double(fits[best]), among: byChance)
        let near = max(1, Int((Self.nearSeconds * fps).rounded()))
        let second = fits.indices.filter { abs($0 - best) > near }.map { fits[$0] }.max() ?? 0
        let clear = second > 0 ? min(1, max(0, (fits[best] / second - 1) / (Self.margin - 1))) : 1

        let found = profiles.map { OnsetCorrelation.dilated($0)[best] }
        let offset = Int((seconds * fps).rounded())
        let matches = Matches(signs: signs, heard: heard, offset: offset)
        let isEvent =
            (found.min() ?? 0) >= Self.agreement * (found.max() ?? 0)
            && matches.number >= Self.leastMatches && matches.smallerHalf >= Self.leastHalf
        let action = max(1, Int((Self.actionSeconds * fps).rounded()))
        let inSync = max(0, reach - action)...min(2 * reach, reach + action)
        let isInSync = abs(seconds) <= Self.inSyncSeconds
        let mayBeInSync = zip(profiles, found).contains { ($0[inSync].max() ?? 0) > Self.syncShare * $1 }
        let isTold = isEvent && (isInSync || (seconds < 0 && !mayBeInSync))
        confidence = isTold ? Self.skewedShare / (Self.skewedShare + chance) * Double(clear) : 0
    }

    /// The offset in values, with a fraction: where the signs' correlations, without tolerance, are largest.
    private static func place(of best: Int, _ profiles: [[Float]], _ reach: Int) -> Double {
        let sums = profiles[0].indices.map { index in profiles.reduce(Float(0)) { $0 + $1[index] } }
        let around = max(0, best - 1)...min(sums.count - 1, best + 1)
        let peak = around.max { sums[$0] < sums[$1] } ?? best
        var place = Double(peak - reach)
        if peak > 0, peak + 1 < sums.count {
            let bend = sums[peak - 1] - 2 * sums[peak] + sums[peak + 1]
            if bend < 0 { place += Double(max(-0.5, min(0.5, (sums[peak - 1] - sums[peak + 1]) / (2 * bend)))) }
        }
        return place
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

    /// Onsets as one value per frame: the maximum between the midpoints to the previous and to the next frame.
    /// Value 0 belongs to frame 1.
    private static func spread(_ onsets: [Float], _ rate: Double, count: Int, fps: Double) -> [Float] {
        (0..<count).map { index in
            let begin = Int(((Double(index + 1) - 0.5) / fps * rate).rounded())
            let end = max(begin + 1, Int(((Double(index + 1) + 0.5) / fps * rate).rounded()))
            guard begin >= 0, begin < onsets.count else { return 0 }
            return (onsets[begin..<min(end, onsets.count)].max() ?? 0).squareRoot()
        }
    }

    /// The moments at which the audio, moved by the estimated offset, and all signs in the picture coincide.
    private struct Matches {
        /// The effective number: less than the count where some are weaker.
        let number: Float
        /// The lesser share of the two halves, 0...0.5.
        let smallerHalf: Float

        init(signs: [[Float]], heard: [Float], offset: Int) {
            let near = signs.map(OnsetCorrelation.dilated)
            let count = heard.count
            var (sum, squares, first): (Float, Float, Float) = (0, 0, 0)
            for frame in max(0, -offset)..<min(count, count - offset) {
                let seen = near.reduce(Float.infinity) { min($0, $1[frame]) }
                let weight = max(0, seen) * max(0, heard[frame + offset])
                sum += weight
                squares += weight * weight
                if frame < count / 2 { first += weight }
            }
            number = squares > 0 ? sum * sum / squares : 0
            smallerHalf = sum > 0 ? min(first, sum - first) / sum : 0
        }
    }
}
