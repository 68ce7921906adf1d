import AVPrepCore
import AVPrepModel
import CKernels
import Foundation
import TestSupport
import Testing

@testable import AVPrepVision

/// Serialised: the instruction set is chosen for the whole process. The others' results do not depend on it.
@Suite(.serialized) struct TVL1FlowTests {
    static let width = 160
    static let height = 112
    static let texture = Texture(seed: 3)

    static func picture(_ width: Int = width, _ height: Int = height, _ view: Homography = .identity) -> PixelBuffer {
        Pictures.grey(width, height, of: texture, view)
    }

    static func flow(_ settings: TVL1Settings = TVL1Settings(), from: PixelBuffer, to: PixelBuffer) throws -> [Float] {
        var flow = FlowSettings()
        flow.method = .tvl1
        flow.tvl1 = settings
        return try FlowEstimatorTests.flow(flow, from: from, to: to)
    }

    /// End-point error where the truth is `truth(x, y)`, mean and 95th percentile, for pixels that stay in the picture.
    static func error(_ flow: [Float], _ width: Int, _ height: Int, truth: (Point) -> Point)
        -> (mean: Double, percentile95: Double)
    {
        var errors: [Double] = []
        for y in 0..<height {
            for x in 0..<width {
                let place = Point(Double(x), Double(y))
                let moved = truth(place)
                let target = place + moved
                guard target.x >= 0, target.y >= 0, target.x < Double(width), target.y < Double(height) else {
                    continue
                }
                let index = 2 * (y * width + x)
                let miss = Point(Double(flow[index]), Double(flow[index + 1])) - moved
                errors.append((miss * miss).sum().squareRoot())
            }
        }
        errors.sort()
        return (errors.reduce(0, +) / Double(errors.count), errors[errors.count * 95 / 100])
    }

    // MARK: - The kernels are the method

    static let variants: [TVL1Settings] = {
        var plain = TVL1Settings()
        plain.illumination = false
        plain.presmoothing = 0
        plain.median = .none
        var careful = TVL1Settings()
        careful.scaleStep = 0.8
        careful.scales = 3
        careful.warps = 2
        careful.outerIterations = 2
        careful.innerIterations = 17
        careful.epsilon = 0
        careful.median = .five
        return [TVL1Settings(), plain, careful]
    }()

    @Test(arguments: variants, [(45, 33), (24, 18)])
    func theVectorKernelsAgreeWithThePlainOnesToTheLastBit(settings: TVL1Settings, size: (Int, Int)) throws {
        let (width, height) = size
        let from = Self.picture(width, height)
        // Moves, turns, and gets brighter from left to right.
        let moved = Self.picture(
            width, height, Pictures.view(width, height, shift: Point(2.2, -1.4), zoom: 1.02, clockwiseDegrees: 2))
        let to = Pictures.make(width, height, 1) { x, y, _ in Double(moved.pixels[y * width + x]) * 0.9 + Double(x) / 3
        }
        let reference = PlainTVL1(settings: settings).flow(from: from, to: to)
        #expect(try Self.flow(settings, from: from, to: to) == reference)
        #expect(reference.contains { abs($0) > 1 })
    }

    @Test(arguments: InstructionSets.available)
    func everyInstructionSetGivesTheSameBits(name: String) throws {
        let from = Self.picture()
        let to = Self.picture(Self.width, Self.height, Pictures.view(Self.width, Self.height, shift: Point(5.3, 2.1)))
        let best = try Self.flow(from: from, to: to)
        #expect(try InstructionSets.using(name) { try Self.flow(from: from, to: to) } == best)
    }

    @Test func runsEndWhenTheFlowHasSettled() {
        var settings = TVL1Settings()
        let (from, to) = (
            Self.picture(), Self.picture(Self.width, Self.height, Pictures.view(160, 112, shift: Point(1, 1)))
        )
        func sweeps(_ settings: TVL1Settings, to: PixelBuffer) -> Double {
            let tvl1 = TVL1Flow(settings: settings, width: Self.width, height: Self.height)
            let pictures = (tvl1.makePicture(), tvl1.makePicture())
            tvl1.prepare(from, into: pictures.0)
            tvl1.prepare(to, into: pictures.1)
            tvl1.compute(from: pictures.0, to: pictures.1, into: FlowField(width: Self.width, height: Self.height))
            return tvl1.lastSweeps
        }
        // On levels of 1, 1/4, 1/16 and 1/64 of the picture, about.
        let levels = 1.328
        #expect(abs(sweeps(settings, to: from) - 4 * 10 * levels) < 0.2)
        let usual = sweeps(settings, to: to)
        settings.epsilon = 0
        let all = sweeps(settings, to: to)
        #expect(abs(all - 4 * 30 * levels) < 0.6)
        #expect(usual < 0.75 * all)
    }

    // MARK: - Truth

    @Test(arguments: [Point(0.6, -0.4), Point(3.5, -2), Point(-12, 5)])
    func aShiftIsFoundHoweverLarge(shift: Point) throws {
        // The view goes by `shift`, so things go the other way.
        let to = Self.picture(Self.width, Self.height, Pictures.view(Self.width, Self.height, shift: shift))
        let flow = try Self.flow(from: Self.picture(), to: to)
        let error = Self.error(flow, Self.width, Self.height) { _ in Point() - shift }
        #expect(error.mean < 0.05)
        #expect(error.percentile95 < 0.1)
    }

