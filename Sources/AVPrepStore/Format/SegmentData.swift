package import AVPrepModel

/// One whole segment, as the writer takes it.
package struct SegmentData: Sendable {
    package var segment: Segment
    /// `segment.frameCount` pictures of `segment.width` × `segment.height`, RGB, in the layout's codec.
    package var frames: PictureSequence
    /// Pictures of flow for each of the layout's directions, any number of them.
    package var flow: [StoreLayout.FlowDirection: PictureSequence]
    /// One for each frame if the layout has motion, else empty.
    package var motion: [FrameMotion]
    /// `[sample, channel]`, a whole number of samples; empty if the layout has none.
    package var pcm: [Int16]
    /// `[sample, channel]` for each of the layout's waveforms, whole numbers of samples.
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

    /// What of it does not fit the layout, or nil.
    package func fault(in layout: StoreLayout) -> String? {
        if frames.count != segment.frameCount { return "\(frames.count) frames of \(segment.frameCount)" }
        if segment.width < 1 || segment.height < 1 { return "frames of \(segment.width) × \(segment.height)" }
        if Set(flow.keys) != Set(layout.flow?.directions ?? []) { return "flow in other directions than the layout's" }
        if motion.count != (layout.hasMotion ? segment.frameCount : 0) { return "\(motion.count) rows of motion" }
        if pcm.count % (layout.pcm?.channels ?? 1) != 0 || (layout.pcm == nil && !pcm.isEmpty) {
            return "\(pcm.count) numbers of sound"
        }
        if Set(waveforms.keys) != Set(layout.waveforms.map(\.name)) { return "other waveforms" }
        for waveform in layout.waveforms where (waveforms[waveform.name]?.count ?? 0) % waveform.channels != 0 {
            return "half a sample of \(waveform.name)"
        }
        if Set(spectrograms.keys) != Set(layout.spectrograms.map(\.name)) { return "other spectrograms" }
        for spectrogram in layout.spectrograms
        where (spectrograms[spectrogram.name]?.count ?? 0) % spectrogram.bins != 0 {
            return "half a frame of \(spectrogram.name)"
        }
        return nil
    }
}

/// One row of a file's segment table: the segment, and which rows of each dataset are its own.
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
    /// Nil in prepared files: shards are cut by split.
    package var split: Split?
    /// The group of near-duplicates that the video belongs to: the id of one of its videos, its own if it stands alone.
    /// Empty in prepared files.
    package var groupID = ""
    /// Rows (samples) of /audio/NAME, for each waveform of the layout.
    package var waveforms: [String: Range<Int>] = [:]
}
