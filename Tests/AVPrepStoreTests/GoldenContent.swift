import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation

/// What the golden files of `Tests/Expected/format-*` hold: every number by a formula, so that a reader is held against
/// constants and not against a writer. Old versions stay as they are; a new one gets a case here and a folder there
/// (`schemas/shard-format.md`).
enum GoldenContent: String, CaseIterable {
    case v1_0 = "1.0"
    case v1_1 = "1.1"
    /// The index knows the structure of each shard.
    case v1_2 = "1.2"
    /// Labels lie beside the shard.
    case v1_3 = "1.3"

    static let frames = 4
    static let width = 8
    static let height = 6
    static let shardName = "train-00000.h5"
    /// Video and number of the segment in each row of the shard.
    static let rows = [(video: 0, number: 1), (video: 1, number: 0), (video: 0, number: 0)]

    /// The labels of each row, and what their numbers mean; nil without labels.
    var labels: SegmentLabels? {
        self == .v1_3 ? SegmentLabels([[2, 0], [], [1]], vocabulary: ["dog", "café, noisy", "two\nlines"]) : nil
    }

    var hasMoreThanFirst: Bool { self != .v1_0 }

    var layout: StoreLayout {
        let quantisation = "round(127.5 + d · 127.5 / bound)"
        var layout = StoreLayout(
            fps: 25, frameCodec: .jpeg, frameQuality: 100,
            flow: .init(
                directions: [.forward], codec: .raw, quality: nil, method: "dis", preset: "medium", bound: 20, fps: 25,
                quantisation: quantisation),
            hasMotion: true, pcm: .init(sampleRate: 200, channels: 2),
            spectrograms: [
                .init(
                    name: "mel", bins: 3, framesPerSecond: 50, storedType: .float32,
                    attributes: ["sr": .int(200), "fmin": .double(0), "window": .string("hann"), "htk": .bool(false)]),
                .init(name: "logspec", bins: 2, framesPerSecond: 25, storedType: .float16),
            ])
        guard hasMoreThanFirst else { return layout }
        layout.flow = .init(
            directions: [.forward, .backward], codec: .raw, quality: nil, method: "dis", preset: "medium", bound: 20,
            fps: 25, quantisation: "pixels", storedType: .float16, step: 2, shortSide: 3)
        layout.flow?.parameters = ["iterations": .int(16), "alpha": .double(0.5)]
        layout.waveforms = [.init(name: "mono", sampleRate: 100, channels: 1)]
        return layout
    }

    static func videoID(_ video: Int) -> String { String(repeating: video == 0 ? "a" : "b", count: 32) }

    /// The group of near-duplicates, both videos being of one since there are groups.
    func groupID(_ row: (video: Int, number: Int)) -> String { Self.videoID(hasMoreThanFirst ? 0 : row.video) }

    /// What all numbers of a segment begin from.
    static func base(_ row: (video: Int, number: Int)) -> Int { 100 * row.video + 40 * row.number }

    /// The grey of every pixel of a frame.
    static func level(_ row: (video: Int, number: Int), frame: Int) -> UInt8 { UInt8(base(row) + 10 * frame) }

    func segment(_ row: (video: Int, number: Int)) -> Segment {
        var segment = Segment(
            segmentID: Segment.id(video: Self.videoID(row.video), number: row.number), videoID: Self.videoID(row.video),
            source: "clips/Straße \(row.video).mp4", startSeconds: 1.5 * Double(row.number), frameCount: Self.frames,
            width: Self.width, height: Self.height, crop: CropMargins(top: 1, bottom: 2, left: 3, right: 4),
            flags: row.number == 0 ? [.pan] : [.silent, .still],
            measures: hasMoreThanFirst ? [.stillShare: 0.25, .longestStill: Float(row.number)] : [:])
        if hasMoreThanFirst, row.number == 1 { segment.decision.fixed = [.silent] }
        return segment
    }

