import Foundation

extension StoreReader {
    /// A whole segment as the writer takes it, bit for bit as it was written.
    ///
    /// - Parameter row: index in ``segments``.
    /// - Throws: ``StoreError`` when the file cannot be read.
    package func segmentData(_ row: Int) throws -> SegmentData {
        let folder = (path as NSString).deletingLastPathComponent
        let stored = segments[row]
        var data = SegmentData(segment: stored.segment, frames: try pictures(.frames, stored.frames, folder))
        for direction in layout.flow?.directions ?? [] {
            data.flow[direction] = try pictures(.flow(direction), stored.flow[direction] ?? 0..<0, folder)
        }
        if layout.hasMotion { data.motion = try motion(stored.frames) }
        if layout.pcm != nil { data.pcm = try withPCM(stored.pcm) { Array($0) } }
        for waveform in layout.waveforms {
            data.waveforms[waveform.name] = try withWaveform(
                waveform.name, stored.waveforms[waveform.name] ?? 0..<0
            ) { Array($0) }
        }
        for kind in layout.spectrograms {
            data.spectrograms[kind.name] = try spectrogram(kind.name, stored.spectrograms[kind.name] ?? 0..<0)
        }
        return data
    }

    private func pictures(_ content: Track.Content, _ rows: Range<Int>, _ folder: String) throws -> PictureSequence {
        var sequence = PictureSequence()
        for row in rows {
            try withRows(content, byteRange(content, row..<row + 1)) { sequence.append($0) }
            try sequence.spill(over: Self.heldBytes, into: folder)
        }
        return sequence
    }

    /// Bytes of pictures of one kind that are held in memory.
    private static let heldBytes = 32 << 20
}
