import AVPrepCore
import AVPrepModel
import Foundation
import Testing

@testable import AVPrepVision

@Suite struct CameraMotionEstimatorTests {
    static let width = 200
    static let height = 120
    static let texture = Texture(seed: 11)

    /// Frames of a camera that stands at `views[k]`, over a background without end.
    static func frames(
        _ views: [Homography], _ width: Int = width, _ height: Int = height, _ texture: Texture = texture
    ) -> [PixelBuffer] {
        views.map { Pictures.grey(width, height, of: texture, $0) }
    }

    static func estimator(fps: Double = 25, everyNthFrame: Int = 1) -> CameraMotionEstimator {
        var settings = CameraMotionSettings()
        settings.everyNthFrame = everyNthFrame
        return CameraMotionEstimator(settings: settings, fps: fps, width: width, height: height)
    }

    static func homography(_ motion: FrameMotion) -> Homography {
        Homography(elements: motion.homography.map(Double.init))
    }

    /// How far the estimated homographies miss the true ones, mean over the picture, for every known frame.
    static func misses(_ motions: [FrameMotion], _ views: [Homography]) throws -> [Double] {
        let fromCentre = try #require(views[views.count / 2].inverse)
        return zip(motions, views).filter { $0.0.isKnown }.map { motion, view in
            Pictures.meanDistance(homography(motion), fromCentre * view, width, height)
        }
    }

    @Test(arguments: [
        Pictures.view(width, height, shift: Point(13.3, -6.8)),
        Pictures.view(width, height, clockwiseDegrees: 6),
        Pictures.view(width, height, zoom: 1.12),
        Pictures.view(width, height, shift: Point(-5, 4), zoom: 0.93, clockwiseDegrees: -4),
        Homography(elements: [1.02, 0.01, -3, -0.015, 0.99, 2, 1e-4, -8e-5, 1]),
    ])
    func aKnownWarpIsRecoveredBehindAMovingForeground(view: Homography) throws {
        let foreground = Texture(seed: 77, mean: 140)
        // 30 % of the picture, moving against the background.
        let pictures = [(Homography.identity, 0), (view, 9), (Homography.identity, 0)].map { view, offset in
            Pictures.make(Self.width, Self.height, 1) { x, y, _ in
                let isForeground = (60 + offset..<150 + offset).contains(x) && (20..<100).contains(y)
                return isForeground
                    ? foreground.level(at: Point(Double(x - offset), Double(y)))
                    : Self.texture.level(at: view.apply(Point(Double(x), Double(y))))
            }
        }
        // The central frame of three is the second.
        let motions = try Self.estimator().estimate(greys: [pictures[0], pictures[1], pictures[2]])
        let truth = try #require(view.inverse)
        for motion in [motions[0], motions[2]] {
            try #require(motion.isKnown)
            #expect(Pictures.meanDistance(Self.homography(motion), truth, Self.width, Self.height) < 0.3)
            #expect(motion.inlierCount >= 32)
            #expect(motion.error < 0.25)
        }
        #expect(Self.homography(motions[1]) == .identity)
    }

    /// The camera turns by more than two picture widths: frame 0 and frame 12 have nothing in common.
    @Test func aPanFarBeyondThePictureIsMeasuredToItsEnd() throws {
        let views = (0..<13).map { Pictures.view(Self.width, Self.height, shift: Point(40 * Double($0), 0)) }
        let estimator = Self.estimator(fps: 5)
        let motions = try estimator.estimate(greys: Self.frames(views))
        #expect(motions.allSatisfy { $0.isKnown })
        let worst = try Self.misses(motions, views).max() ?? 99
        #expect(worst < 1.5)
        #expect(motions.allSatisfy { abs($0.pan - 200) < 5 && abs($0.tilt) < 5 })
        #expect(estimator.flags(for: motions) == .pan)
    }

    /// Between two estimated frames the camera moves further than corners can be followed; frames between them help.
    @Test func framesBetweenHelpWhereTheCameraMovesFast() throws {
        let views = (0..<13).map { Pictures.view(Self.width, Self.height, shift: Point(0, 30 * Double($0))) }
        let motions = try Self.estimator(everyNthFrame: 6).estimate(greys: Self.frames(views))
        #expect(motions.indices.filter { motions[$0].isKnown } == [0, 6, 12])
        let worst = try Self.misses(motions, views).max() ?? 99
        #expect(worst < 1.5)
    }

