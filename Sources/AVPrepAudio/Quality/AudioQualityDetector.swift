package import AVPrepModel
import Foundation

/// Detects quality problems of a piece of audio, and properties that make it match its video at more than one time: a
/// constant tone, clipping, a DC offset, a dead channel, periodicity.
///
/// One thread at a time.
package final class AudioQualityDetector {
    /// Magnitude from which a resampled sample counts as clipped: 0.13 dB below full scale.
    static let clippingLevel: Float = 0.985
    /// Level below which nothing is measured, in dB below full scale.
    static let leastDecibels = -70.0
    /// Length in samples of the spectra in which tones are detected.
    private static let toneLength = 2048
    /// Maximum number of bands of a constant tone: a hum and its overtones.
    private static let toneBands = 6
    /// Bins of a band on each side of its centre: the width of a Hann window's main lobe.
    private static let toneReach = 2
    /// Lowest frequency of a tone, in Hz: below it are offsets and rumble.
    private static let leastToneHz = 30.0
    /// Maximum deviation of a steady tone's level from its median, in dB.
    private static let steadyDecibels: Float = 4
    /// Minimum fraction of the time within that deviation: beeps are not a constant tone.
    private static let steadyShare = 0.8

    private let settings: AudioQualitySettings
    private let sampleRate: Int
    private let channels: Int
    private let onsets: OnsetEnvelope
    private let plan: FourierPlan
    private let buffers: FourierPlan.Buffers
    private let window: [Float]

    /// The detected flags and their measures.
    package struct Finding: Sendable, Equatable {
        package var flags: SegmentFlags = []
        package var measures: [SegmentMeasure: Float] = [:]
        /// Onset strength, ``OnsetEnvelope/rate`` values per second.
        package var onsets: [Float] = []
    }

    /// - Parameter channels: 1 or 2, interleaved.
    package init(settings: AudioQualitySettings, sampleRate: Int, channels: Int) throws(AudioError) {
        precondition((1...2).contains(channels), "the number of channels must be 1 or 2, not \(channels)")
        self.settings = settings
        self.sampleRate = sampleRate
        self.channels = channels
        onsets = try OnsetEnvelope(sampleRate: sampleRate)
        plan = try FourierPlan.shared(length: Self.toneLength)
        buffers = plan.makeBuffers()
        window = (0..<Self.toneLength).map {
            Float(0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(Self.toneLength)))
        }
    }

    /// Measures interleaved samples in [-1, 1].
    package func find(in samples: UnsafeBufferPointer<Float>) -> Finding {
        let count = samples.count / channels
        var tracks = [[Float]](repeating: [Float](repeating: 0, count: count), count: channels)
        for channel in 0..<channels {
            for place in 0..<count {
                let value = samples[place * channels + channel]
                if abs(value) <= Spectrogram.largestSample { tracks[channel][place] = value }
            }
        }
        var finding = Finding()
        let levels = tracks.map { $0.withUnsafeBufferPointer { AudioLevel(of: $0).decibels } }
        measureChannels(tracks, levels, &finding)
        let mono = channels == 1 ? tracks[0] : zip(tracks[0], tracks[1]).map { ($0 + $1) / 2 }
        finding.onsets = onsets.envelope(of: mono)
        guard (levels.max() ?? 0) > Self.leastDecibels else { return finding }
        measureTone(mono, &finding)
        if let rhythm = Periodicity(onsets: finding.onsets, rate: Double(OnsetEnvelope.rate)) {
            finding.measures[.period] = Float(rhythm.periodSeconds)
            finding.measures[.periodConfidence] = Float(rhythm.confidence)
            if rhythm.confidence >= settings.periodConfidence { finding.flags.insert(.periodicSound) }
        }
        return finding
    }

    private func measureChannels(_ tracks: [[Float]], _ levels: [Double], _ finding: inout Finding) {
        let count = Float(max(1, tracks[0].count))
        let clipped = tracks.map { Float($0.count { abs($0) >= Self.clippingLevel }) / count }.max() ?? 0
        let offset =
            tracks.map { Float($0.reduce(0.0) { $0 + Double($1) }) / count }.max { abs($0) < abs($1) } ?? 0
        finding.measures[.clippedShare] = clipped
        finding.measures[.dcOffset] = offset
        if Double(clipped) >= settings.clippedShare { finding.flags.insert(.clipping) }
        if Double(abs(offset)) >= settings.dcOffset { finding.flags.insert(.dcOffset) }
        guard levels.count == 2 else { return }
        let difference = abs(levels[0] - levels[1])
        finding.measures[.channelDifference] = Float(difference)
        if difference >= settings.deadChannelDecibels, max(levels[0], levels[1]) > Self.leastDecibels {
            finding.flags.insert(.deadChannel)
        }
    }

    // MARK: - Tones

    private func measureTone(_ mono: [Float], _ finding: inout Finding) {
        let spectra = spectra(of: mono)
        guard spectra.count >= 4 else { return }
        let bins = Self.toneLength / 2 + 1
        var mean = [Float](repeating: 0, count: bins)
        for spectrum in spectra { for bin in 0..<bins { mean[bin] += spectrum[bin] } }
        let lowest = Int((Self.leastToneHz * Double(Self.toneLength) / Double(sampleRate)).rounded(.up))
        let total = mean[lowest...].reduce(0, +)
        guard total > 0 else { return }
        // The strongest bands, each centred at the highest remaining peak.
        var rest = mean
        for bin in 0..<lowest { rest[bin] = 0 }
        var bands: [Range<Int>] = []
        var strongest = 0
        for band in 0..<Self.toneBands {
            guard let peak = rest.indices.max(by: { rest[$0] < rest[$1] }), rest[peak] > 0 else { break }
            if band == 0 { strongest = peak }
            let range = max(lowest, peak - Self.toneReach)..<min(bins, peak + Self.toneReach + 1)
            bands.append(range)
            for bin in range { rest[bin] = 0 }
        }
        // Only the frames in which a band is near its median level count: the notes of a melody come and go.
        let steady = bands.reduce(Float(0)) { sum, band in
            let powers = spectra.map { $0[band].reduce(Float.leastNormalMagnitude, +) }
            let median = powers.sorted()[powers.count / 2]
            let steady = powers.filter { abs(10 * log10($0 / median)) <= Self.steadyDecibels }
            return Double(steady.count) >= Self.steadyShare * Double(powers.count) ? steady.reduce(sum, +) : sum
        }
        let share = steady / total
        finding.measures[.toneShare] = share
        finding.measures[.toneFrequency] = Float(strongest) * Float(sampleRate) / Float(Self.toneLength)
        if Double(share) >= settings.toneShare { finding.flags.insert(.constantTone) }
    }

    private func spectra(of mono: [Float]) -> [[Float]] {
        // Eight spectra per second separate a steady tone from others.
        stride(from: 0, through: mono.count - Self.toneLength, by: max(1, sampleRate / 8)).map { first in
            for index in 0..<Self.toneLength { buffers.input[index] = mono[first + index] * window[index] }
            plan.execute(buffers)
            return [Float](unsafeUninitializedCapacity: Self.toneLength / 2 + 1) { buffer, count in
                if let base = buffer.baseAddress { plan.power(ofRow: 0, buffers, into: base) }
                count = Self.toneLength / 2 + 1
            }
        }
    }
}
