import AVPrepCore

/// Settings of the practice corpus made by `avprep synth`.
package struct SynthSettings: Sendable, Equatable, StoredSettings {
    /// Number of videos, ≥ 1. Increasing it extends a corpus; existing videos are kept.
    package var videos = 60
    /// Length of each, in seconds, 2 … 3600.
    package var seconds = 8.0
    /// Size in pixels, even (H.264 4:2:0), 32 … 4096.
    package var width = 160
    package var height = 120
    /// Frames per second, 5 … 120. Values near a rate of `n · 1000/1001` (23.976, 29.97, 59.94) mean exactly that rate.
    package var fps = 25.0
    /// Together with the number of the video it determines everything.
    package var seed: UInt64 = 1
    /// 0: one object on a plain background, loud and with bright impacts. 1: up to three objects among silent
    /// distractors, textured background, 18 dB from a full sound's peak to the noise's RMS, loudness varying by 12 dB,
    /// faint impacts.
    package var difficulty = 0.3
    /// Shortest time between two sounds of a single object, in seconds, ≥ 0.15.
    package var minGapSeconds = 0.25
    /// Longest such time, in seconds; at least 0.2 above the shortest, so that gaps can be irregular.
    package var maxGapSeconds = 0.7
    /// Fraction of the videos with planted cues (black bars, pan, zoom, shake, cuts, skew, silence, freeze, variable
    /// rate), 0 … 1: `⌊videos · cues⌋` of the first `videos` videos, evenly spread.
    package var cues = 0.0
    /// The kinds of cue to plant, in turn; empty means all.
    package var cueKinds: [SynthCueKind] = []

    package init() {}

    /// Checks every range.
    ///
    /// - Throws: ``SynthError`` with code `settings`, naming the setting as the pipeline file spells it.
    package func validate() throws(SynthError) {
        func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws(SynthError) {
            if !holds { throw SynthError(.settings, "synth: \(rule())") }
        }
        try require(videos >= 1 && videos <= 100_000, "videos is \(videos); give 1 to 100000")
        try require((2...3600).contains(seconds), "seconds is \(seconds); give 2 to 3600")
        for (name, value) in [("width", width), ("height", height)] {
            try require(
                (32...4096).contains(value) && value % 2 == 0, "\(name) is \(value); give an even number, 32 to 4096")
        }
        try require((5...120).contains(fps), "fps is \(fps); give 5 to 120")
        try require((0...1).contains(difficulty), "difficulty is \(difficulty); give 0 to 1")
        try require((0.15...10).contains(minGapSeconds), "min_gap_seconds is \(minGapSeconds); give 0.15 to 10")
        try require(
            maxGapSeconds >= minGapSeconds + 0.2 && maxGapSeconds <= 30,
            "max_gap_seconds is \(maxGapSeconds); give at least min_gap_seconds + 0.2 and at most 30")
        try require((0...1).contains(cues), "cues is \(cues); give a share, 0 to 1")
    }
}
