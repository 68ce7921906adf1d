/// All that the probes know of one clip of sound.
struct SoundMeasures: Sendable {
    /// Level of fiftieths of a second: decibels below full scale where samples are stored, else the mean of a spectrogram's
    /// row.
    var envelope: [Float] = []
    /// Whether the envelope is in decibels.
    var isDecibels = false
    /// Bands that a spectrogram's bins are gathered in.
    static let bands = 8
    /// Mean and deviation of each band, lowest first; 0 where no spectrogram is stored.
    var bandLevels = [Float](repeating: 0, count: bands)
    var bandSpreads = [Float](repeating: 0, count: bands)
    /// The highest bin that stands out of the quietest, as a share of all.
    var bandwidth: Float = 0
    /// Level of the highest eighth of the bins, less the mean of all.
    var highLevel: Float = 0
    /// Level of the quietest tenth of all values.
    var floorLevel: Float = 0

    /// What tells how the sound was encoded.
    var quality: [Float] { [bandwidth, highLevel, floorLevel] }
}

/// What `loudness` sees.
enum LoudnessFeatures {
    static func features(_ measures: SoundMeasures) -> [Float] {
        let series = Series(measures.envelope, floor: 0)
        let values = measures.envelope
        let edge = max(1, values.count / 10)
        let quiet = values.min() ?? 0
        return [
            series.mean, series.deviation, quiet, values.max() ?? 0, series.growth, series.suddenness,
            Series(values.prefix(edge), floor: 0).mean, Series(values.suffix(edge), floor: 0).mean,
            share(values) { $0 < series.mean - series.deviation }, share(values) { $0 <= quiet },
        ]
    }

    private static func share(_ values: [Float], _ holds: (Float) -> Bool) -> Float {
        Float(values.count(where: holds)) / Float(max(1, values.count))
    }
}

/// What `sound` sees.
enum SoundFeatures {
    static func features(_ measures: SoundMeasures) -> [Float] { measures.bandLevels + measures.bandSpreads }
}
