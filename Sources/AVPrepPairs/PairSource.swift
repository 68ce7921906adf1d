package import AVPrepModel

/// One segment of a shard, as far as pairing needs to know it.
package struct PairSource: Sendable, Equatable {
    /// Why sound of the same video at another time might still fit the picture, so that a segment gives no hard
    /// negatives: it would be an accidental positive.
    package enum HardExclusion: String, Sendable, Codable, CaseIterable {
        /// Silence sounds the same at all times.
        case silent
        /// A picture that stands still fits every sound of its video.
        case still
        /// Sound or picture repeats itself, and one period later is in sync again.
        case periodic
    }

    /// Row in the shard's segment table.
    package var row: Int32
    package var segmentID: String
    package var videoID: String
    /// What easy negatives must not come from within: the video's source or its group of near-duplicates. All segments
    /// of a video have the same.
    package var group: String
    /// Start on the container's clock, in seconds. Segments of one video do not overlap.
    package var startSeconds: Double
    /// Length of the stored sound in seconds.
    package var soundSeconds: Double
    /// Stored frames.
    package var frameCount: Int
    /// Stored frames a second.
    package var fps: Double
    /// Why the segment gives no hard negatives, if it does not. It still gives positives and easy negatives.
    package var hardExclusion: HardExclusion?
    /// Period of the sound in seconds, where it repeats itself: hard negatives keep off its multiples.
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

    /// A stored segment; its flags say whether it gives hard negatives.
    ///
    /// - Parameters:
    ///   - group: nil takes the video's id: every video stands alone.
    ///   - periodSeconds: period of a sound that repeats itself.
    package init(
        _ segment: Segment, row: Int32, group: String? = nil, soundSeconds: Double, fps: Double,
        periodSeconds: Double? = nil
    ) {
        let flags = segment.flags
        self.init(
            row: row, segmentID: segment.segmentID, videoID: segment.videoID, group: group ?? segment.videoID,
            startSeconds: segment.startSeconds, soundSeconds: soundSeconds, frameCount: segment.frameCount, fps: fps,
            // A tone that stays has no period: it fits at all times.
            hardExclusion: flags.contains(.silent)
                ? .silent : flags.contains(.still) ? .still : flags.contains(.constantTone) ? .periodic : nil,
            periodSeconds: periodSeconds)
    }

    /// - Throws: ``PairError`` naming the segment, when its numbers cannot be.
    package func validate() throws {
        let longest = 1e9
        guard row >= 0, fps > 0, fps <= 1e6, frameCount >= 0, frameCount < Int32.max, soundSeconds >= 0,
            soundSeconds <= longest, abs(startSeconds) <= longest,
            periodSeconds.map({ $0 > 0 && $0 <= longest }) ?? true
        else {
            throw PairError(
                .source,
                "segment \(segmentID) has impossible numbers (row \(row), start \(startSeconds) s, "
                    + "\(frameCount) frames at \(fps) a second, \(soundSeconds) s of sound); "
                    + "verify its file and ingest the video again")
        }
    }
}
