import AVPrepStore
import Foundation

/// Looks at clips of sound.
enum SoundMeasurer {
    /// Parts that the envelope is told in, a second.
    private static let partsPerSecond = 50.0

    /// - Parameters:
    ///   - start: where the clip begins in its segment, in seconds.
    ///   - seconds: its length; what reaches past the segment's end is left out.
    static func measure(_ reader: StoreReader, _ stored: StoredSegment, start: Double, seconds: Double) throws
        -> SoundMeasures
    {
        var measures = SoundMeasures()
        if let spectrogram = reader.layout.spectrograms.first {
            try take(spectrogram, reader, stored, start, seconds, &measures)
        }
        if let pcm = reader.layout.pcm {
            let rows = rows(of: stored.pcm, rate: Double(pcm.sampleRate), start, seconds)
            let part = max(1, Int(Double(pcm.sampleRate) / partsPerSecond)) * pcm.channels
            measures.isDecibels = true
            measures.envelope = try reader.withPCM(rows) { samples in
                stride(from: 0, to: samples.count, by: part).map { first in
                    let some = samples[first..<min(samples.count, first + part)]
                    let power = some.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, some.count))
                    return Float(10 * log10(max(power, 0.1) / (32_768 * 32_768)))
                }
            }
        }
        return measures
    }

    /// The rows of a clip among those of its segment.
    private static func rows(of all: Range<Int>, rate: Double, _ start: Double, _ seconds: Double) -> Range<Int> {
        let first = min(all.count, Int((start * rate).rounded()))
        let count = min(all.count - first, max(1, Int((seconds * rate).rounded())))
        return all.lowerBound + first..<all.lowerBound + first + max(0, count)
    }

    private static func take(
        _ spectrogram: StoreLayout.Spectrogram, _ reader: StoreReader, _ stored: StoredSegment, _ start: Double,
        _ seconds: Double, _ measures: inout SoundMeasures
    ) throws {
        let rows = rows(
            of: stored.spectrograms[spectrogram.name] ?? 0..<0, rate: spectrogram.framesPerSecond, start, seconds)
        guard !rows.isEmpty else { return }
        let bins = spectrogram.bins
        let values = try reader.spectrogram(spectrogram.name, rows).map { $0.isFinite ? $0 : 0 }
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