    /// The bytes of one picture of flow.
    func flowBytes(_ row: (video: Int, number: Int), _ direction: StoreLayout.FlowDirection, picture: Int) -> [UInt8] {
        let base = Self.base(row)
        guard hasMoreThanFirst else {
            return (0..<2 * Self.width * Self.height).map { UInt8((base + 10 * picture + $0) & 255) }
        }
        // Half as large as the frames, in eighths of a pixel.
        let sign: Float = direction == .forward ? 1 : -1
        return (0..<2 * 4 * 3).flatMap { index -> [UInt8] in
            let pixels = sign * (Float(base + 10 * picture) + Float(index) / 8)
            let bits = Float16(pixels).bitPattern
            return [UInt8(bits & 255), UInt8(bits >> 8)]
        }
    }

    /// Pictures of flow in a segment.
    var flowPictures: Int { Self.frames - (layout.flow?.step ?? 1) }

    func motion(_ row: (video: Int, number: Int)) -> [FrameMotion] {
        let base = Self.base(row)
        return (0..<Self.frames).map { frame in
            FrameMotion(
                homography: (0..<9).map { Float(base + frame) + Float($0) / 8 }, inlierCount: Int32(base + frame),
                error: 0.25, pan: Float(-frame), tilt: 2, zoom: 0.5, roll: Float(frame) / 4)
        }
    }

    /// Samples of both channels in turn.
    func pcm(_ row: (video: Int, number: Int)) -> [Int16] {
        (0..<2 * 8 * Self.frames).map { index in
            let sign = index % 2 == 0 ? 1 : -1
            return Int16(Self.base(row) * 100 + index * sign)
        }
    }

    func waveforms(_ row: (video: Int, number: Int)) -> [String: [Int16]] {
        guard hasMoreThanFirst else { return [:] }
        return ["mono": (0..<4 * Self.frames).map { Int16(Self.base(row) - 7 * $0) }]
    }

    func spectrograms(_ row: (video: Int, number: Int)) -> [String: [Float]] {
        let base = Float(Self.base(row))
        return [
            "mel": (0..<3 * 2 * Self.frames).map { base + Float($0) / 8 },
            "logspec": (0..<2 * Self.frames).map { base - Float($0) / 4 },
        ]
    }

    var pairSets: [PairSet] {
        var pairs = [
            Pair(kind: .positive, videoSegment: 0, videoStartFrame: 2, audioSegment: 0, audioStartSeconds: 0.08),
            Pair(kind: .positive, videoSegment: 1, videoStartFrame: 1, audioSegment: 1, audioStartSeconds: 0.04),
            Pair(kind: .easy, videoSegment: 0, videoStartFrame: 2, audioSegment: 1, audioStartSeconds: 0.04),
            Pair(kind: .hard, videoSegment: 0, videoStartFrame: 0, audioSegment: 2, audioStartSeconds: 0.08),
            Pair(kind: .superHard, videoSegment: 2, videoStartFrame: 0, audioSegment: 2, audioStartSeconds: 0.04),
        ]
        if hasMoreThanFirst {
            pairs.append(
                Pair(kind: .reversed, videoSegment: 1, videoStartFrame: 0, audioSegment: 1, audioStartSeconds: 0))
        }
        let attributes: [String: AttributeValue] = [
            "clip_seconds": .double(0.08), "hard_ratio": .double(0.25), "seed": .int(7),
        ]
        return [
            PairSet(name: "easy", attributes: attributes, pairs: Array(pairs[..<3])),
            PairSet(name: "mixed", attributes: attributes, pairs: pairs),
        ]
    }

    static let attributes: [String: AttributeValue] = [
        "avprep_version": .string("0.0.1"), "config_json": .string("{}"), "seed": .int(7),
        "content_key": .string("golden"),
    ]
}

