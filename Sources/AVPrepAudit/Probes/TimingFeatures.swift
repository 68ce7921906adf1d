import AVPrepModel

/// Where a clip lies, and what the tables say of its segment.
///
/// No probe sees the places of both clips of a pair: their distance is what makes a pair positive or negative.
struct ClipPlace: Sendable {
    var startSeconds: Double
    var clipSeconds: Double
    /// Length of the segment.
    var segmentSeconds: Double
    /// Start of the segment in its video.
    var segmentStartSeconds: Double
    /// The segment's number in its file's table, and how many there are, of this video.
    var isFirstOfVideo: Bool
    var isLastOfVideo: Bool
}

enum TimingFeatures {
    /// The flags that are the sound's; all others are the picture's, and would say whose sound this is.
    private static let ofSound: SegmentFlags = [
        .silent, .constantTone, .clipping, .dcOffset, .deadChannel, .periodicSound,
    ]

    /// What `picture-timing` sees.
    static func picture(_ place: ClipPlace, _ segment: Segment, fps: Double) -> [Float] {
        let crop = segment.crop
        return Self.place(place, phase: fps) + [
            Float(segment.width), Float(segment.height),
            Float(crop.top), Float(crop.bottom), Float(crop.left), Float(crop.right),
        ] + flags(segment.flags.subtracting(ofSound))
    }

    private static func flags(_ flags: SegmentFlags) -> [Float] {
        SegmentFlags.names.indices.map { flags.rawValue & (1 << $0) != 0 ? 1 : 0 }
    }

    /// What `sound-timing` sees.
    static func sound(_ place: ClipPlace, _ segment: Segment, _ measures: SoundMeasures, fps: Double) -> [Float] {
        let envelope = measures.envelope
        let quiet = (envelope.min() ?? 0) + 1e-3
        let before = envelope.prefix { $0 <= quiet }.count
        let after = envelope.reversed().prefix { $0 <= quiet }.count
        return Self.place(place, phase: fps) + [
            segment.measures[.brokenSamples] ?? 0, Float(before) / Float(max(1, envelope.count)),
            Float(after) / Float(max(1, envelope.count)),
        ] + flags(segment.flags.intersection(ofSound))
    }

    private static func place(_ place: ClipPlace, phase: Double) -> [Float] {
        let rest = place.segmentSeconds - place.startSeconds - place.clipSeconds
        let frames = place.startSeconds * phase
        return [
            Float(place.startSeconds), Float(rest), Float(place.segmentSeconds), Float(place.segmentStartSeconds),
            place.startSeconds <= 0 ? 1 : 0, rest < 0.5 / phase ? 1 : 0, Float(frames - frames.rounded(.down)),
            place.isFirstOfVideo ? 1 : 0, place.isLastOfVideo ? 1 : 0,
        ]
    }

    /// What `order` sees: the pair's row of so many.
    static func order(_ row: Int, of count: Int) -> [Float] {
        [
            Float(row) / Float(max(1, count - 1)), Float(row % 2), Float(row % 3), Float(row % 4), Float(row % 8),
            Float(row % 16),
        ]
    }
}
