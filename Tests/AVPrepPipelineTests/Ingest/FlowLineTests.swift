import AVPrepModel
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepSettings

/// Flow by a thread of its own beside the same by the worker itself.
@Suite struct FlowLineTests {
    /// Drifting frames, some of which are shown two or three times, and a picture that is held.
    private static let frames: [PixelBuffer] = [0, 1, 1, 2, 3, 3, 3, 4, 5, 6, 7, 7, 8, 9].map {
        FlowEncoderTests.frames[$0]
    }

    private static func preparation(_ settings: IngestSettings, _ cores: SpareCores?) throws -> FramePreparation {
        try FramePreparation(
            settings: settings, width: FlowEncoderTests.width, height: FlowEncoderTests.height,
            encoder: PictureEncoder(settings.video.codec.stored, quality: settings.video.quality), cores: cores)
    }

    /// - Parameter unwanted: the number of the segment whose pictures are not stored.
    private static func segments(_ settings: IngestSettings, _ cores: SpareCores?, unwanted: Int? = nil) throws
        -> [[StoreLayout.FlowDirection: PictureSequence]]
    {
        let preparation = try preparation(settings, cores)
        var waiting = frames[...]
        return try [5, 1, 6, 2].enumerated().map { number, length in
            for frame in waiting.prefix(length) { try preparation.append(frame) }
            waiting = waiting.dropFirst(length)
            let taken = try preparation.take(length) { _ in number != unwanted }
            preparation.recycle(taken)
            return taken.flow
        }
    }

    @Test(arguments: [1, 2, 3], FlowSettings.Codec.allCases)
    func aThreadGivesTheSameBytes(step: Int, codec: FlowSettings.Codec) throws {
        let settings = FlowEncoderTests.settings(step: step, codec: codec)
        for unwanted in [nil, 0, 2] {
            let plain = try Self.segments(settings, nil, unwanted: unwanted)
            for _ in 0..<3 {
                #expect(try Self.segments(settings, SpareCores(cores: 2, workers: 1), unwanted: unwanted) == plain)
            }
        }
        #expect(try Self.segments(settings, nil)[0][.forward]?.count == 5 - step)
    }

    /// Also where still pictures wait, and are stored late or not at all.
    @Test(arguments: [true, false]) func heldPicturesHaveTheSameFlow(isStored: Bool) throws {
        var settings = FlowEncoderTests.settings()
        settings.video.fps = 10
        func flow(_ cores: SpareCores?) throws -> [[StoreLayout.FlowDirection: PictureSequence]] {
            let preparation = try Self.preparation(settings, cores)
            for number in 0..<60 { try preparation.append(FlowEncoderTests.frames[number < 12 ? number : 12]) }
            let first = try preparation.take(40) { _ in isStored }
            preparation.recycle(first)
            for number in 0..<6 { try preparation.append(FlowEncoderTests.frames[number]) }
            return [first.flow, try preparation.take(26).flow]
        }
        let plain = try flow(nil)
        #expect(try flow(SpareCores(cores: 4, workers: 2)) == plain)
        #expect(plain[0][.forward]?.count == (isStored ? 39 : 0))
    }

    /// A picture that is shown twice has the flow that computing it gives.
    @Test(arguments: FlowSettings.Codec.allCases) func aPictureShownTwiceHasTheFlowThatIsComputed(
        codec: FlowSettings.Codec
    )
        throws
    {
        let settings = FlowEncoderTests.settings(codec: codec)
        let encoder = try FlowEncoder(
            settings: settings.flow, fps: 25, width: FlowEncoderTests.width, height: FlowEncoderTests.height)
        let grey = PixelBuffer(width: FlowEncoderTests.width, height: FlowEncoderTests.height, channels: 1)
        try Grey.convert(Self.frames[1], into: grey)
        _ = try encoder.append(grey)
        let stored = try encoder.append(grey)
        let field = FlowField(width: grey.width, height: grey.height)
        try FlowEstimator(settings: settings.flow, width: grey.width, height: grey.height).compute(
            from: grey, to: grey, into: field)
        #expect(field.vectors.allSatisfy { $0.bitPattern == 0 })
        let computed: [UInt8]
        switch codec {
        case .float16:
            let halves = FlowHalfFloats(width: grey.width, height: grey.height)
            computed = withExtendedLifetime(halves) { Array(UnsafeRawBufferPointer(halves.encode(field))) }
        case .jpeg, .png, .raw:
            let planes = PixelBuffer(width: grey.width, height: 2 * grey.height, channels: 1)
            FlowQuantiser(bound: settings.flow.bound).encode(field, into: planes)
            computed = try PictureEncoder(codec.stored, quality: settings.flow.quality).withEncoded(planes) {
                Array($0)
            }
        }
        let isTheSame = stored == [.forward: computed, .backward: computed]
        #expect(isTheSame)
    }

    @Test func anErrorOfTheThreadIsThatOfTheVideo() throws {
        var settings = FlowEncoderTests.settings()
        settings.flow.method = .openCVDIS
        let preparation = try FramePreparation(
            settings: settings, width: 4, height: 4,
            encoder: PictureEncoder(settings.video.codec.stored, quality: settings.video.quality),
            cores: SpareCores(cores: 2, workers: 1))
        let frame = PixelBuffer(width: 4, height: 4, channels: 3)
        #expect(throws: VisionError.self) {
            for number in 0..<9 {
                frame.pixels[0] = UInt8(number)
                try preparation.append(frame)
            }
            _ = try preparation.take(9)
        }
    }

    /// As many threads as cores are spare, and what ends gives its core back.
    @Test func coresAreTakenAndGivenBack() throws {
        let cores = SpareCores(cores: 3, workers: 2)
        var one: FramePreparation? = try Self.preparation(FlowEncoderTests.settings(), cores)
        try one?.append(Self.frames[0])
        #expect(!cores.take())
        one = nil
        #expect(cores.take() && !cores.take())
        cores.giveBack()
        // None by those who want no flow, and none below zero.
        var off = FlowEncoderTests.settings()
        off.flow.method = .off
        try Self.preparation(off, cores).append(Self.frames[0])
        #expect(cores.take() && !cores.take())
        #expect(!SpareCores(cores: 2, workers: 8).take())
    }
}
