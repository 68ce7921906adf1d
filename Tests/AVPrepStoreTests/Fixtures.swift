import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation

/// Small contents made by code, the same for the same seed.
enum Fixtures {
    /// A layout with everything in it.
    static func layout(frameCodec: StoreLayout.PictureCodec = .jpeg) -> StoreLayout {
        StoreLayout(
            fps: 25, frameCodec: frameCodec, frameQuality: frameCodec == .jpeg ? 90 : nil,
            flow: .init(
                directions: [.forward, .backward], codec: .raw, quality: nil, method: "dis", preset: "medium",
                bound: 20,
                fps: 25, quantisation: "round(127.5 + d · 127.5 / bound)"),
            hasMotion: true, pcm: .init(sampleRate: 16_000, channels: 2),
            spectrograms: [
                .init(
                    name: "mel", bins: 40, framesPerSecond: 100, storedType: .float32,
                    attributes: [
                        "sr": .int(16_000), "fmin": .double(0), "window": .string("hann"), "htk": .bool(false),
                    ]),
                .init(name: "logspec", bins: 17, framesPerSecond: 200, storedType: .float16),
            ])
    }

    static let attributes: [String: AttributeValue] = [
        "avprep_version": .string("0.0.1"), "config_json": .string(#"{"fps":25}"#),
    ]

    /// A smooth picture with an edge in it, so that JPEG has something to do.
    static func image(width: Int = 64, height: Int = 48, channels: Int = 3, seed: UInt64 = 1) -> PixelBuffer {
        let image = PixelBuffer(width: width, height: height, channels: channels)
        var random = SeededRandom(seed: seed)
        let (phase, edge) = (random.unit() * 6, random.below(width))
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels {
                    let wave = 90 + 60 * sin(Double(x) / 9 + phase) * cos(Double(y) / 7 + Double(channel))
                    image.pixels[(y * width + x) * channels + channel] = UInt8(x > edge ? wave : wave + 70)
                }
            }
        }
        return image
    }

    /// A whole segment of random content.
    static func segment(
        _ layout: StoreLayout, video: String = "0123456789abcdef0123456789abcdef", number: Int = 0, frames: Int = 5,
        width: Int = 64, height: Int = 48, encoder: JPEGEncoder
    ) throws -> SegmentData {
        var random = SeededRandom(seed: 7, for: "\(video)-\(number)")
        var pictures = PictureSequence()
        for frame in 0..<frames {
            let image = image(width: width, height: height, seed: UInt64(frame) + random.next() % 100)
            switch layout.frameCodec {
            case .jpeg: try encoder.encode(image, to: &pictures)
            case .png: try PNGCodec().withEncoded(image) { pictures.append($0) }
            case .raw: pictures.append(UnsafeRawBufferPointer(image.pixels))
            }
        }
        var flow: [StoreLayout.FlowDirection: PictureSequence] = [:]
        for direction in layout.flow?.directions ?? [] {
            var sequence = PictureSequence()
            for frame in 0..<frames - 1 {
                let planes = Fixtures.image(width: width, height: height * 2, channels: 1, seed: UInt64(frame))
                sequence.append(UnsafeRawBufferPointer(planes.pixels))
            }
            flow[direction] = sequence
        }
        let motion = (0..<(layout.hasMotion ? frames : 0)).map { frame in
            var motion = FrameMotion(homography: (0..<9).map { Float(frame) + Float($0) / 8 })
            (motion.inlierCount, motion.error, motion.pan) = (Int32(frame) + 10, 0.25, -3)
            (motion.tilt, motion.zoom, motion.roll) = (2, 0.5, Float(frame))
            return motion
        }
        let seconds = Double(frames) / layout.fps
        let pcm = (0..<(layout.pcm.map { Int(seconds * Double($0.sampleRate)) * $0.channels } ?? 0)).map { _ in
            Int16(truncatingIfNeeded: random.next())
        }
        var waveforms: [String: [Int16]] = [:]
        for waveform in layout.waveforms {
            let count = Int(seconds * Double(waveform.sampleRate)) * waveform.channels
            waveforms[waveform.name] = (0..<count).map { _ in Int16(truncatingIfNeeded: random.next()) }
        }
        var spectrograms: [String: [Float]] = [:]
        for spectrogram in layout.spectrograms {
            let count = Int(seconds * spectrogram.framesPerSecond) * spectrogram.bins
            // Multiples of 1/8 below 256: float16 holds them exactly.
            spectrograms[spectrogram.name] = (0..<count).map { _ in Float(random.below(2048)) / 8 - 128 }
        }
        let segment = Segment(
            segmentID: Segment.id(video: video, number: number), videoID: video, source: "corpus/Straße \(number).mp4",
            startSeconds: 10.04 * Double(number), frameCount: frames, width: width, height: height,
            crop: CropMargins(top: 1, bottom: 2, left: 3, right: 4), flags: [.pan, .silent],
            measures: [.stillShare: 0.25, .longestStill: Float(number)])
        return SegmentData(
            segment: segment, frames: pictures, flow: flow, motion: motion, pcm: pcm, waveforms: waveforms,
            spectrograms: spectrograms)
    }

    /// Writes a prepared file of so many segments and returns what went into it.
    @discardableResult
    static func writePrepared(
        _ path: String, layout: StoreLayout = layout(), video: String = "0123456789abcdef0123456789abcdef",
        segments: Int = 3, frames: Int = 5, width: Int = 64, height: Int = 48
    ) throws -> [SegmentData] {
        let encoder = try JPEGEncoder(quality: 90)
        let data = try (0..<segments).map {
            try segment(
                layout, video: video, number: $0, frames: frames, width: width, height: height, encoder: encoder)
        }
        let writer = try PreparedFileWriter(path: path, layout: layout, attributes: attributes)
        for segment in data { try writer.append(segment) }
        try writer.finish()
        return data
    }

    /// Writes two prepared files and a shard `train-00000.h5` of three of their segments, out of order.
    ///
    /// - Returns: the segments' data in the shard's order.
    @discardableResult
    static func writeShard(
        in folder: String, layout: StoreLayout = layout(), name: String = "train-00000.h5", width: Int = 64,
        height: Int = 48
    ) throws -> [SegmentData] {
        let a = try writePrepared(
            "\(folder)/a.h5", layout: layout, video: String(repeating: "a", count: 32), width: width, height: height)
        let b = try writePrepared(
            "\(folder)/b.h5", layout: layout, video: String(repeating: "b", count: 32), width: width, height: height)
        try ShardPacker.pack(
            [
                ShardPart(path: "\(folder)/a.h5", rows: [2], split: .train),
                ShardPart(path: "\(folder)/b.h5", rows: [1], split: .train),
                ShardPart(path: "\(folder)/a.h5", rows: [0], split: .train),
            ], to: "\(folder)/\(name)", pairsFile: PairFile.name(forShard: name),
            attributes: attributes.merging(["seed": .int(7)]) { _, new in new })
        return [a[2], b[1], a[0]]
    }

    static let pairSets = [
        PairSet(
            name: "easy", attributes: ["seed": .int(7), "clip_seconds": .double(1), "hard_ratio": .double(0)],
            pairs: [
                Pair(kind: .positive, videoSegment: 0, videoStartFrame: 2, audioSegment: 0, audioStartSeconds: 0.08),
                Pair(kind: .easy, videoSegment: 0, videoStartFrame: 1, audioSegment: 1, audioStartSeconds: 0.1),
            ]),
        PairSet(
            name: "mixed", attributes: ["hard_ratio": .double(0.25)],
            pairs: [Pair(kind: .hard, videoSegment: 2, videoStartFrame: 0, audioSegment: 0, audioStartSeconds: 0.04)]),
    ]
}

