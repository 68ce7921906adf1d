import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import Foundation

@testable import AVPrepAudit

/// Shards of small videos, with a cue planted in the media or in the pair tables.
struct PlantedShards {
    enum Cue {
        case none
        /// The strip along the top grows brighter through every video.
        case brighteningRim
        /// The camera zooms in, by the columns of /motion.
        case zoomInMotion
        /// The same, of segments of which ingest says that the camera's motion could not be told.
        case unreliableZoom
        /// Lights flash and fade all over the picture.
        case flashes
        /// The camera zooms in, by flow.
        case zoomInFlow
        /// Every sixth picture is sharp, the others ever less: a bad encoder's key frames.
        case pulses
        /// Negatives show pictures with a dark bar, positives others.
        case barsInNegatives
        /// Negatives have the sounds of loud videos.
        case loudNegatives
        /// The sounds of negatives begin where their segment does.
        case earlyNegatives
        /// Positives and negatives take turns in the table.
        case turns
    }

    static let fps = 10.0
    static let seconds = 3.0
    static let width = 64
    static let height = 48
    static let bins = 16
    static let rate = 50.0

    var cue = Cue.none
    var videos = 40
    var recipe = PairRecipe.avts
    var pairsPerSegment = 8

    private var hasFlow: Bool { cue == .zoomInFlow }
    private var frameCount: Int { Int(Self.fps * Self.seconds) }

    private var layout: StoreLayout {
        StoreLayout(
            fps: Self.fps, frameCodec: .jpeg, frameQuality: 90,
            flow: hasFlow
                ? .init(
                    directions: [.forward, .backward], codec: .jpeg, quality: 95, method: "dis", preset: nil, bound: 20,
                    fps: Self.fps, quantisation: "q")
                : nil,
            hasMotion: !hasFlow,
            spectrograms: [.init(name: "mel", bins: Self.bins, framesPerSecond: Self.rate, storedType: .float32)])
    }

    /// Writes one shard with its pairs and the index.
    func write(to folder: String) throws {
        let prepared = "\(folder)/videos.prepared"
        let writer = try PreparedFileWriter(path: prepared, layout: layout, attributes: [:])
        for video in 0..<videos { try writer.append(segment(video)) }
        try writer.finish()
        let name = "train-00000.h5"
        let pairsName = PairFile.name(forShard: name)
        try ShardPacker.pack(
            [ShardPart(path: prepared, rows: Array(0..<videos), split: .train)], to: "\(folder)/\(name)",
            pairsFile: pairsName, attributes: ["seed": .int(1)])
        let set = try pairs()
        try PairFile.write([set], shardKey: "", to: "\(folder)/\(pairsName)")
        var index = ShardIndex(
            createdBy: "test", seed: 1, layout: layout,
            shards: [try ShardIndex.Shard(path: "\(folder)/\(name)", split: .train)], videos: [.train: videos])
        index.pairFiles = [pairsName: try SHA256.digest(ofFile: "\(folder)/\(pairsName)").hex]
        index.pairSets = [.init(name: set.name, counts: [:], statistics: [:], attributes: set.attributes)]
        try index.save(folder)
    }

    func audit(in folder: String, _ adjust: (inout AuditSettings) -> Void = { _ in }) throws -> AuditReport {
        try write(to: folder)
        var settings = AuditSettings()
        adjust(&settings)
        return try ShardAudit(ShardSet(folder), settings: settings).run(workers: 2)
    }

    // MARK: - Media

    private func segment(_ video: Int) throws -> SegmentData {
        var random = SeededRandom(seed: UInt64(video), for: "planted")
        let level = random.uniform(60...180)
        let speed = random.uniform(-3...3)
        let texture = (0..<Self.width * Self.height).map { _ in random.uniform(-25...25) }
        let image = PixelBuffer(width: Self.width, height: Self.height, channels: 3)
        var frames = PictureSequence()
        var flow: [StoreLayout.FlowDirection: PictureSequence] =
            hasFlow ? [.forward: .init(), .backward: .init()] : [:]
        var motion: [FrameMotion] = []
        for frame in 0..<frameCount {
            paint(image, frame, level: level, speed: speed, texture: texture, isBarred: video % 2 == 0)
            let quality = cue == .pulses ? 92 - 8 * (frame % 6) : 90
            try JPEGEncoder(quality: quality).encode(image, to: &frames)
            if hasFlow, frame > 0 {
                for direction in StoreLayout.FlowDirection.allCases {
                    try JPEGEncoder(quality: 95).encode(
                        zoomFlow(direction == .forward ? 0.02 : -0.02), to: &flow[direction, default: .init()])
                }
            }
            if !hasFlow {
                let zoom = Float(0.05 * random.normal()) + ([.zoomInMotion, .unreliableZoom].contains(cue) ? 0.15 : 0)
                let pan = Float(2 * random.normal())
                motion.append(FrameMotion(homography: [1, 0, 0, 0, 1, 0, 0, 0, 1], pan: pan, zoom: zoom))
            }
        }
        let loudness = Float(random.normal() * 3) + (cue == .loudNegatives && video % 2 == 0 ? 12 : 0)
        let rows = Int(Self.rate * Self.seconds)
        let sound = (0..<rows * Self.bins).map { _ in loudness - 40 + Float(5 * random.normal()) }
        var segment = Segment(
            segmentID: Segment.id(video: "video\(video)", number: 0), videoID: "video\(video)",
            source: "video\(video).mp4", startSeconds: 0, frameCount: frameCount, width: Self.width,
            height: Self.height)
        if cue == .unreliableZoom { segment.flags.insert(.motionUnreliable) }
        return SegmentData(
            segment: segment, frames: frames, flow: flow, motion: motion, spectrograms: ["mel": sound])
    }

