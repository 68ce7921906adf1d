import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Orientation, shape of pixels, cropping, scaling, colour.
@Suite struct PictureTests {
    private static let rate = Rational(25)
    private typealias Colour = [Int]
    private static let red: Colour = [200, 30, 30]
    private static let green: Colour = [30, 180, 30]
    private static let blue: Colour = [40, 40, 200]
    private static let white: Colour = [230, 230, 230]

    /// A clip of quarters: red and green above, blue and white below, inside black bars.
    private func writeQuarters(
        to path: String, width: Int, height: Int, bars: CropMargins = .none, rotation: Int = 0,
        aspect: Rational = Rational(1), count: Int = 5
    ) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: width, height: height, frameRate: Self.rate, quality: 3, preset: "ultrafast",
                rotationDegrees: rotation, sampleAspectRatio: aspect), audio: nil)
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        for y in bars.top..<height - bars.bottom {
            for x in bars.left..<width - bars.right {
                let colour =
                    y < height / 2 ? (x < width / 2 ? Self.red : Self.green) : (x < width / 2 ? Self.blue : Self.white)
                for channel in 0..<3 { picture.pixels[3 * (y * width + x) + channel] = UInt8(colour[channel]) }
            }
        }
        for index in 0..<count { try writer.write(frame: picture, at: Double(index) / 25) }
        try writer.finish()
    }

    private func firstPicture(_ path: String, crop: CropMargins = .none, shortSide: Int?) throws
        -> (pixels: [UInt8], width: Int, height: Int)
    {
        let file = try MediaFile(path: path)
        let request = DecodeRequest(fps: 25, crop: crop, shortSide: shortSide, audio: [])
        let recorder = Recorder(request)
        _ = try file.decode(request, to: recorder)
        let size = try #require(recorder.size)
        let promised = try #require(file.outputSize(crop: crop, shortSide: shortSide))
        #expect(promised == size)
        return (recorder.firstPicture, size.width, size.height)
    }

    private func expectColour(
        _ picture: (pixels: [UInt8], width: Int, height: Int), _ x: Double, _ y: Double, _ colour: Colour,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let column = min(picture.width - 1, Int(x * Double(picture.width)))
        let row = min(picture.height - 1, Int(y * Double(picture.height)))
        let first = 3 * (row * picture.width + column)
        for channel in 0..<3 {
            #expect(
                abs(Int(picture.pixels[first + channel]) - colour[channel]) <= 6, "channel \(channel) at \(x), \(y)",
                sourceLocation: sourceLocation)
        }
    }

    /// A clockwise quarter turn takes the upper left corner to the upper right.
    @Test(arguments: [(0, [0, 1, 2, 3]), (90, [2, 0, 3, 1]), (180, [3, 2, 1, 0]), (270, [1, 3, 0, 2])])
    func picturesComeUpright(rotation: Int, corners: [Int]) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try writeQuarters(to: path, width: 96, height: 64, rotation: rotation)
            let video = try #require(try MediaFile(path: path).info.video)
            #expect(video.rotationDegrees == rotation)
            #expect(video.width == 96 && video.height == 64)
            #expect(video.displayWidth == (rotation % 180 == 0 ? 96 : 64))
            let colours = [Self.red, Self.green, Self.blue, Self.white]
            for shortSide in [nil, 32] {
                let picture = try firstPicture(path, shortSide: shortSide)
                #expect(picture.width == (rotation % 180 == 0 ? 96 : 64) * (shortSide ?? 64) / 64)
                expectColour(picture, 0.25, 0.25, colours[corners[0]])
                expectColour(picture, 0.75, 0.25, colours[corners[1]])
                expectColour(picture, 0.25, 0.75, colours[corners[2]])
                expectColour(picture, 0.75, 0.75, colours[corners[3]])
            }
        }
    }

    @Test func pixelsComeSquare() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            try writeQuarters(to: path, width: 96, height: 64, aspect: Rational(4, 3))
            let video = try #require(try MediaFile(path: path).info.video)
            #expect(video.sampleAspectRatio == [4, 3])
            #expect(video.displayWidth == 128 && video.displayHeight == 64)
            let picture = try firstPicture(path, shortSide: 32)
            #expect(picture.width == 64 && picture.height == 32)
            expectColour(picture, 0.75, 0.25, Self.green)
        }
    }

    /// The bars are told by their place on the screen, so after a turn they are others of the coded picture.
    @Test(arguments: [0, 90, 180, 270]) func marginsAreThoseOfTheShownPicture(rotation: Int) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            let coded = CropMargins(top: 16, bottom: 8, left: 4, right: 12)
            try writeQuarters(to: path, width: 96, height: 64, bars: coded, rotation: rotation)
            let shown =
                switch rotation {
                case 90: CropMargins(top: 4, bottom: 12, left: 8, right: 16)
                case 180: CropMargins(top: 8, bottom: 16, left: 12, right: 4)
                case 270: CropMargins(top: 12, bottom: 4, left: 16, right: 8)
                default: coded
                }
            let picture = try firstPicture(path, crop: shown, shortSide: nil)
            #expect(
                picture.width == (rotation % 180 == 0 ? 80 : 40) && picture.height == (rotation % 180 == 0 ? 40 : 80))
            for (x, y) in [(0.0, 0.0), (0.999, 0.0), (0.0, 0.999), (0.999, 0.999)] {
                let first = 3 * (Int(y * Double(picture.height)) * picture.width + Int(x * Double(picture.width)))
                let level = picture.pixels[first..<first + 3].max() ?? 0
                #expect(level > 120, "no bar at \(x), \(y)")
            }
        }
    }

    /// A grey ramp comes out at the level it was put in, to the rounding of an 8-bit luma of 219 steps.
    @Test func levelsAreKept() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            let writer = try MediaWriter(
                path: path,
                video: VideoEncoding(codec: "ffv1", width: 1024, height: 64, frameRate: Self.rate, bFrames: 0),
                audio: nil)
            let ramp = PixelBuffer(width: 1024, height: 64, channels: 3)
            for index in ramp.pixels.indices { ramp.pixels[index] = UInt8(index / 3 % 1024 / 4) }
            try writer.write(frame: ramp, at: 0)
            try writer.finish()
            let picture = try firstPicture(path, shortSide: 32)
            let errors = (16 * 512 + 4..<16 * 512 + 508).map { pixel in
                Double(picture.pixels[3 * pixel]) - (Double(pixel % 512) * 2 + 0.5) / 4
            }
            #expect((errors.map { abs($0) }.max() ?? 255) < 2)
            #expect(abs(errors.reduce(0, +) / Double(errors.count)) < 0.5)
        }
    }

    @Test func sidesComeOutEvenAndKeepTheAspect() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mp4"
            try writeQuarters(to: path, width: 426, height: 240, count: 1)
            let file = try MediaFile(path: path)
            let sizes = [
                (CropMargins.none, 128, 228, 128), (.none, 256, 454, 256),
                (CropMargins(top: 31, bottom: 30, left: 0, right: 0), 128, 304, 128),
                (CropMargins(left: 101, right: 100), 99, 100, 106),
            ]
            for (crop, shortSide, width, height) in sizes {
                let size = try #require(file.outputSize(crop: crop, shortSide: shortSide))
                #expect(size.width == width && size.height == height, "\(crop) \(shortSide): \(size)")
            }
            let whole = try #require(file.outputSize(crop: CropMargins(top: 1), shortSide: nil))
            #expect(whole.width == 426 && whole.height % 2 == 0 && abs(whole.height - 239) <= 1)
        }
    }

    /// PyAV picks the picture for each frame by its own times, scales it by itself, and both must show the same.
    @Test(
        .enabled(if: Oracle.isAvailable && SharedData.isAvailable, "needs make test's venv and the shared data"),
        arguments: [
            "learning-area-rabbit320.webm", "exoplayer-sample_with_increasing_timestamps_320w_240h.mp4",
            "torchcodec-nasa_13013.mp4", "exoplayer-sample.avi", "dom-examples-segment000.ts",
        ])
    func framesAreThoseAnotherReaderShows(name: String) throws {
        let path = try #require(SharedData.files(in: "real-av").first { $0.hasSuffix(name) })
        let file = try MediaFile(path: path)
        let request = DecodeRequest(fps: 25, shortSide: 64, audio: [])
        let size = try #require(file.outputSize(crop: .none, shortSide: 64))
        let video = try #require(file.info.video)
        let consumer = MeanLevels(limit: 100)
        do { _ = try file.decode(request, to: consumer) } catch is MeanLevels.Enough {}
        let expected = try Oracle.json(
            [Double].self,
            """
            import av, json, sys
            path, (start, width, height, count) = sys.argv[1], map(float, sys.argv[2:6])
            f = av.open(path)
            frames, out, k = f.decode(f.streams[int(sys.argv[6])]), [], 0
            current = next(frames)
            level = lambda f: float(f.reformat(int(width), int(height), 'rgb24', interpolation='BICUBIC').to_ndarray().mean())
            for following in frames:
                t = float(following.pts * following.time_base) - start
                shown = None
                while k < count and k / 25 < t - 0.0005:
                    shown = level(current) if shown is None else shown
                    out.append(shown); k += 1
                if k >= count: break
                current = following
            print(json.dumps(out))
            """,
            [
                path, "\(file.info.commonStartSeconds)", "\(size.width)", "\(size.height)", "\(consumer.levels.count)",
                "\(video.index)",
            ])
        let count = min(expected.count, consumer.levels.count)
        #expect(count > 90)
        /// Mean distance of the two readers' levels, one of them `shift` frames later, less what differs throughout
        /// (matrix and filter).
        func distance(shift: Int) -> Double {
            let differences = (0..<count - 1).map { expected[$0] - consumer.levels[$0 + shift] }
            let median = differences.sorted()[differences.count / 2]
            return differences.reduce(0) { $0 + abs($1 - median) } / Double(differences.count)
        }
        #expect(distance(shift: 0) < 0.5)
        #expect(
            distance(shift: 0) < distance(shift: 1) / 2, "the frames of one moment are nearer than their neighbours")
    }
}

/// Mean of all values of each frame.
private final class MeanLevels: DecodeConsumer {
    struct Enough: Error {}
    private(set) var levels: [Double] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        if levels.count == limit { throw Enough() }
        levels.append(Double(picture.pixels.reduce(0) { $0 + Int($1) }) / Double(picture.pixels.count))
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
}