    static let paths: [(flags: SegmentFlags, view: @Sendable (_ seconds: Double) -> Homography)] = [
        (.staticCamera, { _ in Pictures.view(width, height) }),
        (.pan, { Pictures.view(width, height, shift: Point(-24 * $0, 0)) }),
        (.tilt, { Pictures.view(width, height, shift: Point(0, 24 * $0)) }),
        (.zoom, { Pictures.view(width, height, zoom: exp(0.12 * $0)) }),
        (.roll, { Pictures.view(width, height, clockwiseDegrees: 8 * $0) }),
        (
            .shake,
            {
                var random = SeededRandom(seed: UInt64($0 * 100))
                return Pictures.view(width, height, shift: Point(2 * random.normal(), 2 * random.normal()))
            }
        ),
        // Well below every threshold, yet no tripod.
        ([], { Pictures.view(width, height, shift: Point(3 * $0, 0)) }),
    ]

    @Test(arguments: paths.indices)
    func flagsNameTheMotion(path index: Int) throws {
        let (flags, view) = Self.paths[index]
        let fps = 5.0
        let views = (0..<13).map { view(Double($0) / fps) }
        let estimator = Self.estimator(fps: fps)
        let motions = try estimator.estimate(greys: Self.frames(views))
        #expect(estimator.flags(for: motions) == flags)
        #expect(try Self.misses(motions, views).max() ?? 99 < 0.3)
    }

    @Test func ratesAreThoseOfTheCamera() throws {
        let fps = 5.0
        let views = (0..<7).map {
            let t = Double($0) / fps
            return Pictures.view(
                Self.width, Self.height, shift: Point(20 * t, -15 * t), zoom: exp(0.1 * t), clockwiseDegrees: 5 * t)
        }
        let motions = try Self.estimator(fps: fps).estimate(greys: Self.frames(views))
        let last = motions[6]
        #expect(abs(last.zoom - 0.1) < 0.01)
        #expect(abs(last.roll - 5) < 0.6)
        // Pixels a second of a picture that shows more and more closely: the shift is scaled by the zoom so far.
        #expect(motions[0].pan > 15 && motions[0].tilt < -10)
        #expect(motions[0].pan == motions[1].pan && motions[0].roll == motions[1].roll)
    }

    @Test func onlyEveryNthFrameAndTheCentralOneAreEstimated() throws {
        let still = Pictures.grey(Self.width, Self.height, of: Self.texture)
        let estimator = Self.estimator(everyNthFrame: 5)
        let motions = try estimator.estimate(greys: Array(repeating: still, count: 13))
        #expect(motions.indices.filter { motions[$0].isKnown } == [0, 5, 6, 10])
        #expect(motions[1] == .unknown)
        #expect(estimator.flags(for: motions) == .staticCamera)
    }

    @Test func largePicturesAreTrackedSmallAndMeasuredInTheirOwnPixels() throws {
        let size = (width: 600, height: 400)
        let shift = Point(21, -9)
        let pictures = [Point(), shift].map {
            Pictures.grey(size.width, size.height, of: Self.texture, Pictures.view(size.width, size.height, shift: $0))
        }
        let estimator = CameraMotionEstimator(settings: .init(), fps: 25, width: size.width, height: size.height)
        let motions = try estimator.estimate(greys: pictures)
        let truth = Pictures.view(size.width, size.height, shift: Point() - shift)
        #expect(Pictures.meanDistance(Self.homography(motions[0]), truth, size.width, size.height) < 0.5)
        #expect(abs(motions[0].pan - 25 * 21) < 10)
    }

    @Test func picturesWithoutCornersStayUnknown() throws {
        let flat = Pictures.make(Self.width, Self.height, 1) { _, _, _ in 30 }
        let estimator = Self.estimator()
        let motions = try estimator.estimate(greys: Array(repeating: flat, count: 5))
        #expect(motions.indices.filter { motions[$0].isKnown } == [2])
        #expect(estimator.flags(for: motions) == .motionUnreliable)
    }

