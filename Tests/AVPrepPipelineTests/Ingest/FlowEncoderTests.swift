import AVPrepCatalog
import AVPrepModel
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepSettings

@Suite struct FlowEncoderTests {
    static let width = 48
    static let height = 36

    /// Frames that drift, the third channel as the first: enough for flow that differs from pair to pair.
    static let frames = (0..<14).map { number in
        let frame = PixelBuffer(width: width, height: height, channels: 3)
        for index in 0..<width * height {
            let (x, y) = (Double(index % width), Double(index / width))
            let shift = 0.13 * Double(number * number)
            let level = 128 + 60 * sin((x - shift) / 3) + 50 * cos((y + shift / 2) / 4)
            for channel in 0..<3 { frame.pixels[3 * index + channel] = UInt8(level) }
        }
        return frame
    }

    static func settings(step: Int = 1, codec: FlowSettings.Codec = .raw, shortSide: Int = 0) -> IngestSettings {
        var settings = IngestSettings()
        settings.flow.preset = .ultrafast
        settings.flow.direction = .both
        settings.flow.step = step
        settings.flow.codec = codec
        settings.flow.shortSide = shortSide
        return settings
    }

    /// The stored flow of segments of `lengths` frames, one after another in a stream.
    static func segments(_ settings: IngestSettings, _ lengths: [Int]) throws
        -> [[StoreLayout.FlowDirection: PictureSequence]]
    {
        let preparation = try FramePreparation(
            settings: settings, width: width, height: height,
            encoder: PictureEncoder(settings.video.codec.stored, quality: settings.video.quality))
        var waiting = frames[...]
        return try lengths.map { length in
            for frame in waiting.prefix(length) { try preparation.append(frame) }
            waiting = waiting.dropFirst(length)
            let taken = try preparation.take(length)
            preparation.recycle(taken)
            return taken.flow
        }
    }

    @Test(arguments: [1, 2, 5], FlowSettings.Codec.allCases)
    func aSegmentHasAsManyFlowPicturesAsFramesLessTheStep(step: Int, codec: FlowSettings.Codec) throws {
        let lengths = [4, 1, 7, 2]
        let segments = try Self.segments(Self.settings(step: step, codec: codec), lengths)
        for (length, flow) in zip(lengths, segments) {
            for direction in StoreLayout.FlowDirection.allCases {
                #expect(flow[direction]?.count == max(0, length - step))
            }
        }
    }

    @Test(arguments: [1, 3])
    func eachFlowPictureIsThatOfItsTwoFramesAndNoOthers(step: Int) throws {
        let settings = Self.settings(step: step)
        let lengths = [5, 9]
        let segments = try Self.segments(settings, lengths)
        let greys = try Self.frames.map { frame in
            let grey = PixelBuffer(width: Self.width, height: Self.height, channels: 1)
            try Grey.convert(frame, into: grey)
            return grey
        }
        let estimator = try FlowEstimator(settings: settings.flow, width: Self.width, height: Self.height)
        let quantiser = FlowQuantiser(bound: settings.flow.bound)
        let field = FlowField(width: Self.width, height: Self.height)
        let planes = PixelBuffer(width: Self.width, height: 2 * Self.height, channels: 1)
        var first = 0
        for (length, flow) in zip(lengths, segments) {
            for row in 0..<length - step {
                let (from, to) = (greys[first + row], greys[first + row + step])
                try estimator.compute(from: from, to: to, into: field)
                quantiser.encode(field, into: planes)
                #expect(flow[.forward]?.picture(row) == Array(planes.pixels))
                try estimator.compute(from: to, to: from, into: field)
                quantiser.encode(field, into: planes)
                #expect(flow[.backward]?.picture(row) == Array(planes.pixels))
            }
            first += length
        }
    }

    @Test func halvesGiveBackTheFlowAndBytesOfTheSizeAskedFor() throws {
        let exact = try Self.segments(Self.settings(codec: .float16), [2])
        let field = FlowField(width: Self.width, height: Self.height)
        let stored = try #require(exact[0][.forward])
        stored.picture(0).withUnsafeBytes { FlowHalfFloats.decode($0, into: field) }
        let planes = PixelBuffer(width: Self.width, height: 2 * Self.height, channels: 1)
        FlowQuantiser(bound: 20).encode(field, into: planes)
        let rough = try #require(try Self.segments(Self.settings(), [2])[0][.forward]?.picture(0))
        #expect(rough.count == planes.pixels.count)
        // Rounding to 16 bits may move a value across the border between two levels, no further.
        #expect(zip(rough, planes.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        let small = try Self.segments(Self.settings(codec: .float16, shortSide: 24), [3])
        #expect(small[0][.forward]?.picture(1).count == 2 * 2 * 32 * 24)
        // Flow is never larger than the frames.
        let large = try Self.segments(Self.settings(shortSide: 100), [2])
        #expect(large[0][.forward]?.picture(0).count == 2 * Self.width * Self.height)
    }

