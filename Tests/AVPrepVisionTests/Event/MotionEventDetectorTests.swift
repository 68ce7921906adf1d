import AVPrepCore
import AVPrepModel
import TestSupport
import Testing

@testable import AVPrepVision

@Suite struct MotionEventDetectorTests {
    /// Frames of a bright square on a plain ground, `place` pixels from the left at each frame.
    private func film(_ places: [Double]) -> [PixelBuffer] {
        places.map { place in
            let picture = PixelBuffer(width: 228, height: 128, channels: 1)
            for y in 0..<128 {
                for x in 0..<228 {
                    let isInside = (40..<80).contains(y) && (place..<place + 40).contains(Double(x))
                    let level = isInside ? 200 : 60
                    picture.pixels[y * 228 + x] = UInt8(level)
                }
            }
            return picture
        }
    }

    private func peak(_ values: [Float]) -> Int { values.indices.max { values[$0] < values[$1] } ?? 0 }

    @Test func motionThatBeginsOrStopsIsFoundAtItsFrame() throws {
        // At rest, then 6 pixels a frame from frame 15 to frame 25, then at rest.
        let places = (0..<40).map { 10 + 6 * Double(min(10, max(0, $0 - 15))) }
        let events = try MotionEventDetector.events(in: film(places), fps: 25)
        #expect(events.rise.count == 39)
        #expect(abs(peak(events.rise) + 1 - 16) <= 1, "\(events.rise)")
        #expect(abs(peak(events.stop) + 1 - 25) <= 1, "\(events.stop)")
        #expect(events.turn.allSatisfy { $0 == 0 }, "motion in one direction turns nowhere: \(events.turn)")
    }

    @Test func aTurnIsWhereMotionRetracesItsPath() throws {
        let places = (0..<40).map { 10 + 6 * Double(20 - abs($0 - 20)) }
        let events = try MotionEventDetector.events(in: film(places), fps: 25)
        #expect(abs(peak(events.turn) + 1 - 20) <= 1, "\(events.turn)")
        #expect((events.stop.max() ?? 0) < 0.3, "it never rests: \(events.stop)")
    }

    @Test(arguments: [50.0, 59.94, 100]) func fastFilmsGiveTheEventsOfSlowOnes(fps: Double) throws {
        let step = Int((0.04 * fps).rounded())
        let places = (0..<40).map { 10 + 5 * Double(20 - abs($0 - 20)) }
        let slow = try MotionEventDetector.events(in: film(places), fps: fps / Double(step))
        let fast = try MotionEventDetector.events(
            in: film(places.flatMap { [Double](repeating: $0, count: step) }), fps: fps)
        #expect(fast == slow)
    }

    @Test func turnsAreThoseOfThePlainDefinition() throws {
        var random = SeededRandom(seed: 5)
        // 32 rows: the pictures are compared as they are. 38 columns: the last two are in no block.
        let greys = (0..<9).map { _ in
            let picture = PixelBuffer(width: 38, height: 32, channels: 1)
            for place in 0..<38 * 32 { picture.pixels[place] = UInt8(random.below(256)) }
            return picture
        }
        func turn(_ frame: Int, _ reach: Int) -> Float {
            var sum: Float = 0
            for block in 0..<8 * 9 {
                var mean: Float = 0
                for place in 0..<16 {
                    let index = (block / 9 * 4 + place / 4) * 38 + block % 9 * 4 + place % 4
                    let level = [frame - reach, frame, frame + reach].map { Float(greys[$0].pixels[index]) }
                    mean += (abs(level[1] - level[0]) + abs(level[2] - level[1])) / 2 - abs(level[2] - level[0])
                }
                sum += max(0, mean / 16)
            }
            return (sum / 72).squareRoot()
        }
        let events = try MotionEventDetector.events(in: greys, fps: 25)
        for index in 2..<5 {
            #expect(abs(events.turn[index] - max(turn(index + 2, 1), turn(index + 2, 2))) < 1e-4)
        }
    }

    @Test func ofFewerFramesThereAreNoEvents() throws {
        #expect(try MotionEventDetector.events(in: [], fps: 25).rise.isEmpty)
        #expect(try MotionEventDetector.events(in: film([1]), fps: 25).rise.isEmpty)
        #expect(try MotionEventDetector.events(in: film([1, 90, 1]), fps: 25).turn == [0, 0])
    }
}
