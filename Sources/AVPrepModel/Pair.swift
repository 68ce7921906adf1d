/// How the audio of a pair relates to its video.
package enum PairKind: UInt8, Sendable, Codable, CaseIterable {
    /// Same segment, same time.
    case positive = 0
    /// Audio of another video.
    case easy = 1
    /// Same video, out of sync by at least the gap.
    case hard = 2
    /// Same video, overlapping by a fixed duration.
    case superHard = 3
    /// Same video, same time, frames in reverse order: the negative of arrow-of-time training.
    case reversed = 4

    /// 1 when video and audio are in sync, else 0: `y` of the contrastive loss.
    package var label: UInt8 { self == .positive ? 1 : 0 }

    /// The name in reports and in `--json`.
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

/// A video clip and an audio clip, as positions in one shard: pairs are slices, never copies.
package struct Pair: Sendable, Equatable {
    package var kind: PairKind
    /// Row of the video clip's segment in the shard's segment table.
    package var videoSegment: Int32
    /// First frame of the clip within that segment.
    package var videoStartFrame: Int32
    /// Row of the audio clip's segment in the shard's segment table.
    package var audioSegment: Int32
    /// Start of the audio clip within its segment, in seconds.
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
