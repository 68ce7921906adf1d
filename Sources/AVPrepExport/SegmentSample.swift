import AVPrepCore
import AVPrepModel
package import AVPrepStore

/// One segment as a sample of a WebDataset: members of one key, each with an ending that says what it holds.
package enum SegmentSample {
    /// What a sample can hold beside its description.
    package enum Part: String, Sendable, CaseIterable {
        case frames, flow, motion, pcm, waveforms, spectrograms
    }

    /// Adds the segment's members to a tar: those of ``SampleMember/all(of:_:)``, in that order. JPEG and PNG pictures are
    /// `KEY.frames.npy` (uint8, one after another as they are stored) and `KEY.frames_offsets.npy` (int64, one more than
    /// there are pictures); raw ones are one array, uint8 or float16 as stored. Likewise for flow.
    ///
    /// - Parameter labels: of the segment.
    /// - Parameter buffer: reused from sample to sample.
    /// - Throws: `StoreError`, ``Failure``.
    package static func write(
        _ stored: StoredSegment, of reader: StoreReader, labels: [String] = [], parts: Set<Part>, to tar: TarWriter,
        buffer: inout [UInt8]
    ) throws {
        let key = stored.segment.segmentID
        let json = try SampleDescription.json(of: stored, labels: labels, fps: reader.layout.fps)
        try tar.add("\(key).json", Array(json.utf8))
        if parts.contains(.frames) {
            try write(
                pictures: stored.frames, codec: reader.layout.frameCodec, name: "\(key).frames",
                rawShape: [stored.segment.height, stored.segment.width, 3], to: tar, &buffer
            ) { row, body in try reader.withFrameBytes(row, body) }
        }
        if parts.contains(.pcm), let pcm = reader.layout.pcm {
            buffer = WaveFile.header(sampleRate: pcm.sampleRate, channels: pcm.channels, frames: stored.pcm.count)
            try reader.withPCM(stored.pcm) { samples in buffer.append(contentsOf: UnsafeRawBufferPointer(samples)) }
            try tar.add("\(key).wav", buffer)
        }
        if parts.contains(.waveforms) {
            for waveform in reader.layout.waveforms {
                let rows = stored.waveforms[waveform.name] ?? 0..<0
                buffer = WaveFile.header(
                    sampleRate: waveform.sampleRate, channels: waveform.channels, frames: rows.count)
                try reader.withWaveform(waveform.name, rows) { samples in
                    buffer.append(contentsOf: UnsafeRawBufferPointer(samples))
                }
                try tar.add("\(key).\(waveform.name).wav", buffer)
            }
        }
        if parts.contains(.spectrograms) {
            for spectrogram in reader.layout.spectrograms {
                let rows = stored.spectrograms[spectrogram.name] ?? 0..<0
                let type: NumPyArray.ElementType = spectrogram.storedType == .float16 ? .float16 : .float32
                buffer = NumPyArray.header(type, shape: [rows.count, spectrogram.bins])
                try reader.withSpectrogramBytes(spectrogram.name, rows) { buffer.append(contentsOf: $0) }
                try tar.add("\(key).\(spectrogram.name).npy", buffer)
            }
        }
        if parts.contains(.flow), let flow = reader.layout.flow {
            for direction in flow.directions {
                let name = "flow_\(direction.rawValue)"
                let size = flow.size(width: stored.segment.width, height: stored.segment.height)
                try write(
                    pictures: stored.flow[direction] ?? 0..<0, codec: flow.codec, name: "\(key).\(name)",
                    rawShape: [2 * size.height, size.width],
                    rawType: flow.storedType == .float16 ? .float16 : .uint8, to: tar, &buffer
                ) { row, body in try reader.withFlowBytes(direction, row, body) }
            }
        }
        if parts.contains(.motion), reader.layout.hasMotion {
            try write(try reader.motion(stored.frames), key: key, to: tar, &buffer)
        }
    }

    private static func write(
        _ motion: [FrameMotion], key: String, to tar: TarWriter, _ buffer: inout [UInt8]
    ) throws {
        buffer = NumPyArray.header(.float32, shape: [motion.count, 3, 3])
        for frame in motion { frame.homography.withUnsafeBytes { buffer.append(contentsOf: $0) } }
        try tar.add("\(key).motion.npy", buffer)
        buffer = NumPyArray.header(.float32, shape: [motion.count, SampleMember.motionRates.count])
        for frame in motion {
            // In the order of `SampleMember.motionRates`.
            let rates = [Float(frame.inlierCount), frame.error, frame.pan, frame.tilt, frame.zoom, frame.roll]
            rates.withUnsafeBytes { buffer.append(contentsOf: $0) }
        }
        try tar.add("\(key).motion_rates.npy", buffer)
    }

    /// - Parameter name: of the member, without its ending.
    private static func write(
        pictures rows: Range<Int>, codec: StoreLayout.PictureCodec, name: String, rawShape: [Int],
        rawType: NumPyArray.ElementType = .uint8, to tar: TarWriter, _ buffer: inout [UInt8],
        bytes: (Int, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        var joined: [UInt8] = []
        var offsets: [Int64] = [0]
        for row in rows {
            try bytes(row) { joined.append(contentsOf: $0) }
            offsets.append(Int64(joined.count))
        }
        let isRaw = codec == .raw
        buffer = NumPyArray.header(isRaw ? rawType : .uint8, shape: isRaw ? [rows.count] + rawShape : [joined.count])
        buffer.append(contentsOf: joined)
        try tar.add("\(name).npy", buffer)
        guard !isRaw else { return }
        buffer = NumPyArray.header(.int64, shape: [offsets.count])
        for offset in offsets { withUnsafeBytes(of: offset.littleEndian) { buffer.append(contentsOf: $0) } }
        try tar.add("\(name)_offsets.npy", buffer)
    }
}