/// A file's bytes.
func contents(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Checks that a reader gives back everything that went into the segments.
func differences(_ reader: StoreReader, _ expected: [SegmentData]) throws -> [String] {
    var found: [String] = []
    func compare(_ same: Bool, _ what: String) { if !same { found.append(what) } }
    compare(reader.segments.count == expected.count, "count of segments")
    for (row, (stored, data)) in zip(reader.segments, expected).enumerated() {
        compare(stored.segment == data.segment, "segment \(row)")
        compare(stored.frames.count == data.frames.count, "frames of \(row)")
        for (index, frame) in stored.frames.enumerated() {
            compare(
                try reader.withFrameBytes(frame) { bytes in
                    bytes.elementsEqual(data.frames.bytes(at: index))
                }, "frame \(index) of \(row)")
        }
        for (direction, sequence) in data.flow {
            for (index, picture) in (stored.flow[direction] ?? 0..<0).enumerated() {
                compare(
                    try reader.withFlowBytes(direction, picture) { $0.elementsEqual(sequence.bytes(at: index)) },
                    "flow \(index) of \(row)")
            }
            compare(stored.flow[direction]?.count == sequence.count, "flow of \(row)")
        }
        if reader.layout.hasMotion { compare(try reader.motion(stored.frames) == data.motion, "motion of \(row)") }
        if reader.layout.pcm != nil {
            compare(try reader.withPCM(stored.pcm) { Array($0) } == data.pcm, "pcm of \(row)")
        }
        for (name, values) in data.spectrograms {
            compare(try reader.spectrogram(name, stored.spectrograms[name] ?? 0..<0) == values, "\(name) of \(row)")
        }
    }
    return found
}

extension PictureSequence {
    func bytes(at index: Int) -> ArraySlice<UInt8> { bytes[Int(offsets[index])..<Int(offsets[index + 1])] }
}
