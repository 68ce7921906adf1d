import AVPrepAlgebra
import AVPrepAudio
import AVPrepCore
import AVPrepTorch
import Dispatch
import Synchronization

/// What separation makes of mixtures of the test split: SDR, SIR and SAR as `mir_eval` computes them, in decibels, and how much
/// the SDR is above that of the mixture itself.
package struct SeparationResult: Sendable, Equatable, Codable {
    /// One of the two sounds; means over mixtures.
    package struct Side: Sendable, Equatable, Codable {
        /// `on-screen` or `off-screen`.
        package var name: String
        package var sdr: Double
        package var sir: Double
        package var sar: Double
        /// SDR of the mixture, taken for this sound.
        package var mixtureSDR: Double
        /// SDR less that of the mixture.
        package var improvement: Double
        /// Its 95 % interval, drawing videos with replacement; nil with fewer than two.
        package var interval: [Double]?

        private enum CodingKeys: String, CodingKey {
            case name, sdr, sir, sar, improvement, interval
            case mixtureSDR = "mixture_sdr"
        }
    }

    package var set: String
    /// Mixtures measured, and left out since one of their sounds is silent, for which nothing is defined.
    package var mixtures: Int
    package var silent: Int
    /// Test videos, by their pictures.
    package var videos: Int
    /// Whether the order of both sounds is free: of a model that learnt so, the better one counts.
    package var freeOrder: Bool
    package var sides: [Side]
    /// Over both sounds.
    package var improvement: Double
    package var interval: [Double]?

    private enum CodingKeys: String, CodingKey {
        case set, mixtures, silent, videos, sides, improvement, interval
        case freeOrder = "free_order"
    }
}

/// Measures separated mixtures.
struct SeparationMeasure {
    /// Numbers of a mixture: SDR, SIR, SAR and the mixture's SDR of either sound.
    private static let numbers = 8
    /// Beyond this, in decibels, a ratio says no more; perfect ones are infinite.
    private static let greatest = 100.0

    let settings: SeparationSettings
    let model: SeparationModel

    /// The numbers of each pair in order, all NaN where a sound is silent.
    ///
    /// - Parameter cancellation: looked at between batches.
    func measure(
        _ dataset: ShardDataset, pairs: [Int], feed: BatchLoaderFactory, ranks: TrainingRanks,
        cancellation: Cancellation, progress: (Int) -> Void
    ) throws -> [[Double]] {
        Algebra.useOneThread()
        let own = pairs.indices.filter { $0 % ranks.count == ranks.rank }.map { pairs[$0] }
        let engine = model.store.engine
        let loader = feed.evaluation(dataset, pairs: own)
        defer { loader.close() }
        var found: [[Double]] = []
        while let batch = try loader.nextBatch() {
            if ranks.group == nil { try cancellation.check() }
            let (on, off) = try engine.withoutGradients {
                try engine.inPrecision { try model.spectra(of: TensorBatch(batch, engine: engine), training: false) }
            }
            found += try scores(of: batch, on: try on.floats(), off: try off.floats())
            try engine.waitForCopies()
            progress(batch.count)
        }
        guard let group = ranks.group else { return found }
        let most = (pairs.count + ranks.count - 1) / ranks.count
        let filler = [Double](repeating: .nan, count: (most - found.count) * Self.numbers)
        let all = try group.gather(found.flatMap(\.self) + filler)
        return pairs.indices.map { index in
            let first = index / ranks.count * Self.numbers
            return Array(all[index % ranks.count][first..<first + Self.numbers])
        }
    }

    private func scores(of batch: Batch, on: [Float], off: [Float]) throws -> [[Double]] {
        let fourier = try settings.fourier
        let found = Mutex<[Int: [Double]]>([:])
        let (settings, planes) = (settings, 2 * settings.windows * settings.bins)
        DispatchQueue.concurrentPerform(iterations: batch.count) { slot in
            var spectrum = settings.spectrum(fourier)
            let range = slot * planes..<(slot + 1) * planes
            let sounds = Array(batch.values(MixtureInput.Part.sounds.rawValue, slot: slot, as: Float.self))
            let mixture = Array(
                batch.values(MixtureInput.Part.spectra.rawValue, slot: slot, as: Float.self).prefix(planes))
            let (own, other) = spectrum.sounds(on: Array(on[range]), off: Array(off[range]), of: mixture, settings)
            let numbers = Self.scores(
                sounds: sounds, estimates: [own, other], isFree: settings.loss == .permutationInvariant)
            found.withLock { $0[slot] = numbers }
        }
        return found.withLock { found in
            (0..<batch.count).map { found[$0] ?? Array(repeating: .nan, count: Self.numbers) }
        }
    }

