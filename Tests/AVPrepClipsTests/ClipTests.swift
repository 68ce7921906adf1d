import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepClips

/// Clips hold what was written at the places that their pairs name, in the units that they say.
@Suite struct ClipTests {
    private static let fps = 10.0
    private static let frames = 12
    private static let (width, height) = (6, 4)

    /// A shard of two segments whose sound and flow tell their places: sample k of a channel is k, or -k; flow to the right
    /// is the picture's number, down the segment's.
    private func shard(_ folder: String, flow codec: StoreLayout.PictureCodec, _ type: StoreLayout.FlowType) throws
        -> ShardReader
    {
        let layout = StoreLayout(
            fps: Self.fps, frameCodec: .raw, frameQuality: nil,
            flow: .init(
                directions: [.forward, .backward], codec: codec, quality: nil, method: "dis", preset: nil, bound: 16,
                fps: Self.fps, quantisation: "q", storedType: type, step: 2),
            pcm: .init(sampleRate: 100, channels: 1), waveforms: [.init(name: "stereo", sampleRate: 50, channels: 2)])
        let prepared = "\(folder)/prepared"
        let writer = try PreparedFileWriter(path: prepared, layout: layout, attributes: [:])
        for number in 0..<2 { try writer.append(try segment(number, codec, type)) }
        try writer.finish()
        let name = "train-00000.h5"
        try ShardPacker.pack(
            [ShardPart(path: prepared, rows: [0, 1], split: .train)], to: "\(folder)/\(name)",
            pairsFile: PairFile.name(forShard: name), attributes: ["seed": .int(1)])
        return try ShardReader(ShardIndex.Shard(path: "\(folder)/\(name)", split: .train), in: folder)
    }

    private func segment(_ number: Int, _ codec: StoreLayout.PictureCodec, _ type: StoreLayout.FlowType) throws
        -> SegmentData
    {
        var pictures = PictureSequence()
        for frame in 0..<Self.frames {
            let pixels = [UInt8](repeating: UInt8(100 * number + frame), count: 3 * Self.width * Self.height)
            pixels.withUnsafeBytes { pictures.append($0) }
        }
        let png = PNGCodec()
        var flow: [StoreLayout.FlowDirection: PictureSequence] = [.forward: .init(), .backward: .init()]
        for direction in [StoreLayout.FlowDirection.forward, .backward] {
            for picture in 0..<Self.frames - 2 {
                let values = [picture, number].flatMap {
                    [Float](repeating: Float(direction == .forward ? $0 : -$0), count: Self.width * Self.height)
                }
                if type == .float16 {
                    values.map { Float16($0).bitPattern }.withUnsafeBytes { flow[direction]?.append($0) }
                } else {
                    let planes = PixelBuffer(width: Self.width, height: 2 * Self.height, channels: 1)
                    for (index, value) in values.enumerated() {
                        planes.pixels[index] = UInt8((value * 255 / 32).rounded() + 128)
                    }
                    if codec == .png {
                        try png.withEncoded(planes) { flow[direction]?.append($0) }
                    } else {
                        flow[direction]?.append(UnsafeRawBufferPointer(planes.pixels))
                    }
                }
            }
        }
        return SegmentData(
            segment: Segment(
                segmentID: Segment.id(video: "v\(number)", number: 0), videoID: "v\(number)", source: "v\(number).mp4",
                startSeconds: 0, frameCount: Self.frames, width: Self.width, height: Self.height),
            frames: pictures, flow: flow, pcm: Self.samples(0..<120, of: number),
            waveforms: ["stereo": Self.stereo(0..<60, of: number)])
    }

    private static func samples(_ numbers: Range<Int>, of segment: Int) -> [Int16] {
        numbers.map { Int16(1000 * segment + $0) }
    }

    private static func stereo(_ numbers: Range<Int>, of segment: Int) -> [Int16] {
        samples(numbers, of: segment).flatMap { [$0, -$0] }
    }

    private let pair = Pair(
        kind: .hard, videoSegment: 1, videoStartFrame: 3, audioSegment: 0, audioStartSeconds: 0.4)

