import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Foundation

/// Small shards whose content tells where it comes from: frame k of segment s is painted with k and s, row r of its
/// spectrogram holds r and s.
package struct PracticeShards {
    package static let fps = 10.0
    package static let rowsPerSecond = 40.0
    package static let bins = 6
    package static let clipSeconds = 0.8
    /// Frames of a clip.
    package static let clipFrames = 8
    /// Rows of a clip.
    package static let clipRows = 32

    package var codec: StoreLayout.PictureCodec
    package var storedType: StoreLayout.FloatType
    package var width: Int
    package var height: Int
    package var seconds: Double
    /// Segments in each shard, by split.
    package var shards: [(split: Split, segments: Int)]
    package var pairsPerSegment: Int
    /// Length of the sound clips that the sets name; nil names none.
    package var soundSeconds: Double?
    /// Rows that the spectrogram ends early.
    package var missingRows: Int
    package var seed: UInt64
    /// Bins of the spectrogram.
    package var binCount = Self.bins
    /// What the spectrogram says of how it was made.
    package var spectrogramAttributes: [String: AttributeValue] = [:]
    /// Whether there is a set `l3`, too: that of `easy`, with one frame of each picture clip.
    package var hasFrames = false
    /// The directions of flow. With both there is a set `arrow_of_time`: clips of `easy`, half of them played backwards.
    package var flowDirections: [StoreLayout.FlowDirection] = []
    /// Pictures of flow that a segment ends early.
    package var missingFlow = 0

    /// Samples a second of the stored waveform; 0: none. With it there is a set `multisensory`, too: that of `hard`.
    package var waveformRate = 0
    package var waveformChannels = 2
    /// A name of its own for the waveform; nil for `pcm`.
    package var waveformName: String?
    /// Samples that a segment ends early.
    package var missingSamples = 0
    /// The number that the first segment of each shard is painted with, and heard by; 0 where there is none.
    package var firstNumbers: [Int] = []

    /// A sample of the waveform: the first channel gets louder from frame to frame as the picture gets redder; the others hold
    /// the segment's number.
    package static func sample(_ number: Int, rate: Int, segment: Int, channel: Int) -> Int16 {
        if channel > 0 { return Int16(segment * 100) }
        return Int16((number % 2 == 0 ? 1 : -1) * (1 + number * 8000 / rate))
    }

    private func waveform(segment: Int) -> [Int16] {
        (0..<max(0, Int(seconds * Double(waveformRate)) - missingSamples)).flatMap { number in
            (0..<waveformChannels).map {
                Self.sample(number, rate: waveformRate, segment: segment, channel: $0)
            }
        }
    }

    /// Displacement to the right, in pixels, at a place of the flow between frames `picture` and the next; grows by an
    /// eighth a pixel to the right. What plays backwards is not the forward one with its sign changed.
    package static func flow(_ direction: StoreLayout.FlowDirection, picture: Int, x: Int) -> Float {
        (direction == .forward ? 1 : -2) * (1 + Float(picture) / 8) + Float(x) / 8
    }

    /// Displacement downwards: one for each segment.
    package static func flow(segment: Int) -> Float { Float(segment) - 1.5 }

    private var flowLayout: StoreLayout.Flow? {
        flowDirections.isEmpty
            ? nil
            : StoreLayout.Flow(
                directions: flowDirections, codec: .raw, quality: nil, method: "dis", preset: nil, bound: 20,
                fps: Self.fps, quantisation: "none", storedType: .float16)
    }

    private func flow(_ direction: StoreLayout.FlowDirection, segment: Int) -> PictureSequence {
        var pictures = PictureSequence()
        for picture in 0..<Int(seconds * Self.fps) - 1 - missingFlow {
            let across = (0..<width * height).map { Self.flow(direction, picture: picture, x: $0 % width) }
            let down = [Float](repeating: Self.flow(segment: segment), count: width * height)
            let bits = (across + down).map { Float16($0).bitPattern }
            bits.withUnsafeBytes { pictures.append($0) }
        }
        return pictures
    }

    package init(
        codec: StoreLayout.PictureCodec = .raw, storedType: StoreLayout.FloatType = .float32, width: Int = 20,
        height: Int = 16, seconds: Double = 3,
        shards: [(split: Split, segments: Int)] = [(.train, 4), (.train, 3), (.val, 4), (.test, 4)],
        pairsPerSegment: Int = 4, soundSeconds: Double? = nil, missingRows: Int = 0, seed: UInt64 = 1
    ) {
        self.codec = codec
        self.storedType = storedType
        self.shards = shards
        self.pairsPerSegment = pairsPerSegment
        self.soundSeconds = soundSeconds
        self.missingRows = missingRows
        self.width = width
        self.height = height
        self.seconds = seconds
        self.seed = seed
    }

    /// Red: the frame's number. Green: the segment's. Blue grows to the right, so that crops and flips show.
    package static func color(frame: Int, segment: Int, x: Int) -> (UInt8, UInt8, UInt8) {
        (UInt8(20 + frame * 7), UInt8(40 + segment * 20), UInt8(5 + x * 10))
    }

    /// Value of a bin: `frame` in the first, `segment` in the second, noise in the others.
    package static func value(row: Int, segment: Int, bin: Int) -> Float {
        switch bin {
        case 0: Float(row)
        case 1: Float(segment)
        default: Float((row * 31 + segment * 17 + bin * 7) % 13) - 6
        }
    }

    package var layout: StoreLayout {
        StoreLayout(
            fps: Self.fps, frameCodec: codec, frameQuality: codec == .jpeg ? 95 : nil, flow: flowLayout,
            pcm: waveformRate > 0 && waveformName == nil
                ? .init(sampleRate: waveformRate, channels: waveformChannels) : nil,
            waveforms: waveformName.map {
                [.init(name: $0, sampleRate: waveformRate, channels: waveformChannels)]
            } ?? [],
            spectrograms: [
                .init(
                    name: "mel", bins: binCount, framesPerSecond: Self.rowsPerSecond, storedType: storedType,
                    attributes: spectrogramAttributes)
            ])
    }

    /// Writes prepared files, shards, pair sets `easy`, `hard` and `mixed`, and the index into `folder`.
    package func write(to folder: String) throws {
        var infos: [ShardIndex.Shard] = []
        var files: [String: String] = [:]
        var counts: [String: [String: [String: Int]]] = [:]
        var numbers: [Split: Int] = [:]
        for (place, (split, segments)) in shards.enumerated() {
            let number = numbers[split, default: 0]
            numbers[split] = number + 1
            let name = "\(split.rawValue)-0000\(number).h5"
            let prepared = "\(folder)/\(split.rawValue)-\(number).prepared"
            try writePrepared(
                prepared, segments: segments, video: "\(split.rawValue)\(number)",
                first: firstNumbers.indices.contains(place) ? firstNumbers[place] : 0)
            try ShardPacker.pack(
                [ShardPart(path: prepared, rows: Array(0..<segments), split: split)], to: "\(folder)/\(name)",
                pairsFile: PairFile.name(forShard: name), attributes: ["seed": .int(1)])
            infos.append(try ShardIndex.Shard(path: "\(folder)/\(name)", split: split))
            let sets = makeSets(segments: segments, name: name)
            let pairFile = "\(folder)/\(PairFile.name(forShard: name))"
            try PairFile.write(sets, shardKey: "key", to: pairFile)
            files[PairFile.name(forShard: name)] = try SHA256.digest(ofFile: pairFile).hex
            for set in sets {
                for pair in set.pairs {
                    counts[set.name, default: [:]][split.rawValue, default: [:]][pair.kind.name, default: 0] += 1
                }
            }
        }
        var index = ShardIndex(createdBy: "test", seed: 1, layout: layout, shards: infos, videos: [:])
        index.pairFiles = files
        index.pairSets = counts.keys.sorted().map {
            ShardIndex.PairSetSummary(name: $0, counts: counts[$0] ?? [:], statistics: [:], attributes: [:])
        }
        try index.save(folder)
    }

    private func writePrepared(_ path: String, segments: Int, video: String, first: Int) throws {
        let writer = try PreparedFileWriter(path: path, layout: layout, attributes: [:])
        let encoder = try PictureEncoder(codec, quality: 95)
        let image = PixelBuffer(width: width, height: height, channels: 3)
        let frameCount = Int(seconds * Self.fps)
        for segment in 0..<segments {
            var pictures = PictureSequence()
            for frame in 0..<frameCount {
                for pixel in 0..<width * height {
                    let color = Self.color(frame: frame, segment: first + segment, x: pixel % width)
                    image.pixels[pixel * 3] = color.0
                    image.pixels[pixel * 3 + 1] = color.1
                    image.pixels[pixel * 3 + 2] = color.2
                }
                try encoder.withEncoded(image) { pictures.append($0) }
            }
            let rows = Int(seconds * Self.rowsPerSecond) - missingRows
            let values = (0..<rows).flatMap { row in
                (0..<binCount).map { Self.value(row: row, segment: first + segment, bin: $0) }
            }
            try writer.append(
                SegmentData(
                    segment: Segment(
                        segmentID: Segment.id(video: video, number: segment), videoID: video, source: video + ".mp4",
                        startSeconds: 0, frameCount: frameCount, width: width, height: height),
                    frames: pictures,
                    flow: flowDirections.reduce(into: [:]) { $0[$1] = flow($1, segment: first + segment) },
                    pcm: waveformName == nil ? waveform(segment: first + segment) : [],
                    waveforms: waveformName.map { [$0: waveform(segment: first + segment)] } ?? [:],
                    spectrograms: ["mel": values]))
        }
        try writer.finish()
    }

    private func makeSets(segments: Int, name: String) -> [PairSet] {
        let sets = [("easy", [PairKind.easy]), ("hard", [.hard]), ("mixed", [.easy, .hard])].map { set, negatives in
            var random = SeededRandom(seed: seed, for: name + set)
            let longest = max(Self.clipFrames, Int((soundSeconds ?? 0) * Self.fps))
            let starts = Int(seconds * Self.fps) - longest + 1
            let pairs = (0..<segments * pairsPerSegment).map { number -> Pair in
                let segment = Int32(number % segments)
                let start = random.below(starts)
                var pair = Pair(
                    kind: .positive, videoSegment: segment, videoStartFrame: Int32(start), audioSegment: segment,
                    audioStartSeconds: Double(start) / Self.fps)
                guard (number / segments) % 2 == 1 else { return pair }
                pair.kind = negatives[number / segments / 2 % negatives.count]
                if pair.kind == .easy { pair.audioSegment = Int32((number + 1) % segments) }
                let other = (start + starts / 2) % starts
                pair.audioStartSeconds = Double(other) / Self.fps
                return pair
            }
            var attributes: [String: AttributeValue] = ["clip_seconds": .double(Self.clipSeconds)]
            if let soundSeconds { attributes["sound_seconds"] = .double(soundSeconds) }
            return PairSet(name: set, attributes: attributes, pairs: pairs)
        }
        var others: [PairSet] = []
        if hasFrames {
            let attributes: [String: AttributeValue] = [
                "recipe": .string("l3"), "clip_seconds": .double(0),
                "sound_seconds": .double(soundSeconds ?? Self.clipSeconds),
            ]
            others.append(PairSet(name: "l3", attributes: attributes, pairs: sets[0].pairs))
        }
        if waveformRate > 0 {
            let attributes: [String: AttributeValue] = [
                "recipe": .string("multisensory"), "clip_seconds": .double(Self.clipSeconds),
            ]
            others.append(PairSet(name: "multisensory", attributes: attributes, pairs: sets[1].pairs))
        }
        if flowDirections.count == 2 {
            let attributes: [String: AttributeValue] = [
                "recipe": .string("arrow-of-time"), "clip_seconds": .double(0.7),
            ]
            let pairs = sets[0].pairs.map { pair in
                Pair(
                    kind: pair.kind == .positive ? .positive : .reversed, videoSegment: pair.videoSegment,
                    videoStartFrame: pair.videoStartFrame, audioSegment: pair.videoSegment,
                    audioStartSeconds: Double(pair.videoStartFrame) / Self.fps)
            }
            others.append(PairSet(name: "arrow_of_time", attributes: attributes, pairs: pairs))
        }
        return sets + others
    }
}
