/// How the sound of a pair relates to its picture.
package enum PairKind: UInt8, Sendable, Codable, CaseIterable {
    /// Same segment, same time.
    case positive = 0
    /// Sound of another video.
    case easy = 1
    /// Same video, out of sync by at least the gap.
    case hard = 2
    /// Same video, overlapping by a fixed extent.
    case superHard = 3
    /// Same video, same time, the picture played backwards: the negative of the arrow of time.
    case reversed = 4

    /// 1 when picture and sound are in sync, else 0: the `y` of the contrastive loss.
    package var label: UInt8 { self == .positive ? 1 : 0 }

    /// The word in reports and `--json`.
    package var name: String {
        switch self {
        case .positive: "positive"
        case .easy: "easy"
        case .hard: "hard"
        case .superHard: "super-hard"
        case .reversed: "reversed"
        }
    }
}

/// A picture clip and a sound clip, as places in one shard: pairs are slices, never copies.
package struct Pair: Sendable, Equatable {
    package var kind: PairKind
    /// Row of the picture's segment in the shard's segment table.
    package var videoSegment: Int32
    /// First frame of the clip within that segment.
    package var videoStartFrame: Int32
    /// Row of the sound's segment in the shard's segment table.
    package var audioSegment: Int32
    /// Start of the sound within its segment, in seconds.
    package var audioStartSeconds: Double

    package init(
        kind: PairKind, videoSegment: Int32, videoStartFrame: Int32, audioSegment: Int32, audioStartSeconds: Double
    ) {
        self.kind = kind
        self.videoSegment = videoSegment
        self.videoStartFrame = videoStartFrame
        self.audioSegment = audioSegment
        self.audioStartSeconds = audioStartSeconds
    }
}