    @Test(arguments: [
        (StoreLayout.PictureCodec.raw, StoreLayout.FlowType.uint8), (.raw, .float16), (.png, .uint8),
    ])
    func picturesAndFlowAreThoseOfThePairsPlaces(codec: StoreLayout.PictureCodec, type: StoreLayout.FlowType) throws {
        try withTemporaryFolder { folder in
            let shard = try shard(folder, flow: codec, type)
            let decoder = try ClipDecoder()
            let clip = shard.pictures(of: pair, count: 5)
            #expect(
                clip.frames == 3..<8 && clip.segment.videoID == "v1"
                    && clip.byteCounts == Array(repeating: 72, count: 5))
            for frame in clip.frames {
                let region = JPEGDecoder.Region(x: 1, y: 1, width: 3, height: 2)
                try decoder.withPixels(of: frame, in: clip, region: region, outputWidth: 2, outputHeight: 2) {
                    picture in
                    #expect(picture.channels == 3 && picture.pixels[0] == UInt8(100 + frame))
                    #expect(picture.placement.stride == Self.width && picture.placement.regionWidth == 3)
                }
            }
            for (direction, sign) in [(StoreLayout.FlowDirection.forward, Float(1)), (.backward, -1)] {
                let flow = try #require(shard.flow(direction, of: clip))
                // Two frames from one picture of a pair to the other: three pairs in five frames.
                #expect(flow.pictures == 3..<6 && flow.stepsPerSecond == 5 && flow.width == Self.width)
                for picture in flow.pictures {
                    try decoder.withFlow(of: picture, in: flow, shortSide: 100) { field in
                        #expect(field.width == Self.width && field.height == Self.height && field.pixelsPerSample == 1)
                        let error = field[5, 3] - sign * SIMD2(Float(picture), 1)
                        #expect(abs(error.x) <= 16 / 255 && abs(error.y) <= 16 / 255, "\(field[5, 3])")
                    }
                }
            }
            let end = shard.pictures(of: pair, count: 50)
            #expect(end.frames == 3..<Self.frames, "cut where the segment ends")
            #expect(shard.flow(.forward, of: shard.pictures(of: pair, count: 2))?.pictures.isEmpty == true)
        }
    }

    @Test func samplesAreThoseOfThePairsPlaces() throws {
        try withTemporaryFolder { folder in
            let shard = try shard(folder, flow: .raw, .uint8)
            let clip = try #require(shard.waveform(of: pair, seconds: 0.3))
            #expect(clip.sampleRate == 100 && clip.channels == 1)
            #expect(try clip.withSamples { Array($0) } == Self.samples(40..<70, of: 0))
            let stereo = try #require(shard.waveform("stereo", of: pair, seconds: 10))
            #expect(try stereo.withSamples { Array($0) } == Self.stereo(20..<60, of: 0))
            #expect(shard.waveform("mono", of: pair, seconds: 1) == nil)
        }
    }

    @Test func rowsAreThoseOfThePairsPlacesAndTheLastStandsInForWhatIsMissing() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 2)], missingRows: 2).write(to: folder)
            let shards = try ShardSet(folder)
            let shard = try shards.reader(of: shards.index.shards[0])
            let mel = try #require(shard.layout.spectrogram("mel"))
            func rows(_ clip: SpectrogramClip) throws -> [Float] {
                var values = [Float](repeating: .nan, count: (clip.rowCount ?? 0) * mel.bins)
                try values.withUnsafeMutableBufferPointer { try clip.read(into: $0) }
                return stride(from: 0, to: values.count, by: mel.bins).map { values[$0] }
            }
            // 40 rows a second, 118 of 3 s are stored.
            let inside = shard.spectrogram(mel, segment: 1, start: 0.5, seconds: 0.8)
            #expect(try rows(inside) == (20..<52).map { Float($0) })
            #expect(try inside.storedValues().count == 32 * mel.bins)
            let tail = shard.spectrogram(mel, segment: 1, start: 2.2, seconds: 0.8)
            #expect(try rows(tail) == (88..<118).map { Float($0) } + [117, 117] && tail.rows.count == 30)
            let late = shard.spectrogram(mel, segment: 1, start: 2.6, seconds: 0.8)
            #expect(late.rowCount == nil && late.rows.count == 14)
        }
    }
}
