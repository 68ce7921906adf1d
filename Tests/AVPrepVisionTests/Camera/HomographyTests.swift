import Foundation
import Testing

@testable import AVPrepVision

@Suite struct HomographyTests {
    static let homography = Homography(elements: [1.1, 0.05, 4, -0.03, 0.95, -7, 1e-4, -2e-4, 1])

    @Test func theInverseTakesPointsBack() throws {
        let back = try #require(Self.homography.inverse)
        for point in [Point(0, 0), Point(100, 20), Point(-5, 77)] {
            let miss = back.apply(Self.homography.apply(point)) - point
            #expect(abs(miss.x) + abs(miss.y) < 1e-9)
        }
    }

    @Test func aProductIsOneMapAfterTheOther() {
        let other = Pictures.view(100, 60, shift: Point(3, 4), zoom: 1.2, clockwiseDegrees: 20)
        let point = Point(12, 34)
        let miss = (Self.homography * other).apply(point) - Self.homography.apply(other.apply(point))
        #expect(abs(miss.x) + abs(miss.y) < 1e-9)
    }

    @Test func aFlatMapHasNoInverse() {
        #expect(Homography(elements: [1, 2, 0, 2, 4, 0, 0, 0, 1]).inverse == nil)
        #expect(Homography(elements: Array(repeating: 0, count: 9)).inverse == nil)
    }

    @Test func localMotionIsShiftScaleAndClockwiseRotation() {
        let view = Pictures.view(101, 61, shift: Point(3, -4), zoom: 2, clockwiseDegrees: 10)
        let motion = view.localMotion(at: Point(50, 30))
        #expect(abs(motion.shift.x - 3) < 1e-9 && abs(motion.shift.y + 4) < 1e-9)
        #expect(abs(motion.scale - 0.5) < 1e-9)
        #expect(abs(motion.rotation * 180 / .pi - 10) < 1e-9)
    }

    @Test func mirroredCollapsedAndFoldedPicturesAreNotPlausible() {
        #expect(Self.homography.isPlausible(width: 100, height: 60))
        #expect(!Homography(elements: [-1, 0, 100, 0, 1, 0, 0, 0, 1]).isPlausible(width: 100, height: 60))
        #expect(!Homography(elements: [0.1, 0, 0, 0, 0.1, 0, 0, 0, 1]).isPlausible(width: 100, height: 60))
        #expect(!Homography(elements: [1, 0, 0, 0, 1, 0, -0.02, 0, 1]).isPlausible(width: 100, height: 60))
        #expect(!Homography(elements: Array(repeating: .nan, count: 9)).isPlausible(width: 100, height: 60))
    }
}