    /// A grey wall with texture, and a bright disc that crosses it.
    private func paint(
        _ image: PixelBuffer, _ frame: Int, level: Double, speed: Double, texture: [Double], isBarred: Bool
    ) {
        let place = Double(Self.width) / 2 + speed * Double(frame - frameCount / 2)
        for row in 0..<Self.height {
            for column in 0..<Self.width {
                var value = level + texture[row * Self.width + column]
                let (x, y) = (Double(column) - place, Double(row - Self.height / 2))
                if x * x + y * y < 64 { value = 235 }
                if cue == .flashes { value += 60 * exp(-0.6 * Double((frame + 2 * Int(level)) % 7)) }
                if row < 4, cue == .brighteningRim { value = 20 + 3 * Double(frame) }
                if row < 4, cue == .barsInNegatives, isBarred { value = 16 }
                let byte = UInt8(max(0, min(255, value)))
                for channel in 0..<3 { image.pixels[(row * Self.width + column) * 3 + channel] = byte }
            }
        }
    }

    private func zoomFlow(_ growth: Double) -> PixelBuffer {
        let planes = PixelBuffer(width: Self.width, height: 2 * Self.height, channels: 1)
        for row in 0..<Self.height {
            for column in 0..<Self.width {
                let u = growth * (Double(column) - Double(Self.width) / 2)
                let v = growth * (Double(row) - Double(Self.height) / 2)
                planes.pixels[row * Self.width + column] = UInt8((255 * (u + 20) / 40).rounded())
                planes.pixels[(row + Self.height) * Self.width + column] = UInt8((255 * (v + 20) / 40).rounded())
            }
        }
        return planes
    }

    // MARK: - Pairs

    private func pairs() throws -> PairSet {
        var settings = PairSettings(recipe: recipe)
        settings.clipSeconds = 0.9
        settings.gapSeconds = 0.2
        settings.pairsPerSegment = pairsPerSegment
        if recipe == .avts { settings.hardRatio = 0.5 }
        let sources = (0..<videos).map { video in
            PairSource(
                row: Int32(video), segmentID: "video\(video)-0000", videoID: "video\(video)", group: "video\(video)",
                startSeconds: 0, soundSeconds: Self.seconds, frameCount: frameCount, fps: Self.fps)
        }
        let definitions = try settings.definitions(seed: 1)
        let definition = definitions.first { $0.name == "mixed" } ?? definitions[0]
        let drawn = try PairSampler(sources, settings: settings, shard: "train-00000", seed: 1).draw(definition.plan)
        return PairSet(
            name: definition.name,
            attributes: [
                "clip_seconds": .double(settings.clipSeconds), "sound_seconds": .double(settings.clipSeconds),
            ],
            pairs: edited(drawn.pairs))
    }

    private func edited(_ pairs: [Pair]) -> [Pair] {
        let positives = pairs.filter { $0.kind == .positive }
        let negatives = pairs.filter { $0.kind != .positive }
        switch cue {
        case .barsInNegatives:
            return positives.filter { $0.videoSegment % 2 == 1 } + negatives.filter { $0.videoSegment % 2 == 0 }
        case .loudNegatives:
            return positives.filter { $0.audioSegment % 2 == 1 } + negatives.filter { $0.audioSegment % 2 == 0 }
        case .earlyNegatives:
            return pairs.map { pair in
                var pair = pair
                if pair.kind == .easy { pair.audioStartSeconds = 0 }
                return pair
            }
        case .turns: return zip(positives, negatives).flatMap { [$0, $1] }
        case .none, .brighteningRim, .zoomInMotion, .unreliableZoom, .flashes, .zoomInFlow, .pulses: return pairs
        }
    }
}
