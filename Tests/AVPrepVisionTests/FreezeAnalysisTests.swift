import AVPrepCore
import AVPrepModel
import Foundation
import Testing

@testable import AVPrepVision

@Suite struct FreezeAnalysisTests {
    @Test func theDifferenceIsTheMeanOfAbsoluteDifferences() {
        let first = Pictures.make(4, 2, 1) { x, _, _ in Double(x * 50) }
        let second = Pictures.make(4, 2, 1) { x, y, _ in Double(x * 50) + (y == 0 ? 10 : 0) - (x == 3 ? 4 : 0) }
        // Row 0: 10, 10, 10, 6; row 1: 0, 0, 0, 4.
        #expect(FreezeAnalysis.difference(first, second) == 5)
    }

    private static let texture = Texture(seed: 2)

    /// The share of frames at 25 a second that are held, of pictures seen by a camera.
    private func share(_ count: Int, _ picture: (_ index: Int) -> PixelBuffer) throws -> Double {
        let greys = (0..<count).map(picture)
        let differences = zip(greys, greys.dropFirst()).map(FreezeAnalysis.difference)
        let findings = try FreezeAnalysis.findings(greys, differences: differences, fps: 25)
        return FreezeAnalysis.measure(findings, differences: differences).share
    }

    private func view(_ shift: Point, zoom: Double = 1) -> PixelBuffer {
        Pictures.make(96, 64, 1) { x, y, _ in
            Self.texture.level(at: Point(48 + zoom * (Double(x) - 48) + shift.x, zoom * Double(y) + shift.y))
        }
    }

    @Test func aRepeatedPictureIsHeldAndAMovingOneIsNot() throws {
        let still = view(Point(0, 0))
        #expect(try share(40) { _ in still } == 1)
        #expect(try share(40) { view(Point(Double($0), 0)) } == 0)
        let measure = FreezeAnalysis.measure([.frozen, .frozen, .frozen], differences: [0, 0, 0])
        #expect(measure == FreezeAnalysis.Measure(share: 1, longest: 3, meanChange: 0))
    }

    /// Photographs in documentaries: from frame to frame next to nothing changes.
    @Test func aPictureThatDriftsOrGrowsSlowlyIsNotHeld() throws {
        #expect(try share(60) { view(Point(0.03 * Double($0), 0)) } == 0)
        #expect(try share(60) { view(Point(0, 0), zoom: 1 - 0.0008 * Double($0)) } == 0)
    }

    @Test func grainIsNoMotion() throws {
        let still = view(Point(0, 0))
        var random = SeededRandom(seed: 5)
        // Of the size that frames are stored at: over blocks of eight lines grain averages out.
        let isHeld = try share(30) { _ in
            Pictures.make(384, 256, 1) { x, y, _ in
                Double(still.pixels[96 * (y / 4) + x / 4]) + 3 * random.normal()
            }
        }
        #expect(isHeld > 0.95)
    }

    /// What an encoder leaves of grain stays for some frames and is coarser than pixels.
    @Test func grainThatStaysForAFewFramesIsNoMotion() throws {
        let still = view(Point(0, 0))
        var random = SeededRandom(seed: 6)
        var blocks: [Double] = []
        let isHeld = try share(60) { index in
            if index % 3 == 0 { blocks = (0..<48 * 32).map { _ in random.normal() } }
            return Pictures.make(96, 64, 1) { x, y, _ in
                Double(still.pixels[96 * y + x]) + 0.8 * blocks[48 * (y / 2) + x / 2]
            }
        }
        #expect(isHeld > 0.95)
    }

    /// As a camera on a tripod in the wind; and where grain lies over it.
    @Test(arguments: [0.0, 3]) func aPictureThatSwaysIsNotHeld(grain: Double) throws {
        var random = SeededRandom(seed: 7)
        let isHeld = try share(60) { index in
            let shifted = view(Point(0.4 * sin(Double(index) / 4), 0))
            return Pictures.make(192, 128, 1) { x, y, _ in
                Double(shifted.pixels[96 * (y / 2) + x / 2]) + grain * random.normal()
            }
        }
        #expect(isHeld == 0)
    }

