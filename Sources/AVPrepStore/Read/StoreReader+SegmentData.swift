extension StoreReader {
    /// A whole segment as the writer takes it, bit for bit as it was written.
    ///
    /// - Parameter row: index in ``segments``.
    /// - Throws: ``StoreError`` when the file cannot be read.
    package func segmentData(_ row: Int) throws -> SegmentData {
        let stored = segments[row]
        var data = SegmentData(segment: stored.segment, frames: try pictures(.frames, stored.frames))
        for direction in layout.flow?.directions ?? [] {
            data.flow[direction] = try pictures(.flow(direction), stored.flow[direction] ?? 0..<0)
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

    private func pictures(_ content: Track.Content, _ rows: Range<Int>) throws -> PictureSequence {
        var sequence = PictureSequence()
        let first = byteRange(content, rows).lowerBound
        try withRows(content, byteRange(content, rows)) { bytes in
            for row in rows {
                let range = byteRange(content, row..<row + 1)
                sequence.append(
                    UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound - first..<range.upperBound - first]))
            }
        }
        return sequence
    }
}
