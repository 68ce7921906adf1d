import AVPrepCore
import AVPrepModel
package import AVPrepStore

/// One segment as a sample of a WebDataset: members of one key, each with an ending that says what it holds.
package enum SegmentSample {
    /// What a sample can hold beside its description.
    package enum Part: String, Sendable, CaseIterable {
        case frames, flow, motion, pcm, waveforms, spectrograms
    }

    /// The columns of `KEY.motion_rates.npy`, as the format names them.
    package static let motionRates = ["inlier_count", "error", "pan", "tilt", "zoom", "roll"]

    /// Adds the segment's members to a tar: `KEY.json`, `KEY.000000.jpg` (or `.png`) …, `KEY.wav`, `KEY.NAME.wav` for each named
    /// waveform, `KEY.mel.npy` …, `KEY.flow_forward.000000.jpg` …, `KEY.motion.npy` and `KEY.motion_rates.npy`. Pictures
    /// that are stored raw become one array, `KEY.frames.npy` and `KEY.flow_forward.npy`, uint8 or float16 as stored.
    ///
    /// - Parameter buffer: reused from sample to sample.
    /// - Throws: `StoreError`, ``Failure``.
    package static func write(
        _ stored: StoredSegment, of reader: StoreReader, parts: Set<Part>, to tar: TarWriter, buffer: inout [UInt8]
    ) throws {
        let key = stored.segment.segmentID
        let description = Description(stored, reader.layout)
        try tar.add("\(key).json", Array(try CanonicalJSON.encode(description).utf8))
        if parts.contains(.frames) {
            try write(
                pictures: stored.frames, codec: reader.layout.frameCodec, prefix: key, rawName: "\(key).frames.npy",
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
                    pictures: stored.flow[direction] ?? 0..<0, codec: flow.codec, prefix: "\(key).\(name)",
                    rawName: "\(key).\(name).npy", rawShape: [2 * size.height, size.width],
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
        buffer = NumPyArray.header(.float32, shape: [motion.count, motionRates.count])
        for frame in motion {
            // In the order of `motionRates`.
            let rates = [Float(frame.inlierCount), frame.error, frame.pan, frame.tilt, frame.zoom, frame.roll]
            rates.withUnsafeBytes { buffer.append(contentsOf: $0) }
        }
        try tar.add("\(key).motion_rates.npy", buffer)
    }

    private static func write(
        pictures rows: Range<Int>, codec: StoreLayout.PictureCodec, prefix: String, rawName: String, rawShape: [Int],
        rawType: NumPyArray.ElementType = .uint8, to tar: TarWriter, _ buffer: inout [UInt8],
        bytes: (Int, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        switch codec {
        case .jpeg, .png:
            let ending = codec == .png ? "png" : "jpg"
            for (number, row) in rows.enumerated() {
                let digits = String(number)
                let name = "\(prefix).\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).\(ending)"
                try bytes(row) { try tar.add(name, $0) }
            }
        case .raw:
            var array = NumPyArray.header(rawType, shape: [rows.count] + rawShape)
            for row in rows { try bytes(row) { array.append(contentsOf: $0) } }
            swap(&array, &buffer)
            try tar.add(rawName, buffer)
        }
    }

    /// `KEY.json`.
    private struct Description: Encodable {
        let segment_id: String
        let video_id: String
        let source: String
        let split: String?
        let start_seconds: Double
        let fps: Double
        let frame_count: Int
        let height: Int
        let width: Int
        let crop: CropMargins
        let flags: [String]
        /// Those of the flags that the sample no longer shows.
        let fixed: [String]
        let measures: [String: Float]

        init(_ stored: StoredSegment, _ layout: StoreLayout) {
            let segment = stored.segment
            segment_id = segment.segmentID
            video_id = segment.videoID
            source = segment.source
            split = stored.split?.rawValue
            start_seconds = segment.startSeconds
            fps = layout.fps
            frame_count = segment.frameCount
            height = segment.height
            width = segment.width
            crop = segment.crop
            flags = segment.flags.setNames
            fixed = segment.decision.fixed.setNames
            measures = Dictionary(
                uniqueKeysWithValues: segment.measures.filter { $0.value.isFinite }.map { ($0.key.rawValue, $0.value) })
        }
    }
}
