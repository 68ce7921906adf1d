package import AVPrepModel
package import AVPrepStore

/// The picture clip of a pair: consecutive frames of one segment, as they are stored. ``ClipDecoder`` gives its pixels.
package struct PictureClip: Sendable {
    package let shard: ShardReader
    /// The segment it is cut out of, and where that lies in the shard's tracks.
    package let stored: StoredSegment
    /// Numbers of its frames within the segment; at least one, all of them stored.
    package let frames: Range<Int>
    /// Size of the stored pictures in pixels.
    package var width: Int { stored.segment.width }
    package var height: Int { stored.segment.height }

    init(_ shard: ShardReader, _ stored: StoredSegment, frames: Range<Int>) {
        self.shard = shard
        self.stored = stored
        self.frames = frames
    }

    package var segment: Segment { stored.segment }
    /// Number of frames.
    package var count: Int { frames.count }
    package var codec: StoreLayout.PictureCodec { shard.layout.frameCodec }

    /// Bytes that each frame takes as it is stored.
    package var byteCounts: [Int] { frames.map { shard.store.frameByteCount(row($0)) } }

    /// Gives `body` the stored bytes of one frame, in the layout's codec, valid during the call. No copy.
    ///
    /// - Parameter frame: one of ``frames``.
    func withEncoded<Result>(_ frame: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try shard.store.withFrameBytes(row(frame), body)
    }

    /// Camera motion at its frames; empty where the shard has none.
    package func motion() throws -> [FrameMotion] {
        guard shard.layout.hasMotion else { return [] }
        return try shard.store.motion(row(frames.lowerBound)..<row(frames.upperBound))
    }

    private func row(_ frame: Int) -> Int { stored.frames.lowerBound + frame }
}
