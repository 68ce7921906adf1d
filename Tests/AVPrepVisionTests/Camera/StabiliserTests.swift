import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepVision

@Suite struct StabiliserTests {
    static let width = 240
    static let height = 136
    static let texture = Texture(seed: 21)
    static let fps = 25.0

    /// A hand that trembles in every direction about a slow pan.
    static func shakyView(_ index: Int) -> Homography {
        let t = Double(index) / fps
        func wave(_ amplitude: Double, _ frequency: Double) -> Double {
            amplitude * sin(2 * .pi * frequency * t + frequency)
        }
        return Pictures.view(
            width, height, shift: Point(8 * t + wave(2, 3.1), wave(1.5, 4.7)), zoom: exp(wave(0.004, 2.3)),
            clockwiseDegrees: wave(0.5, 5.2))
    }

    static func motions(_ frames: [PixelBuffer]) throws -> [FrameMotion] {
        var settings = CameraMotionSettings()
        settings.everyNthFrame = 1
        let estimator = CameraMotionEstimator(settings: settings, fps: fps, width: width, height: height)
        return try estimator.estimate(greys: frames)
    }

    static func stabiliser(_ settings: StabiliserSettings = .init()) -> Stabiliser {
        Stabiliser(settings: settings, fps: fps, width: width, height: height)
    }

    static func motion(_ homography: Homography) -> FrameMotion {
        FrameMotion(homography: homography.elements.map { Float($0) }, inlierCount: 100)
    }

    /// How far the background moves from each stabilised frame to the next, mean over the picture.
    static func residuals(_ plan: Stabiliser.Plan, _ views: [Homography]) throws -> [Double] {
        let seen = views.indices.map { views[$0] * plan.source(at: $0) }
        return try zip(seen, seen.dropFirst()).map { before, after in
            let back = try #require(before.inverse)
            return Pictures.meanDistance(back * after, .identity, plan.width, plan.height)
        }
    }

    @Test func aShakyFilmComesToRest() throws {
        let views = (0..<17).map(Self.shakyView)
        let frames = CameraMotionEstimatorTests.frames(views, Self.width, Self.height, Self.texture)
        let plan = try Self.stabiliser().plan(for: Self.motions(frames)).get()
        let residuals = try Self.residuals(plan, views)
        #expect(residuals.max() ?? 9 < 0.3)
        #expect(plan.width > 200 && plan.height > 110)
        #expect(plan.crop.left + plan.crop.right == Self.width - plan.width)
    }

    /// What the Arrow of Time code measures a clip by: a homography for every frame, its matches, their error, and what all
    /// frames show.
    @Test func aClipIsKeptOnlyIfEveryFrameIsMatchedWellAndEnoughIsLeft() throws {
        var settings = StabiliserSettings()
        settings.longestGap = 0
        settings.fewestInliers = 20
        settings.largestError = 0.25
        settings.smallestShare = 0.7
        func discarded(shift: Double = 1, _ change: (inout [FrameMotion]) -> Void = { _ in }) -> Stabiliser.Discard? {
            var motions = (0..<9).map { index in
                var motion = Self.motion(
                    Pictures.view(Self.width, Self.height, shift: Point(0, shift * Double(index - 4))))
                (motion.inlierCount, motion.error) = (20, 0.25)
                return motion
            }
            change(&motions)
            switch Self.stabiliser(settings).plan(for: motions) {
            case .success: return nil
            case .failure(let error): return error.reason
            }
        }
        #expect(discarded() == nil)
        #expect(discarded { $0[2].inlierCount = 19 } == .motionDoubtful(frame: 2))
        #expect(discarded { $0[8].error = 0.26 } == .motionDoubtful(frame: 8))
        #expect(discarded { $0[1].error = .nan } == .motionDoubtful(frame: 1))
        #expect(discarded { $0[5] = .unknown } == .motionUnknown(frames: 1))
        // Of 136 rows, four steps either way leave 96, which is 70.6 %, or 88.
        #expect(discarded(shift: 5) == nil)
        #expect(discarded(shift: 6) == .commonAreaTooSmall(side: 88))
        // Without these settings, each of them is stabilised.
        settings = StabiliserSettings()
        #expect(discarded { ($0[2].inlierCount, $0[8].error, $0[5]) = (4, 9, .unknown) } == nil)
    }

