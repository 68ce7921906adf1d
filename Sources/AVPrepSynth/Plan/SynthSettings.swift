package import AVPrepCore

/// What a practice corpus is for.
package enum SynthCorpusKind: String, Sendable, Codable, CaseIterable {
    /// Objects that make sounds at visible moments: picture and sound belong together.
    case impacts
    /// Silent things that fall, bounce, slide, break and spread: time has a direction.
    case arrow
}

/// Settings of the practice corpus made by `avprep synth`.
package struct SynthSettings: Sendable, Equatable, StoredSettings {
    /// What the videos show.
    package var kind = SynthCorpusKind.impacts
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
    /// Of an `arrow` corpus: fraction of the videos with black framing in which dark remains of the picture creep outwards;
    /// in UCF101 it was 46 % (Wei et al. 2018).
    package var blackFraming = 0.46
    /// Of an `arrow` corpus: fraction of the videos whose camera zooms in or tilts down (one in ten does the opposite); in
    /// UCF101 it was 73 %.
    package var cameraMotion = 0.73
    /// Whether the truth file says where each object that sounds is in each frame; things of an `arrow` corpus always are there.
    package var boxes = false
    /// The kinds of objects that occur; empty means all. Fewer kinds are alike more often: what a video shows then says less
    /// about which sound is its own.
    package var objectKinds: [SynthKind] = []
    /// Fraction of the scenes with one more object that moves and strikes like the others, and makes no sound.
    package var silentMovers = 0.0
    /// Fraction of the scenes with the sounds of one more object that is not in the picture.
    package var unseenSounds = 0.0

    package init() {}

    package static var laterKeys: [String: LaterKey] {
        [
            "kind": .omitted(at: SynthCorpusKind.impacts), "blackFraming": .omitted(at: 0.46),
            "cameraMotion": .omitted(at: 0.73), "boxes": .omitted(at: false),
            "objectKinds": .omitted(at: [SynthKind]()), "silentMovers": .omitted(at: 0.0),
            "unseenSounds": .omitted(at: 0.0),
        ]
    }

    /// A truth file of before lacks the keys that came later.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        kind = try values.decodeIfPresent(SynthCorpusKind.self, forKey: .kind) ?? .impacts
        videos = try values.decode(Int.self, forKey: .videos)
        seconds = try values.decode(Double.self, forKey: .seconds)
        width = try values.decode(Int.self, forKey: .width)
        height = try values.decode(Int.self, forKey: .height)
        fps = try values.decode(Double.self, forKey: .fps)
        seed = try values.decode(UInt64.self, forKey: .seed)
        difficulty = try values.decode(Double.self, forKey: .difficulty)
        minGapSeconds = try values.decode(Double.self, forKey: .minGapSeconds)
        maxGapSeconds = try values.decode(Double.self, forKey: .maxGapSeconds)
        cues = try values.decode(Double.self, forKey: .cues)
        cueKinds = try values.decode([SynthCueKind].self, forKey: .cueKinds)
        blackFraming = try values.decodeIfPresent(Double.self, forKey: .blackFraming) ?? 0.46
        cameraMotion = try values.decodeIfPresent(Double.self, forKey: .cameraMotion) ?? 0.73
        boxes = try values.decodeIfPresent(Bool.self, forKey: .boxes) ?? false
        objectKinds = try values.decodeIfPresent([SynthKind].self, forKey: .objectKinds) ?? []
        silentMovers = try values.decodeIfPresent(Double.self, forKey: .silentMovers) ?? 0
        unseenSounds = try values.decodeIfPresent(Double.self, forKey: .unseenSounds) ?? 0
    }

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
        try require((0...1).contains(blackFraming), "black_framing is \(blackFraming); give a share, 0 to 1")
        try require((0...1).contains(cameraMotion), "camera_motion is \(cameraMotion); give a share, 0 to 1")
        try require((0...1).contains(silentMovers), "silent_movers is \(silentMovers); give a share, 0 to 1")
        try require((0...1).contains(unseenSounds), "unseen_sounds is \(unseenSounds); give a share, 0 to 1")
        try require(
            Set(objectKinds).count == objectKinds.count,
            "object_kinds is [\(objectKinds.map(\.rawValue).joined(separator: ", "))]; give each kind once")
        try require(
            kind == .impacts || objectKinds.isEmpty && silentMovers == 0 && unseenSounds == 0,
            "object_kinds, silent_movers and unseen_sounds are of kind impacts; leave them out for arrow")
        try require(
            kind == .impacts || cues == 0,
            "cues is \(cues), but the cues of kind arrow are black_framing and camera_motion; set cues to 0")
    }
}
