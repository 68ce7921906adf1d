import AVPrepClips
import AVPrepStore
import Foundation

/// Looks at clips of sound.
enum SoundMeasurer {
    /// Parts that the envelope is told in, a second.
    private static let partsPerSecond = 50.0

    /// - Parameters:
    ///   - segment: a row of the shard's table.
    ///   - start: where the clip begins in its segment, in seconds.
    ///   - seconds: its length; what reaches past the segment's end is left out.
    static func measure(_ shard: ShardReader, segment: Int, start: Double, seconds: Double) throws -> SoundMeasures {
        var measures = SoundMeasures()
        if let spectrogram = shard.layout.spectrograms.first {
            try take(shard.spectrogram(spectrogram, segment: segment, start: start, seconds: seconds), &measures)
        }
        if let clip = shard.waveform(segment: segment, start: start, seconds: seconds) {
            let part = max(1, Int(Double(clip.sampleRate) / partsPerSecond)) * clip.channels
            measures.isDecibels = true
            measures.envelope = try clip.withSamples { samples in
                stride(from: 0, to: samples.count, by: part).map { first in
                    let some = samples[first..<min(samples.count, first + part)]
                    let power = some.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, some.count))
                    return Float(10 * log10(max(power, 0.1) / (32_768 * 32_768)))
                }
            }
        }
        return measures
    }

    private static func take(_ clip: SpectrogramClip, _ measures: inout SoundMeasures) throws {
        let (spectrogram, rows) = (clip.spectrogram, clip.rows)
        guard !rows.isEmpty else { return }
        let bins = spectrogram.bins
        let values = try clip.storedValues().map { $0.isFinite ? $0 : 0 }
        let group = max(1, Int((spectrogram.framesPerSecond / partsPerSecond).rounded()))
        measures.envelope = stride(from: 0, to: rows.count, by: group).map { first in
            Series(values[first * bins..<min(rows.count, first + group) * bins], floor: 0).mean
        }
        var means = [Float](repeating: 0, count: bins)
        for index in values.indices { means[index % bins] += values[index] / Float(rows.count) }
        let width = max(1, bins / SoundMeasures.bands)
        for band in 0..<min(bins, SoundMeasures.bands) {
            let columns = band * width..<(band + 1) * width
            let perRow = (0..<rows.count).map { row in
                Series(values[row * bins + columns.lowerBound..<row * bins + columns.upperBound], floor: 0).mean
            }
            let series = Series(perRow, floor: 0)
            measures.bandLevels[band] = series.mean
            measures.bandSpreads[band] = series.deviation
        }
        let sorted = means.sorted()
        let (low, high) = (sorted[0], sorted[sorted.count - 1])
        let last = means.lastIndex { $0 > low + 0.1 * (high - low) } ?? 0
        measures.bandwidth = Float(last + 1) / Float(bins)
        measures.highLevel = Series(means.suffix(width), floor: 0).mean - Series(means, floor: 0).mean
        measures.floorLevel = values.sorted()[values.count / 10]
    }
}
