/// A view of a pair so narrow that no probe should tell anything from it.
package enum AuditProbe: String, Sendable, Codable, CaseIterable {
    case border
    case globalMotion = "global-motion"
    case codec
    case pictureTiming = "picture-timing"
    case soundTiming = "sound-timing"
    case loudness
    case picture
    case sound
    case order

    /// Which of the two clips it sees.
    enum Side { case picture, sound, both, neither }

    var side: Side {
        switch self {
        case .border, .globalMotion, .pictureTiming, .picture: .picture
        case .soundTiming, .loudness, .sound: .sound
        case .codec: .both
        case .order: .neither
        }
    }

    /// Whether what it sees changes when a clip is played backwards.
    package var seesDirection: Bool {
        switch self {
        case .border, .globalMotion, .codec: true
        case .pictureTiming, .soundTiming, .loudness, .picture, .sound, .order: false
        }
    }

    /// All it sees, in one line.
    package var sees: String {
        switch self {
        case .border: "strips along the four edges and the four corners: level, spread, how they change"
        case .globalMotion: "the camera: pan, tilt, zoom, roll, speed"
        case .codec: "bytes and sharpness of stored pictures, how still parts pulse; the bandwidth of the sound's video"
        case .pictureTiming:
            "where the picture's clip lies in its segment and video; size, crop and flags of the segment"
        case .soundTiming: "where the sound's clip lies in its segment and video; silence before and after"
        case .loudness: "the sound's envelope"
        case .picture: "brightness, contrast, colour and change of whole pictures, no sound"
        case .sound: "level and spread of the sound's bands, no picture"
        case .order: "the pair's row in the table"
        }
    }

    /// What it means that the inside of the pictures tells as much.
    var content: String {
        "but the same strips and corners in the middle of the picture tell as much: it is what the pictures show, not a frame around "
            + "them, and no cropping would change it"
    }

    /// What strips the cue.
    func remedy(_ task: AuditTask) -> String {
        task == .direction
            ? cure(task) + "; only training on the arrow of time can cheat by it, --ask labels leaves it out"
            : cure(task)
    }

    private func cure(_ task: AuditTask) -> String {
        let balance = "the tables' clips of both labels must be the same: draw them with avprep shard"
        return switch (self, task.isDirection) {
        case (.border, true):
            "bars or fades at the rim tell the direction: ingest.borders.method: robust and policy.black_border: fix crop bars, "
                + "policy.fade: drop and policy.border_missed: drop leave out the rest"
        case (.border, false):
            "the labels' pictures are framed differently: policy.black_border: fix crops bars; \(balance)"
        case (.globalMotion, true):
            "camera moves tell the direction: ingest.stabilise.enabled: true takes them out, policy.pan, policy.tilt, policy.zoom and "
                + "policy.roll: drop leave them out"
        case (.globalMotion, false):
            "the labels' pictures are filmed differently: policy.pan and its like: drop; \(balance)"
        case (.codec, true):
            "the source's key frames show as pulses: take sources of better quality, or intra-coded ones"
        case (.codec, false):
            "the labels differ in how they were encoded: take sources of one quality, or one kind of source a corpus; \(balance)"
        case (.pictureTiming, _), (.soundTiming, _), (.loudness, _), (.picture, _), (.sound, _), (.order, _): balance
        }
    }
}

/// What a probe is to tell apart.
package enum AuditTask: Sendable, Equatable, Hashable {
    /// Positives from all negatives of a set.
    case negatives
    /// Positives from the negatives of one kind, by its name.
    case kind(String)
    /// Clips as they are from the same clips played backwards.
    case direction

    package var name: String {
        switch self {
        case .negatives: "positive / negative"
        case .kind(let name): "positive / \(name)"
        case .direction: "forward / backward"
        }
    }

    var isDirection: Bool { self == .direction || self == .kind("reversed") }
}