extension GoldenContent {
    /// Writes shard, pair file and index as the writer of today does: for a version that has no golden files yet.
    func write(to folder: String) throws {
        try withPreparedFiles { prepared in
            let parts = Self.rows.map {
                ShardPart(path: prepared[$0.video], rows: [$0.number], split: .train, groupID: groupID($0))
            }
            try ShardPacker.pack(
                parts, to: "\(folder)/\(Self.shardName)", pairsFile: PairFile.name(forShard: Self.shardName),
                labelsFile: labels == nil ? nil : LabelFile.name(forShard: Self.shardName),
                attributes: Self.attributes)
        }
        let labelFile = LabelFile.name(forShard: Self.shardName)
        if let labels { try LabelFile.write(labels, shardKey: "golden", to: "\(folder)/\(labelFile)") }
        let pairFile = PairFile.name(forShard: Self.shardName)
        try PairFile.write(pairSets, shardKey: "golden", to: "\(folder)/\(pairFile)")
        var index = ShardIndex(
            createdBy: "avprep 0.0.1", seed: 7, layout: layout,
            shards: [try ShardIndex.Shard(path: "\(folder)/\(Self.shardName)", split: .train)], videos: [.train: 2])
        index.pairSets = pairSets.map { set in
            var statistics = PairStatistics()
            statistics.pairs = set.pairs.count
            for pair in set.pairs { statistics.kinds[pair.kind.name, default: 0] += 1 }
            return ShardIndex.PairSetSummary(
                name: set.name, counts: ["train": statistics.kinds.filter { $0.value > 0 }],
                statistics: ["train": statistics], attributes: set.attributes)
        }
        index.pairFiles = [pairFile: try SHA256.digest(ofFile: "\(folder)/\(pairFile)").hex]
        if let labels {
            index.labels = labels.vocabulary
            index.labelFiles = [labelFile: try SHA256.digest(ofFile: "\(folder)/\(labelFile)").hex]
            var leaks = SplitLeaks()
            leaks.sameSource.add("a and b")
            leaks.videos = [Self.videoID(0), Self.videoID(1)]
            index.leaks = leaks
        }
        index.vanishedVideos = [Self.videoID(1)]
        index.straddlingVideos = ["c"]
        index.leftOut = .init(segments: 2, seconds: 1.5, flags: ["silent": 2])
        var moments = BinMoments(bins: 2)
        [Float(1), 2, 3, 6].withUnsafeBufferPointer { moments.add($0) }
        index.normalization = ["logspec": .init(moments)]
        try index.save(folder)
    }

    private func withPreparedFiles(_ body: ([String]) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "avprep-golden-\(UUID().uuidString)"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let encoder = try JPEGEncoder(quality: 100)
        let paths = try (0..<2).map { video in
            let path = "\(folder)/\(video).h5"
            let writer = try PreparedFileWriter(
                path: path, layout: layout,
                attributes: Self.attributes.filter { ["avprep_version", "config_json"].contains($0.key) })
            for number in 0..<2 { try writer.append(try data((video, number), encoder)) }
            try writer.finish()
            return path
        }
        try body(paths)
    }

    private func data(_ row: (video: Int, number: Int), _ encoder: JPEGEncoder) throws -> SegmentData {
        var pictures = PictureSequence()
        for frame in 0..<Self.frames {
            let image = PixelBuffer(width: Self.width, height: Self.height, channels: 3)
            for index in 0..<Self.width * Self.height * 3 {
                image.pixels[index] = Self.level(row, frame: frame)
            }
            try encoder.encode(image, to: &pictures)
        }
        var flow: [StoreLayout.FlowDirection: PictureSequence] = [:]
        for direction in layout.flow?.directions ?? [] {
            var sequence = PictureSequence()
            for picture in 0..<flowPictures {
                flowBytes(row, direction, picture: picture).withUnsafeBytes { sequence.append($0) }
            }
            flow[direction] = sequence
        }
        return SegmentData(
            segment: segment(row), frames: pictures, flow: flow, motion: motion(row), pcm: pcm(row),
            waveforms: waveforms(row), spectrograms: spectrograms(row))
    }
}