    private static func scores(sounds: [Float], estimates: [[Float]], isFree: Bool) -> [Double]? {
        let count = sounds.count / 2
        let truth = [Array(sounds[..<count]), Array(sounds[count...])]
        let mixture = zip(truth[0], truth[1]).map { $0 + $1 }
        guard let references = SourceReferences(truth), let before = references.scores([mixture, mixture]),
            let after = isFree ? references.bestOrder(of: estimates)?.scores : references.scores(estimates)
        else { return nil }
        let values = zip(after, before).flatMap { [$0.sdr, $0.sir, $0.sar, $1.sdr] }
        return values.map { min(greatest, max(-greatest, $0)) }
    }

    /// - Parameters:
    ///   - scores: what ``measure(_:pairs:feed:ranks:cancellation:progress:)`` gives.
    ///   - videos: of each pair.
    func result(_ scores: [[Double]], set: String, videos: [String], seed: UInt64) -> SeparationResult {
        let kept = scores.indices.filter { scores[$0].allSatisfy { !$0.isNaN } }
        let rows = kept.map { scores[$0] }
        let bootstrap = VideoBootstrap(videos: kept.map { videos[$0] }, seed: seed)
        func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
        func interval(_ values: [Double]) -> [Double]? {
            bootstrap.interval(pairs: values.count) { weights in
                let total = weights.reduce(0, +)
                return total == 0 ? nil : zip(weights, values).reduce(0) { $0 + Double($1.0) * $1.1 } / Double(total)
            }
        }
        let gains = rows.map { row in (row[0] - row[3] + row[4] - row[7]) / 2 }
        let sides = ["on-screen", "off-screen"].enumerated().map { place, name in
            let own = rows.map { Array($0[place * 4..<place * 4 + 4]) }
            let better = own.map { $0[0] - $0[3] }
            return SeparationResult.Side(
                name: name, sdr: mean(own.map { $0[0] }), sir: mean(own.map { $0[1] }), sar: mean(own.map { $0[2] }),
                mixtureSDR: mean(own.map { $0[3] }), improvement: mean(better), interval: interval(better))
        }
        return SeparationResult(
            set: set, mixtures: kept.count, silent: scores.count - kept.count, videos: bootstrap.count,
            freeOrder: settings.loss == .permutationInvariant, sides: sides, improvement: mean(gains),
            interval: interval(gains))
    }
}

extension LogSpectrum {
    /// The two sounds of what a network finds.
    ///
    /// - Parameters: loudness and phase of either and of the mixture.
    mutating func sounds(on: [Float], off: [Float], of mixture: [Float], _ settings: SeparationSettings)
        -> (on: [Float], off: [Float])
    {
        let phase = settings.phase == .mixture ? mixture : nil
        guard settings.mask == .ratio else { return (sound(of: on, phase: phase), sound(of: off, phase: phase)) }
        let (own, other, whole) = (on[..<planeCount], off[..<planeCount], mixture[..<planeCount])
        let shares = (share(of: own, beside: other, in: whole), share(of: other, beside: own, in: whole))
        return (sound(of: shares.0, phase: mixture), sound(of: shares.1, phase: mixture))
    }

    /// The sound of two planes, or of that of the loudness alone where the phase is given.
    ///
    /// - Parameter phase: planes whose phase is taken instead; nil for their own.
    private mutating func sound(of planes: [Float], phase: [Float]?) -> [Float] {
        var samples = [Float](repeating: 0, count: sampleCount)
        let count = planeCount
        planes.withUnsafeBufferPointer { planes in
            (phase ?? Array(planes)).withUnsafeBufferPointer { phases in
                samples.withUnsafeMutableBufferPointer {
                    decode(
                        loudness: UnsafeBufferPointer(rebasing: planes[..<count]),
                        phase: UnsafeBufferPointer(rebasing: phases[count...]), into: $0)
                }
            }
        }
        return samples
    }
}