    /// Frames are told one second late, and each but the first is told once.
    @Test(arguments: [0, 1, 2, 5, 25, 26, 27, 60]) func everyFrameIsTold(count: Int) throws {
        let still = view(Point(0, 0))
        let findings = try FreezeAnalysis.findings(
            Array(repeating: still, count: count), differences: Array(repeating: 0, count: max(0, count - 1)), fps: 25)
        #expect(findings == Array(repeating: .frozen, count: max(0, count - 1)))
        var pictures = FreezeDetector(fps: 25)
        let told = try (0..<count).compactMap { _ in try pictures.push(still, change: 0) }.count
        #expect(told == max(0, count - 25))
    }

    /// A film that stops is held from there on, and a still picture up to where the film goes on.
    @Test func aStretchBeginsAndEndsWhereTheFilmStops() throws {
        let frames = (0..<100).map { index in
            let moment = index < 30 ? index : max(30, index - 39)
            return view(Point(2 * Double(moment), 0))
        }
        let differences = zip(frames, frames.dropFirst()).map(FreezeAnalysis.difference)
        let findings = try FreezeAnalysis.findings(frames, differences: differences, fps: 25)
        // findings[k] is of frame k + 1.
        #expect(findings.indices.filter { findings[$0] != .moving } == Array(30..<69))
        #expect(findings.allSatisfy { $0 != .held })
    }

    /// A camera that stands before an empty street, at half the rate: noise, and every other frame twice.
    @Test func aStreetWithoutCarsIsHeldButNotFrozen() throws {
        let still = view(Point(0, 0))
        var random = SeededRandom(seed: 8)
        let frames = (0..<30).flatMap { _ -> [PixelBuffer] in
            let frame = Pictures.make(96, 64, 1) { x, y, _ in
                Double(still.pixels[96 * y + x]) + 0.7 * random.normal()
            }
            return [frame, frame]
        }
        let differences = zip(frames, frames.dropFirst()).map(FreezeAnalysis.difference)
        let findings = try FreezeAnalysis.findings(frames, differences: differences, fps: 25)
        #expect(findings.count == frames.count - 1 && findings.allSatisfy { $0 == .held })
    }

    @Test func aSmallThingThatMovesIsMotion() throws {
        let still = view(Point(0, 0))
        let isHeld = try share(60) { index in
            let left = 20 + index % 20
            return Pictures.make(96, 64, 1) { x, y, _ in
                (left..<left + 10).contains(x) && (30..<40).contains(y) ? 250 : Double(still.pixels[96 * y + x])
            }
        }
        #expect(isHeld < 0.2)
    }

    /// An encoder's key frame differs a little from the frames that repeat it.
    @Test func aStillStretchSurvivesSingleFramesThatDiffer() {
        let still = [false, true, true, true, false, true, true, false, false, true, true]
        let frozen = FreezeAnalysis.measure(still.map { $0 ? .frozen : .moving }, differences: still.map { $0 ? 0 : 3 })
        #expect(frozen.longest == 5)
        #expect(abs(frozen.share - 7 / 11) < 1e-9)
        // What is held under noise is no stop, however long.
        let held = FreezeAnalysis.measure(still.map { $0 ? .held : .moving }, differences: still.map { $0 ? 1 : 3 })
        #expect(held.longest == 0)
        #expect(held.share == frozen.share)
        #expect(FreezeAnalysis.measure([], differences: []).longest == 0)
    }

    @Test func oneFrameAndNoFrameHaveNoMotion() throws {
        #expect(try FreezeAnalysis.findings([], differences: [], fps: 25) == [])
        #expect(
            try FreezeAnalysis.findings([PixelBuffer(width: 2, height: 2, channels: 1)], differences: [], fps: 25) == []
        )
    }
}