    @Test func lightThatChangesIsNotMotion() throws {
        let shift = Point(1.5, -1)
        let moved = Self.picture(Self.width, Self.height, Pictures.view(Self.width, Self.height, shift: shift))
        let to = Pictures.make(Self.width, Self.height, 1) { x, y, _ in
            Double(moved.pixels[y * Self.width + x]) + 20 - Double(x) / 16
        }
        let flow = try Self.flow(from: Self.picture(), to: to)
        #expect(Self.error(flow, Self.width, Self.height) { _ in Point() - shift }.mean < 0.15)
        var naive = TVL1Settings()
        naive.illumination = false
        let misled = try Self.flow(naive, from: Self.picture(), to: to)
        #expect(Self.error(misled, Self.width, Self.height) { _ in Point() - shift }.mean > 0.5)
    }

    static let script = """
        import sys, numpy as np, cv2
        folder, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        cv2.setNumThreads(1)
        pictures = np.fromfile(f"{folder}/pictures", np.uint8).reshape(-1, height, width)
        tvl1 = cv2.optflow.DualTVL1OpticalFlow_create()
        flows = [tvl1.calc(pictures[0], other, None) for other in pictures[1:]]
        np.array(flows, np.float32).tofile(f"{folder}/flows")
        """

    static let views = [
        Pictures.view(width, height, shift: Point(0.7, -0.4)), Pictures.view(width, height, shift: Point(4.2, 2.6)),
        Pictures.view(width, height, shift: Point(13, -5)), Pictures.view(width, height, clockwiseDegrees: 2.5),
        Pictures.view(width, height, zoom: 1.04),
    ]

    /// The larger comparison, with real pictures and the time both take, is `avprep-bench flow`.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func errorIsNoHigherThanThatOfOpenCV() throws {
        let from = Self.picture()
        let others = Self.views.map { Self.picture(Self.width, Self.height, $0) }
        let theirs = try withTemporaryFolder { folder in
            let pictures = ([from] + others).reduce(into: Data()) { $0 += $1.bytes }
            try pictures.write(to: URL(fileURLWithPath: "\(folder)/pictures"))
            _ = try Oracle.run(Self.script, [folder, "\(Self.width)", "\(Self.height)"])
            return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/flows")).withUnsafeBytes {
                Array($0.bindMemory(to: Float.self))
            }
        }
        let count = 2 * Self.width * Self.height
        try #require(theirs.count == count * Self.views.count)
        for (index, view) in Self.views.enumerated() {
            let inverse = try #require(view.inverse)
            let truth = { (place: Point) in inverse.apply(place) - place }
            let ours = try Self.error(Self.flow(from: from, to: others[index]), Self.width, Self.height, truth: truth)
            let flow = Array(theirs[index * count..<(index + 1) * count])
            let opencv = Self.error(flow, Self.width, Self.height, truth: truth)
            #expect(ours.mean <= opencv.mean, "view \(index)")
            #expect(ours.percentile95 <= opencv.percentile95, "view \(index)")
        }
    }

    // MARK: - Odd pictures

    @Test(arguments: [(1, 1), (2, 2), (2, 64), (64, 2), (1, 40), (17, 16), (33, 31)])
    func picturesOfAnySizeHaveFlow(width: Int, height: Int) throws {
        let from = Self.picture(width, height)
        let to = Self.picture(width, height, Pictures.view(width, height, shift: Point(0.5, 0.5)))
        let flow = try Self.flow(from: from, to: to)
        #expect(flow.allSatisfy { abs($0) < Float(max(width, height)) + 8 })
    }

    @Test func equalPicturesHaveNoFlow() throws {
        #expect(try Self.flow(from: Self.picture(), to: Self.picture()).allSatisfy { abs($0) < 1e-3 })
    }

    @Test(arguments: [(0, 0), (255, 255), (0, 255), (255, 0), (128, 131)])
    func picturesOfOneLevelHaveNoFlow(first: Int, second: Int) throws {
        let from = Pictures.make(48, 40, 1) { _, _, _ in Double(first) }
        let to = Pictures.make(48, 40, 1) { _, _, _ in Double(second) }
        #expect(try Self.flow(from: from, to: to).allSatisfy { $0 == 0 })
    }

    @Test func noiseAndSaturationGiveNumbers() throws {
        var random = SeededRandom(seed: 5)
        let noise = (0..<2).map { _ in
            Pictures.make(97, 65, 1) { _, _, _ in random.unit() < 0.5 ? 0 : 255 }
        }
        let flow = try Self.flow(from: noise[0], to: noise[1])
        #expect(flow.allSatisfy { $0.isFinite && abs($0) < 200 })
    }

    // MARK: - Nothing but the pictures counts

    @Test func flowDoesNotDependOnWhatWasComputedBefore() throws {
        let from = Self.picture()
        let to = Self.picture(Self.width, Self.height, Pictures.view(Self.width, Self.height, shift: Point(6, -3)))
        var settings = FlowSettings()
        settings.method = .tvl1
        let estimator = try FlowEstimator(settings: settings, width: Self.width, height: Self.height)
        let field = FlowField(width: Self.width, height: Self.height)
        try estimator.compute(from: to, to: from, into: field)
        try estimator.compute(from: from, to: to, into: field)
        #expect(try field.floats == Self.flow(from: from, to: to))
    }
}
