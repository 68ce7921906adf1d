import AVPrepModel
import Testing

@testable import AVPrepVision

/// Changes of shot that take their time.
@Suite struct FadeAndDissolveTests {
    typealias Shots = CutDetectorTests

    /// A picture as bright as `light` says, over a plain one of `level`.
    private static func faded(_ frame: PixelBuffer, _ light: Double, to level: Double) -> PixelBuffer {
        Pictures.make(Shots.width, Shots.height, 3) { x, y, channel in
            light * Double(frame.pixels[3 * (y * Shots.width + x) + channel]) + (1 - light) * level
        }
    }

    @Test(arguments: [2.0, 250]) func aFadeEndsAShotAndIsMeasured(level: Double) throws {
        // Ten frames down, four plain, eight up.
        let first = Shots.shot(40, seed: 13, speed: 0.2).enumerated().map { index, frame in
            Self.faded(frame, min(1, Double(40 - index) / 10), to: level)
        }
        let plain = Pictures.make(Shots.width, Shots.height, 3) { _, _, _ in level }
        let second = Shots.shot(40, seed: 21, speed: 0.2).enumerated().map { index, frame in
            Self.faded(frame, min(1, Double(index + 1) / 8), to: level)
        }
        let changes = try Shots.changes(first + Array(repeating: plain, count: 4) + second)
        #expect(changes.map(\.form) == [.fadeOut, .fadeIn])
        #expect(changes.map(\.newShot) == [nil, 44])
        guard changes.count == 2 else { return }
        #expect(abs(changes[0].start - 31) <= 4 && abs(changes[0].end - 40) <= 2, "\(changes[0])")
        #expect(changes[1].start == 44 && abs(changes[1].end - 52) <= 1)
    }

    @Test(arguments: [8, 14, 22]) func aDissolveEndsAShotInItsMiddle(length: Int) throws {
        let (first, second) = (
            Shots.shot(40 + length, seed: 22, speed: 0.2), Shots.shot(40 + length, seed: 23, speed: 0.2)
        )
        let mixed = (0..<length).map { index in
            let share = Double(index + 1) / Double(length + 1)
            return Pictures.make(Shots.width, Shots.height, 3) { x, y, channel in
                let pixel = 3 * (y * Shots.width + x) + channel
                return (1 - share) * Double(first[40 + index].pixels[pixel]) + share
                    * Double(second[index].pixels[pixel])
            }
        }
        let changes = try Shots.changes(first[..<40] + mixed + second[length...])
        #expect(changes.map(\.form) == [.dissolve])
        let middle = 40 + length / 2
        #expect(abs((changes.first?.newShot ?? 0) - middle) <= 2)
        #expect((changes.first?.start ?? 99) <= 42 && (changes.first?.end ?? 0) >= 38 + length)
    }

    /// Out of a dark hall with a lit window, into a picture with a dark side.
    @Test func whatStaysBlackDoesNotHideADissolve() throws {
        let (hall, day) = (Shots.shot(1, seed: 28, contrast: 2)[0], Shots.shot(1, seed: 29, contrast: 1.5)[0])
        let frames = (0..<70).map { index in
            let share = min(1, max(0, Double(index - 25) / 20))
            return Pictures.make(Shots.width, Shots.height, 3) { x, y, channel in
                let pixel = 3 * (y * Shots.width + x) + channel
                let first = (24..<34).contains(x) && y < 24 ? Double(hall.pixels[pixel]) : 4
                return (1 - share) * first + share * (x < 30 ? 10 : Double(day.pixels[pixel]))
            }
        }
        let changes = try Shots.changes(frames)
        #expect(changes.map(\.form) == [.dissolve])
        #expect(abs((changes.first?.newShot ?? 0) - 35) <= 3)
    }

    /// A large title over a picture that gets darker beneath it.
    @Test func aTitleThatFadesInIsNoDissolve() throws {
        let scene = Shots.shot(1, seed: 30, contrast: 2)[0]
        let frames = (0..<70).map { index in
            let share = min(1, max(0, Double(index - 25) / 20))
            return Pictures.make(Shots.width, Shots.height, 3) { x, y, channel in
                let level = Double(scene.pixels[3 * (y * Shots.width + x) + channel])
                let isTitle = (6..<60).contains(x) && (9..<24).contains(y)
                return (1 - share) * level + share * (isTitle ? 245 : 0.45 * level)
            }
        }
        #expect(try Shots.changes(frames).isEmpty)
    }

    /// A white car leaves the picture, and the camera opens its aperture: everything gets brighter, step by step.
    @Test func lightThatFollowsACarIsNoDissolve() throws {
        let road = Shots.shot(1, seed: 27, contrast: 0.15)[0]
        let frames = (0..<60).map { index in
            let light = 45 * min(1, max(0, Double(index - 15) / 30))
            let top = 20 - index
            return Pictures.make(Shots.width, Shots.height, 3) { x, y, channel in
                (24..<40).contains(x) && (top..<top + 18).contains(y)
                    ? 240 : Double(road.pixels[3 * (y * Shots.width + x) + channel]) - 30 + light
            }
        }
        #expect(try Shots.changes(frames).isEmpty)
    }
}