    /// Outsiders look at the pixels: OpenCV in Python follows corners from each stabilised frame to the next.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func openCVFindsNoGlobalMotionInStabilisedFrames() throws {
        let views = (0..<17).map(Self.shakyView)
        let frames = CameraMotionEstimatorTests.frames(views, Self.width, Self.height, Self.texture)
        let stabiliser = Self.stabiliser()
        let plan = try stabiliser.plan(for: Self.motions(frames)).get()
        try withTemporaryFolder { folder in
            var before = Data()
            var after = Data()
            for (index, frame) in frames.enumerated() {
                let warped = PixelBuffer(width: plan.width, height: plan.height, channels: 1)
                try stabiliser.warp(frame, index: index, by: plan, into: warped)
                before += frame.bytes
                after += warped.bytes
            }
            try before.write(to: URL(fileURLWithPath: folder + "/before"))
            try after.write(to: URL(fileURLWithPath: folder + "/after"))
            let script = """
                import sys, cv2, numpy as np
                def motion(path, width, height):
                    frames = np.fromfile(path, np.uint8).reshape(-1, height, width)
                    y, x = np.mgrid[4:height:8, 4:width:8]
                    grid = np.stack([x, y], -1).reshape(-1, 1, 2).astype(np.float32)
                    shifts = []
                    for a, b in zip(frames, frames[1:]):
                        points = cv2.goodFeaturesToTrack(a, 300, 0.01, 6)
                        moved, found, _ = cv2.calcOpticalFlowPyrLK(a, b, points, None, winSize=(21, 21))
                        keep = found.ravel() == 1
                        h, _ = cv2.findHomography(points[keep], moved[keep], cv2.RANSAC, 1.0)
                        shifts.append(np.linalg.norm(cv2.perspectiveTransform(grid, h) - grid, axis=-1).mean())
                    return float(max(shifts))
                w, h, sw, sh = map(int, sys.argv[2:6])
                print([motion(sys.argv[1] + "/before", w, h), motion(sys.argv[1] + "/after", sw, sh)])
                """
            let sizes = [Self.width, Self.height, plan.width, plan.height].map(String.init)
            let found = try Oracle.json([Double].self, script, [folder] + sizes)
            #expect(found[0] > 1.5)
            #expect(found[1] < 0.3)
        }
    }

    /// The same homographies through OpenCV in Python: its cubic warp of each frame.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [nil, 136])
    func framesAreWarpedAsOpenCVWarpsThem(shortSide: Int?) throws {
        let views = (0..<9).map(Self.shakyView)
        let back = try #require(views[4].inverse)
        let stabiliser = Self.stabiliser()
        var plan = try stabiliser.plan(for: views.map { Self.motion(back * $0) }).get()
        #expect(min(plan.width, plan.height) < 136)
        if let shortSide {
            plan = plan.scaled(shortSide: shortSide)
            #expect(min(plan.width, plan.height) == shortSide)
        }
        let frame = Pictures.colour(Self.width, Self.height, seed: 6)
        try withTemporaryFolder { folder in
            var ours = Data()
            for index in views.indices {
                let warped = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
                try stabiliser.warp(frame, index: index, by: plan, into: warped)
                ours += warped.bytes
            }
            try Data(frame.bytes).write(to: URL(fileURLWithPath: folder + "/frame"))
            try ours.write(to: URL(fileURLWithPath: folder + "/ours"))
            let script = """
                import json, sys, cv2, numpy as np
                w, h, sw, sh = map(int, sys.argv[2:6])
                frame = np.fromfile(sys.argv[1] + "/frame", np.uint8).reshape(h, w, 3)
                ours = np.fromfile(sys.argv[1] + "/ours", np.uint8).reshape(-1, sh, sw, 3).astype(int)
                worst = []
                for mine, matrix in zip(ours, json.loads(sys.argv[6])):
                    theirs = cv2.warpPerspective(
                        frame, np.array(matrix, float).reshape(3, 3), (sw, sh),
                        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
                    worst.append(float(np.percentile(np.abs(theirs.astype(int) - mine), 99.9)))
                print(max(worst))
                """
            let matrices = "\(views.indices.map { plan.source(at: $0).elements })"
            let sizes = [Self.width, Self.height, plan.width, plan.height].map(String.init)
            // Versions of OpenCV round the place between pixels to a 32nd of one, or not at all.
            #expect(try Oracle.json(Double.self, script, [folder] + sizes + [matrices]) <= 4)
        }
    }

    /// Of a film whose motion is known exactly nothing is left but what smoothing let through.
    @Test func theMotionLeftIsThatOfTheStoredFrames() throws {
        let views = (0..<17).map(Self.shakyView)
        let back = try #require(views[8].inverse)
        var motions = views.map { Self.motion(back * $0) }
        motions[5] = .unknown
        let stabiliser = Self.stabiliser()
        let plan = try stabiliser.plan(for: motions).get()
        let left = stabiliser.motion(left: motions, by: plan)
        #expect(left.indices.filter { !left[$0].isKnown } == [5])
        for index in left.indices where index != 5 {
            let homography = CameraMotionEstimatorTests.homography(left[index])
            #expect(Pictures.meanDistance(homography, .identity, plan.width, plan.height) < 0.9)
            let source = Homography(elements: left[index].source.map(Double.init))
            #expect(Pictures.meanDistance(source, plan.source(at: index), plan.width, plan.height) < 0.001)
        }
    }

    @Test func aMisfitIsReplacedByWhatItsNeighboursSay() throws {
        let views = (0..<15).map { Pictures.view(Self.width, Self.height, shift: Point(0.5 * Double($0), 0)) }
        let back = try #require(views[7].inverse)
        var motions = views.map { Self.motion(back * $0) }
        motions[4] = Self.motion(back * Pictures.view(Self.width, Self.height, shift: Point(30, -14), zoom: 1.2))
        motions[10] = .unknown
        let plan = try Self.stabiliser().plan(for: motions).get()
        #expect(plan.rejected == 1)
        #expect(try Self.residuals(plan, views).max() ?? 9 < 0.01)
    }

    @Test func noiseOfMeasurementIsSmoothedAndRealShakeIsNot() throws {
        var random = SeededRandom(seed: 5)
        let still = (0..<25).map { _ in Pictures.view(Self.width, Self.height) }
        let noisy = still.map { _ in
            Self.motion(Pictures.view(Self.width, Self.height, shift: Point(random.normal(), random.normal()) * 0.1))
        }
        let plan = try Self.stabiliser().plan(for: noisy).get()
        var rough = StabiliserSettings()
        rough.noise = 0
        let unsmoothed = try Self.stabiliser(rough).plan(for: noisy).get()
        let (smooth, raw) = (try Self.residuals(plan, still), try Self.residuals(unsmoothed, still))
        #expect(smooth.reduce(0, +) < 0.75 * raw.reduce(0, +))

        let views = (0..<25).map { Pictures.view(Self.width, Self.height, shift: Point(0, $0 % 2 == 0 ? 3 : -3)) }
        let back = try #require(views[12].inverse)
        let shaken = try Self.stabiliser().plan(for: views.map { Self.motion(back * $0) }).get()
        #expect(shaken.rejected == 0)
        #expect(try Self.residuals(shaken, views).max() ?? 9 < 0.01)
    }

    @Test func aPanThatLeavesTooLittleInCommonIsDiscarded() throws {
        let views = (0..<11).map { Pictures.view(Self.width, Self.height, shift: Point(20 * Double($0), 0)) }
        let back = try #require(views[5].inverse)
        let motions = views.map { Self.motion(back * $0) }
        let failure = #expect(throws: Stabiliser.DiscardError.self) { try Self.stabiliser().plan(for: motions).get() }
        // 200 of 240 columns are gone.
        #expect(failure?.reason == .commonAreaTooSmall(side: 40))
    }

    @Test func aLongStretchWithoutMotionIsDiscarded() throws {
        var motions = (0..<21).map { _ in Self.motion(.identity) }
        for index in 3..<8 { motions[index] = .unknown }
        _ = try Self.stabiliser().plan(for: motions).get()
        motions[8] = .unknown
        let failure = #expect(throws: Stabiliser.DiscardError.self) { try Self.stabiliser().plan(for: motions).get() }
        #expect(failure?.reason == .motionUnknown(frames: 6))
        #expect(throws: Stabiliser.DiscardError.self) { try Self.stabiliser().plan(for: []).get() }
    }

    @Test func aStillFilmIsLeftAsItIs() throws {
        let frame = Pictures.colour(Self.width, Self.height, seed: 4)
        let stabiliser = Self.stabiliser()
        let plan = try stabiliser.plan(for: (0..<9).map { _ in Self.motion(.identity) }).get()
        #expect(plan.crop == .none)
        let warped = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
        try stabiliser.warp(frame, index: 3, by: plan, into: warped)
        #expect(warped.bytes == frame.bytes)
    }

    /// The common area against a count over all pixels.
    @Test(arguments: 0..<6)
    func theCommonAreaIsTheLargestRectangleThatEveryFrameFills(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (width, height) = (40, 24)
        let homographies = (0..<4).map { _ in
            Pictures.view(
                width, height, shift: Point(3 * random.normal(), 2 * random.normal()),
                zoom: exp(0.05 * random.normal()),
                clockwiseDegrees: 6 * random.normal())
        }
        let backs = try homographies.map { try #require($0.inverse) }
        func isInside(_ x: Int, _ y: Int) -> Bool {
            backs.allSatisfy {
                let point = $0.apply(Point(Double(x), Double(y)))
                return point.x > -1e-2 && point.y > -1e-2 && point.x < Double(width) - 0.99
                    && point.y < Double(height) - 0.99
            }
        }
        let area = CommonArea(homographies, width: width, height: height).largestRectangle
        try #require(!area.columns.isEmpty)
        for y in area.rows { for x in area.columns { #expect(isInside(x, y)) } }
        var greatest = 0
        for top in 0..<height {
            var columns = Array(repeating: true, count: width)
            for bottom in top..<height {
                for x in 0..<width where !isInside(x, bottom) { columns[x] = false }
                var run = 0
                for isFree in columns {
                    run = isFree ? run + 1 : 0
                    greatest = max(greatest, run * (bottom - top + 1))
                }
            }
        }
        #expect(area.rows.count * area.columns.count >= greatest * 95 / 100)
    }

    @Test func fourPointsMakeAHomography() throws {
        let truth = Homography(elements: [1.05, 0.03, 4, -0.02, 0.97, -3, 2e-4, -1e-4, 1])
        let rectangle = [Point(0, 0), Point(99, 0), Point(99, 59), Point(0, 59)]
        let found = try #require(Homography(from: rectangle, to: rectangle.map(truth.apply)))
        #expect(zip(found.elements, truth.elements).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(Homography(from: rectangle, to: [Point(0, 0), Point(1, 1), Point(2, 2), Point(0, 0)]) == nil)
    }
}
