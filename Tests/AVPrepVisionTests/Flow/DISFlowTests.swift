import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepVision

/// Serialised: the instruction set is chosen for the whole process. The others' results do not depend on it.
@Suite(.serialized) struct DISFlowTests {
    static let texture = Texture(seed: 5)

    static func picture(_ width: Int, _ height: Int, _ view: Homography = .identity) -> PixelBuffer {
        Pictures.grey(width, height, of: texture, view)
    }

    static func moved(_ width: Int, _ height: Int, by shift: Point) -> PixelBuffer {
        picture(width, height, Pictures.view(width, height, shift: shift, zoom: 1.02, clockwiseDegrees: 1))
    }

    static func flow(_ preset: FlowSettings.Preset, from: PixelBuffer, to: PixelBuffer) throws -> [Float] {
        try FlowEstimatorTests.flow(FlowEstimatorTests.settings(.dis, preset), from: from, to: to)
    }

    @Test(arguments: FlowSettings.Preset.allCases, [(73, 51), (40, 33), (9, 30), (5, 4), (1, 1), (2, 64)])
    func theVectorKernelsAgreeWithThePlainOnesToTheLastBit(preset: FlowSettings.Preset, size: (Int, Int)) throws {
        let (width, height) = size
        let from = Self.picture(width, height)
        let to = Self.moved(width, height, by: Point(3.2, -1.4))
        let reference = PlainDIS(preset, width: width, height: height).flow(from: from, to: to)
        #expect(try Self.flow(preset, from: from, to: to) == reference)
    }

    @Test(arguments: InstructionSets.available, FlowSettings.Preset.allCases)
    func everyInstructionSetGivesTheSameBits(name: String, preset: FlowSettings.Preset) throws {
        let from = Self.picture(211, 134)
        let to = Self.moved(211, 134, by: Point(6, 2.5))
        let best = try Self.flow(preset, from: from, to: to)
        #expect(try InstructionSets.using(name) { try Self.flow(preset, from: from, to: to) } == best)
        #expect(best.contains { abs($0) > 4 })
    }

    @Test func aPictureMadeReadyOnceServesBothNeighboursAndDirections() throws {
        let pictures = (0..<3).map { Self.moved(120, 80, by: Point(1.5 * Double($0), 0.7)) }
        let estimator = try FlowEstimator(
            settings: FlowEstimatorTests.settings(.dis, .medium), width: 120, height: 80)
        let ready = try pictures.map { grey in
            let picture = estimator.makePicture()
            try estimator.prepare(grey, into: picture)
            return picture
        }
        let field = FlowField(width: 120, height: 80)
        for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2)] {
            try estimator.compute(from: ready[from], to: ready[to], into: field)
            #expect(try field.floats == Self.flow(.medium, from: pictures[from], to: pictures[to]))
        }
    }

    /// What is skipped for a picture that is shown twice.
    @Test(arguments: FlowSettings.Preset.allCases, [(73, 51), (9, 30), (5, 4), (1, 1), (2, 64), (160, 90)])
    func equalPicturesHaveNoFlowInAnyBit(preset: FlowSettings.Preset, size: (Int, Int)) throws {
        let (width, height) = size
        var random = SeededRandom(seed: 6)
        let noise = PixelBuffer(width: width, height: height, channels: 1)
        for index in noise.pixels.indices {
            noise.pixels[index] = random.below(3) == 0 ? 255 : UInt8(random.below(256))
        }
        for picture in [Self.picture(width, height), noise] {
            #expect(try Self.flow(preset, from: picture, to: picture).allSatisfy { $0.bitPattern == 0 })
        }
        let estimator = try FlowEstimator(
            settings: FlowEstimatorTests.settings(.dis, preset), width: width, height: height)
        let (one, other) = (estimator.makePicture(), estimator.makePicture())
        try estimator.prepare(noise, into: one)
        try estimator.prepare(noise, into: other)
        #expect(estimator.isStill(from: one, to: other))
        noise.pixels[width * height - 1] ^= 0x80
        try estimator.prepare(noise, into: other)
        #expect(!estimator.isStill(from: one, to: other))
    }

    // MARK: - Truth

    @Test(arguments: [Point(0.6, -0.4), Point(3.5, -2), Point(-17, 6)])
    func aShiftIsFoundHoweverLarge(shift: Point) throws {
        let (width, height) = (240, 160)
        // The view goes by `shift`, so things go the other way.
        let to = Self.picture(width, height, Pictures.view(width, height, shift: shift))
        let flow = try Self.flow(.medium, from: Self.picture(width, height), to: to)
        let error = TVL1FlowTests.error(flow, width, height) { _ in Point() - shift }
        #expect(error.mean < 0.05)
        #expect(error.percentile95 < 0.12)
    }

    @Test func lightThatChangesIsHardlyMotion() throws {
        let (width, height) = (240, 160)
        let shift = Point(1.5, -1)
        let moved = Self.picture(width, height, Pictures.view(width, height, shift: shift))
        let to = Pictures.make(width, height, 1) { x, y, _ in
            Double(moved.pixels[y * width + x]) * 1.08 + 6 - Double(x) / 24
        }
        let flow = try Self.flow(.medium, from: Self.picture(width, height), to: to)
        #expect(TVL1FlowTests.error(flow, width, height) { _ in Point() - shift }.mean < 0.2)
    }

    // MARK: - Pictures without anything to follow

    @Test(arguments: FlowSettings.Preset.allCases)
    func identicalAndFeaturelessPicturesHaveNoFlow(preset: FlowSettings.Preset) throws {
        let black = PixelBuffer(width: 97, height: 61, channels: 1)
        let white = Pictures.make(97, 61, 1) { _, _, _ in 255 }
        let textured = Self.picture(97, 61)
        for (from, to) in [(black, black), (white, white), (black, white), (textured, textured)] {
            #expect(try Self.flow(preset, from: from, to: to).allSatisfy { abs($0) < 1e-3 })
        }
    }

    @Test(arguments: FlowSettings.Preset.allCases, [(2, 2), (2, 300), (300, 2), (7, 9), (17, 23), (101, 16)])
    func everySizeHasAFiniteFlow(preset: FlowSettings.Preset, size: (Int, Int)) throws {
        var random = SeededRandom(seed: 9)
        let pictures = (0..<2).map { _ in
            Pictures.make(size.0, size.1, 1) { _, _, _ in Double(random.below(256)) }
        }
        let flow = try Self.flow(preset, from: pictures[0], to: pictures[1])
        #expect(flow.count == 2 * size.0 * size.1)
        #expect(flow.allSatisfy { $0.isFinite && abs($0) < 1000 })
    }

    @Test func saturatedPicturesHaveAFiniteFlow() throws {
        let checks = (0..<2).map { phase in
            Pictures.make(128, 96, 1) { x, y, _ in (x / 4 + y / 4 + phase) & 1 == 0 ? 0 : 255 }
        }
        #expect(try Self.flow(.medium, from: checks[0], to: checks[1]).allSatisfy { $0.isFinite && abs($0) < 200 })
    }

    @Test func levelsFollowTheSize() {
        #expect(DISFlow.levels(preset: .ultrafast, width: 456, height: 256) == 2...4)
        #expect(DISFlow.levels(preset: .medium, width: 456, height: 256) == 1...4)
        #expect(DISFlow.levels(preset: .medium, width: 1920, height: 1080) == 1...6)
        #expect(DISFlow.levels(preset: .fast, width: 60, height: 40) == 0...1)
        #expect(DISFlow.levels(preset: .fast, width: 2, height: 2) == 0...0)
    }
}