    /// Two pixels, or one: a picture as small as that has a flow by our methods, in every codec, and OpenCV's own words
    /// by its methods.
    @Test(arguments: [(2, 40), (40, 2), (1, 1)], FlowSettings.Codec.allCases)
    func theSmallestFramesHaveFlowOrAnErrorThatSaysWhy(size: (Int, Int), codec: FlowSettings.Codec) throws {
        let (width, height) = size
        let grey = PixelBuffer(width: width, height: height, channels: 1)
        for index in grey.pixels.indices { grey.pixels[index] = UInt8(40 + 7 * (index % 20)) }
        for method in [FlowSettings.Method.dis, .tvl1, .openCVDIS] {
            var settings = Self.settings(codec: codec).flow
            settings.method = method
            let stage = try FlowEncoder(settings: settings, fps: 25, width: width, height: height)
            #expect(try stage.append(grey).isEmpty)
            if method == .openCVDIS {
                #expect(throws: VisionError.self) { try stage.append(grey) }
                continue
            }
            let stored = try #require(try stage.append(grey)[.backward])
            let field = FlowField(width: width, height: height)
            if codec == .float16 {
                stored.withUnsafeBytes { FlowHalfFloats.decode($0, into: field) }
            } else {
                let planes = PixelBuffer(width: width, height: 2 * height, channels: 1)
                try stored.withUnsafeBytes { try PictureDecoder(codec.stored).decode($0, into: planes) }
                FlowQuantiser(bound: settings.bound).decode(planes, into: field)
            }
            // Nothing has moved: what is left is the level 128, half a step above zero, and JPEG's rounding.
            #expect(field.vectors.allSatisfy { abs($0) <= 0.4 })
        }
    }

    static let script = """
        import json, sys, h5py, numpy as np
        with h5py.File(sys.argv[1]) as f:
            flow, row = f["flow/backward"], 0
            a = {name: value.decode() if isinstance(value, bytes) else value for name, value in flow.attrs.items()}
            first, count = f["segments/flow_backward_first"][row], f["segments/flow_backward_count"][row]
            height, width = f["segments/flow_height"][row], f["segments/flow_width"][row]
            start, end = flow["offsets"][first], flow["offsets"][first + count]
            v = np.frombuffer(flow["bytes"][start:end].tobytes(), "<f2").reshape(count, 2, height, width)
            print(json.dumps(dict(
                step=int(a["step"]), dtype=a["dtype"], codec=a["codec"], method=a["method"], fps=float(a["fps"]),
                quantisation=a["quantisation"], count=int(count), frames=int(f["segments/frame_count"][row]),
                size=[int(width), int(height)], finite=bool(np.isfinite(v).all()),
                largest=float(np.abs(v.astype(np.float64)).max()))))
        """

    struct Seen: Decodable {
        let step: Int
        let dtype: String
        let codec: String
        let method: String
        let fps: Double
        let quantisation: String
        let count: Int
        let frames: Int
        let size: [Int]
        let finite: Bool
        let largest: Double
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func h5pyReadsFlowOfAnotherStepSizeAndType() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.flow = Self.settings(step: 3, codec: .float16, shortSide: 24).flow
            try corpus.addSyntheticVideos(1)
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 1)
            let file = try #require(corpus.digests("prepared").keys.first { $0.hasSuffix(".h5") })
            let seen = try Oracle.json(Seen.self, Self.script, ["\(folder)/prepared/\(file)"])
            #expect(seen.step == 3 && seen.dtype == "float16" && seen.codec == "raw" && seen.method == "dis")
            #expect(seen.fps == 12 && seen.quantisation == FlowHalfFloats.rule)
            #expect(seen.count == seen.frames - 3 && seen.frames > 3)
            #expect(seen.size == [32, 24])
            #expect(seen.finite && seen.largest > 0.1 && seen.largest < 100)
        }
    }
}

extension PictureSequence {
    /// The stored bytes of one picture.
    fileprivate func picture(_ index: Int) -> [UInt8] {
        Array(bytes[Int(offsets[index])..<Int(offsets[index + 1])])
    }
}
