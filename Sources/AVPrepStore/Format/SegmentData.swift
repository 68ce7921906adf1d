package import AVPrepModel

/// The data of one segment, for the writer.
package struct SegmentData: Sendable {
    package var segment: Segment
    /// `segment.frameCount` RGB pictures of `segment.width` × `segment.height`, encoded with the layout's codec.
    package var frames: PictureSequence
    /// Any number of flow pictures for each of the layout's directions.
    package var flow: [StoreLayout.FlowDirection: PictureSequence]
    /// One entry per frame if the layout has motion, otherwise empty.
    package var motion: [FrameMotion]
    /// `[sample, channel]`, whole samples; empty if the layout has none.
    package var pcm: [Int16]
    /// `[sample, channel]` for each of the layout's waveforms, whole samples.
    package var waveforms: [String: [Int16]]
    /// `[frame, bin]` for each of the layout's spectrograms, whole frames.
    package var spectrograms: [String: [Float]]

    package init(
        segment: Segment, frames: PictureSequence, flow: [StoreLayout.FlowDirection: PictureSequence] = [:],
        motion: [FrameMotion] = [], pcm: [Int16] = [], waveforms: [String: [Int16]] = [:],
        spectrograms: [String: [Float]] = [:]
    ) {
        self.segment = segment
        self.frames = frames
        self.flow = flow
        self.motion = motion
        self.pcm = pcm
        self.waveforms = waveforms
        self.spectrograms = spectrograms
    }

    /// How the data contradicts the layout, or nil.
    package func fault(in layout: StoreLayout) -> String? {
        if frames.count != segment.frameCount { return "it has \(frames.count) frames, not \(segment.frameCount)" }
        if segment.width < 1 || segment.height < 1 { return "its frames are \(segment.width) × \(segment.height)" }
        if Set(flow.keys) != Set(layout.flow?.directions ?? []) { return "its flow directions are not the layout's" }
        if motion.count != (layout.hasMotion ? segment.frameCount : 0) {
            return "it has \(motion.count) rows of motion"
        }
        if pcm.count % (layout.pcm?.channels ?? 1) != 0 || (layout.pcm == nil && !pcm.isEmpty) {
            return "its \(pcm.count) values of sound do not fit the layout"
        }
        if Set(waveforms.keys) != Set(layout.waveforms.map(\.name)) { return "its waveforms are not the layout's" }
        for waveform in layout.waveforms where (waveforms[waveform.name]?.count ?? 0) % waveform.channels != 0 {
            return "its waveform \(waveform.name) ends within a sample"
        }
        if Set(spectrograms.keys) != Set(layout.spectrograms.map(\.name)) {
            return "its spectrograms are not the layout's"
        }
        for spectrogram in layout.spectrograms
        where (spectrograms[spectrogram.name]?.count ?? 0) % spectrogram.bins != 0 {
            return "its spectrogram \(spectrogram.name) ends within a frame"
        }
        return nil
    }
}

/// One row of a file's segment table: the segment, and its range of rows in each dataset.
package struct StoredSegment: Sendable, Equatable {
    package var segment: Segment
    /// Rows of /frames and of /motion.
    package var frames: Range<Int>
    /// Rows of /flow/DIRECTION, for each direction of the layout.
    package var flow: [StoreLayout.FlowDirection: Range<Int>]
    /// Rows (samples) of /audio/pcm; empty if the layout has none.
    package var pcm: Range<Int>
    /// Rows of /audio/NAME, for each spectrogram of the layout.
    package var spectrograms: [String: Range<Int>]
    /// nil in prepared files; each shard belongs to one split.
    package var split: Split?
    /// The group of near-duplicates and videos of one source: the id of one of them, or the video's own id if it has no
    /// group. Empty in prepared files.
    package var groupID = ""
    /// Rows (samples) of /audio/NAME, for each waveform of the layout.
    package var waveforms: [String: Range<Int>] = [:]
    /// Number of frames of a segment whose media are not stored: all its ranges are empty. 0 for others, and in shards.
    package var leftOutFrames = 0
}