    @Test func unrelatedPicturesStayUnknown() throws {
        let other = Pictures.grey(Self.width, Self.height, of: Texture(seed: 99))
        let still = Pictures.grey(Self.width, Self.height, of: Self.texture)
        let motions = try Self.estimator().estimate(greys: [other, still, still, still, still])
        #expect(motions.indices.filter { motions[$0].isKnown } == [1, 2, 3, 4])
    }

    /// A thing with strong corners crosses two fifths of the picture, over a background with weak ones.
    @Test func aLargeThingIsNotFollowed() throws {
        let thing = Texture(seed: 21, contrast: 1.6)
        let weak = Texture(seed: 22, contrast: 0.5)
        let views = (0..<9).map { Pictures.view(Self.width, Self.height, shift: Point(2.5 * Double($0), 0)) }
        let frames = views.enumerated().map { index, view in
            Pictures.make(Self.width, Self.height, 1) { x, y, _ in
                let (u, v) = (x - 20 - 5 * index, y - 8 - index)
                return (0..<104).contains(u) && (0..<92).contains(v)
                    ? thing.level(at: Point(Double(u), Double(v)))
                    : weak.level(at: view.apply(Point(Double(x), Double(y))))
            }
        }
        let motions = try Self.estimator().estimate(greys: frames)
        #expect(motions.allSatisfy { $0.isKnown })
        #expect(try Self.misses(motions, views).max() ?? 99 < 0.6)
    }

    @Test func howTheCameraMovesBeforeAPlainWallCannotBeTold() throws {
        let thing = Texture(seed: 23)
        let frames = (0..<9).map { index in
            Pictures.make(Self.width, Self.height, 1) { x, y, _ in
                let (u, v) = (x - 20 - 4 * index, y - 14)
                return (0..<100).contains(u) && (0..<92).contains(v)
                    ? thing.level(at: Point(Double(u), Double(v))) : 150
            }
        }
        let estimator = Self.estimator()
        let motions = try estimator.estimate(greys: frames)
        #expect(motions.indices.filter { motions[$0].isKnown } == [4])
        #expect(estimator.flags(for: motions) == .motionUnreliable)
    }

    /// Frames in which nothing can be seen are stepped over: a pan is looked for where it must have come to.
    @Test func aFastPanIsFoundAgainAfterFramesThatShowNothing() throws {
        let views = (0..<11).map { Pictures.view(Self.width, Self.height, shift: Point(45 * Double($0), 0)) }
        var frames = Self.frames(views)
        for index in 7...8 { frames[index] = Pictures.make(Self.width, Self.height, 1) { _, _, _ in 90 } }
        let motions = try Self.estimator().estimate(greys: frames)
        #expect(motions.indices.filter { !motions[$0].isKnown } == [7, 8])
        #expect(try Self.misses(motions, views).max() ?? 99 < 1.5)
    }

    @Test func theSamePicturesGiveTheSameNumbersAndBuffersCarryNothingOver() throws {
        let views = (0..<5).map { Pictures.view(Self.width, Self.height, shift: Point(9 * Double($0), 2)) }
        let frames = Self.frames(views)
        let estimator = Self.estimator()
        let first = try estimator.estimate(greys: frames)
        _ = try estimator.estimate(greys: Array(frames.reversed()))
        let again = try estimator.estimate(greys: frames)
        #expect(again == first)
        let fresh = try Self.estimator().estimate(greys: frames)
        #expect(fresh == first)
    }

    @Test func noFramesAndDisabledEstimationGiveNothing() throws {
        #expect(try Self.estimator().estimate(greys: []).isEmpty)
        var settings = CameraMotionSettings()
        settings.enabled = false
        let estimator = CameraMotionEstimator(settings: settings, fps: 25, width: 8, height: 8)
        let motions = try estimator.estimate(greys: [PixelBuffer(width: 8, height: 8, channels: 1)])
        #expect(motions == [.unknown])
        #expect(estimator.flags(for: motions) == [])
    }
}
