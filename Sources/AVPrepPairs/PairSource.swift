package import AVPrepModel

/// The properties of a segment in a shard that pairing needs.
package struct PairSource: Sendable, Equatable {
    /// Why sound from another time of the video might still match the picture, so that the segment gives no hard
    /// negatives: they could be accidental positives.
    package enum HardExclusion: String, Sendable, Codable, CaseIterable {
        /// Silence sounds the same at all times.
        case silent
        /// A still picture matches every sound of its video.
        case still
        /// Sound or picture is periodic, and one period later is in sync again.
        case periodic
    }

    /// Row in the shard's segment table.
    package var row: Int32
    package var segmentID: String
    package var videoID: String
    /// The group that easy negatives of this segment must not come from: the video's source or its near-duplicates. All
    /// segments of a video have the same group.
    package var group: String
    /// Start in presentation time, in seconds. Segments of one video do not overlap.
    package var startSeconds: Double
    /// Length of the stored sound in seconds.
    package var soundSeconds: Double
    /// Number of stored frames.
    package var frameCount: Int
    /// Stored frames per second.
    package var fps: Double
    /// Why the segment gives no hard negatives; nil if it does. It gives positives and easy negatives in any case.
    package var hardExclusion: HardExclusion?
    /// Period of the sound in seconds, if it is periodic: hard negatives avoid its multiples.
    package var periodSeconds: Double?

    package init(
        row: Int32, segmentID: String, videoID: String, group: String, startSeconds: Double, soundSeconds: Double,
        frameCount: Int, fps: Double, hardExclusion: HardExclusion? = nil, periodSeconds: Double? = nil
    ) {
        self.row = row
        self.segmentID = segmentID
        self.videoID = videoID
        self.group = group
        self.startSeconds = startSeconds
        self.soundSeconds = soundSeconds
        self.frameCount = frameCount
        self.fps = fps
        self.hardExclusion = hardExclusion
        self.periodSeconds = periodSeconds
    }

    /// A stored segment; its flags decide whether it gives hard negatives.
    ///
    /// - Parameters:
    ///   - group: nil uses the video's id, so that the video is a group of its own.
    ///   - periodSeconds: period of a periodic sound.
    package init(
        _ segment: Segment, row: Int32, group: String? = nil, soundSeconds: Double, fps: Double,
        periodSeconds: Double? = nil
    ) {
        let flags = segment.flags
        self.init(
            row: row, segmentID: segment.segmentID, videoID: segment.videoID, group: group ?? segment.videoID,
            startSeconds: segment.startSeconds, soundSeconds: soundSeconds, frameCount: segment.frameCount, fps: fps,
            // A constant tone has no period: it matches at all times.
            hardExclusion: flags.contains(.silent)
                ? .silent : flags.contains(.still) ? .still : flags.contains(.constantTone) ? .periodic : nil,
            periodSeconds: periodSeconds)
    }

    /// - Throws: ``PairError`` naming the segment, when its numbers are invalid.
    package func validate() throws {
        let longest = 1e9
        guard row >= 0, fps > 0, fps <= 1e6, frameCount >= 0, frameCount < Int32.max, soundSeconds >= 0,
            soundSeconds <= longest, abs(startSeconds) <= Segment.latestSeconds,
            periodSeconds.map({ $0 > 0 && $0 <= longest }) ?? true
        else {
            throw PairError(
                .source,
                "segment \(segmentID) has invalid numbers (row \(row), start \(startSeconds) s, "
                    + "\(frameCount) frames at \(fps) per second, \(soundSeconds) s of sound); "
                    + "verify its file and ingest the video again")
        }
    }
}
