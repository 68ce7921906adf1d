import Foundation

/// Level statistics of a piece of audio.
package struct AudioLevel: Sendable, Equatable, Codable {
    /// Root of the mean square, where 1 is full scale: a full-scale square wave has 1, a full-scale sine √½.
    package var rootMeanSquare: Double
    /// Largest magnitude.
    package var peak: Double
    /// Fraction of samples at or beyond full scale, 0 ... 1.
    package var clippedShare: Double
    /// Samples that are NaN, infinite or beyond ``Spectrogram/largestSample``. They count as 0 above.
    package var brokenSamples: Int

    /// Magnitude from which a sample counts as clipped: the largest that 16-bit PCM stores, 32767 / 32768.
    package static let fullScale: Float = 0x1p0 - 0x1p-15

    /// The level reported for digital silence, in dB below full scale, so that it stays a number that JSON can hold.
    /// The quietest signal of 24-bit PCM is above it.
    package static let silenceDecibels = -160.0

    /// Measures samples of one channel, or of several interleaved channels together. An empty buffer is silence.
    package init(of samples: UnsafeBufferPointer<Float>) {
        // Squares are summed in blocks of lanes, the blocks in Double: fast, and the same result on every run.
        var total = 0.0
        var peaks = SIMD8<Float>.zero
        var clipped = 0
        var broken = 0
        let bytes = UnsafeRawBufferPointer(samples)
        var index = 0
        while index < samples.count {
            var squares = SIMD8<Float>.zero
            var clippedLanes = SIMD8<Int32>.zero
            var brokenLanes = SIMD8<Int32>.zero
            let end = min(samples.count, index + Self.block)
            while index < end {
                var values: SIMD8<Float>
                if end - index >= 8 {
                    values = bytes.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
                } else {
                    values = .zero
                    for lane in 0..<(end - index) { values[lane] = samples[index + lane] }
                }
                var magnitudes = values.replacing(with: -values, where: values .< 0)
                // Written this way round, NaN counts as broken too.
                let isBroken = .!(magnitudes .<= Spectrogram.largestSample)
                values.replace(with: 0, where: isBroken)
                magnitudes.replace(with: 0, where: isBroken)
                squares += values * values
                peaks.replace(with: magnitudes, where: magnitudes .> peaks)
                clippedLanes.replace(with: clippedLanes &+ 1, where: magnitudes .>= Self.fullScale)
                brokenLanes.replace(with: brokenLanes &+ 1, where: isBroken)
                index += 8
            }
            total += Self.sum(squares)
            clipped += Int(clippedLanes.wrappedSum())
            broken += Int(brokenLanes.wrappedSum())
        }
        let count = Double(max(1, samples.count))
        rootMeanSquare = (total / count).squareRoot()
        peak = Double(peaks.max())
        clippedShare = Double(clipped) / count
        brokenSamples = broken
    }

    /// The root mean square in dB below full scale (dBFS, a full-scale square wave being 0), at least
    /// ``silenceDecibels``.
    package var decibels: Double { max(Self.silenceDecibels, 20 * log10(max(rootMeanSquare, .leastNormalMagnitude))) }

    /// Whether the piece counts as silent: its level is below `threshold`, in dBFS.
    package func isSilent(below threshold: Double) -> Bool { decibels < threshold }

    // Samples per block: short enough that single precision loses nothing that matters.
    private static let block = 1024

    private static func sum(_ lanes: SIMD8<Float>) -> Double {
        lanes.indices.reduce(0) { $0 + Double(lanes[$1]) }
    }
}
