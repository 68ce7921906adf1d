import AVPrepModel
import AVPrepStore
import AVPrepVision
import Foundation
import Testing

@testable import AVPrepIngest
@testable import AVPrepSettings

/// A clip played backwards has the flow of its reversed frames: not the forward one, negated.
@Suite struct ReversedFlowTests {
    private static let (width, height) = (96, 80)
    private static let centre = SIMD2<Double>(47.5, 39.5)

    /// Where things of the first frame are seen in frame `index`: it accelerates, so that order matters.
    enum Motion: CaseIterable {
        case translation, rotation

        func moved(_ point: SIMD2<Double>, at index: Int) -> SIMD2<Double> {
            let amount = Double(index * (index + 1)) / 2
            switch self {
            case .translation: return point + amount * SIMD2(1.2, -0.6)
            case .rotation:
                let angle = amount * 4 * Double.pi / 180
                let p = point - ReversedFlowTests.centre
                return ReversedFlowTests.centre
                    + SIMD2(cos(angle) * p.x - sin(angle) * p.y, sin(angle) * p.x + cos(angle) * p.y)
            }
        }

        func unmoved(_ point: SIMD2<Double>, at index: Int) -> SIMD2<Double> {
            let amount = Double(index * (index + 1)) / 2
            switch self {
            case .translation: return point - amount * SIMD2(1.2, -0.6)
            case .rotation:
                let angle = -amount * 4 * Double.pi / 180
                let p = point - ReversedFlowTests.centre
                return ReversedFlowTests.centre
                    + SIMD2(cos(angle) * p.x - sin(angle) * p.y, sin(angle) * p.x + cos(angle) * p.y)
            }
        }

        /// Displacement of what frame `from` shows at `point`, until frame `to`.
        func flow(_ point: SIMD2<Double>, from: Int, to: Int) -> SIMD2<Double> {
            moved(unmoved(point, at: from), at: to) - point
        }
    }

    private static func frames(_ motion: Motion, _ count: Int) -> [PixelBuffer] {
        (0..<count).map { index in
            let frame = PixelBuffer(width: width, height: height, channels: 1)
            for pixel in 0..<width * height {
                let place = motion.unmoved(SIMD2(Double(pixel % width), Double(pixel / width)), at: index)
                let wave =
                    40 * sin(place.x / 3.1 + 0.3 * sin(place.y / 7)) + 40 * sin(place.y / 3.7 + place.x / 9)
                    + 25 * sin((place.x - place.y) / 5.3)
                frame.pixels[pixel] = UInt8(max(0, min(255, 128 + wave)))
            }
            return frame
        }
    }

    private static func stored(_ frames: [PixelBuffer]) throws -> [[StoreLayout.FlowDirection: [UInt8]]] {
        var settings = FlowSettings()
        settings.direction = .both
        settings.codec = .float16
        settings.shortSide = 0
        let stage = try FlowEncoder(settings: settings, fps: 25, width: width, height: height)
        return try Array(frames.map { try stage.append($0) }.dropFirst())
    }

    /// Median end-point error against `truth`, away from the edges, where things enter.
    private static func error(_ bytes: [UInt8], _ truth: (SIMD2<Double>) -> SIMD2<Double>) -> Double {
        let field = FlowField(width: width, height: height)
        bytes.withUnsafeBytes { FlowHalfFloats.decode($0, into: field) }
        var errors: [Double] = []
        for y in stride(from: 12, to: height - 12, by: 3) {
            for x in stride(from: 12, to: width - 12, by: 3) {
                let place = 2 * (y * width + x)
                let seen = SIMD2(Double(field.vectors[place]), Double(field.vectors[place + 1]))
                let miss: SIMD2<Double> = seen - truth(SIMD2(Double(x), Double(y)))
                errors.append((miss * miss).sum().squareRoot())
            }
        }
        return errors.sorted()[errors.count / 2]
    }

    @Test(arguments: Motion.allCases) func backwardFlowIsThatOfTheReversedFrames(motion: Motion) throws {
        let frames = Self.frames(motion, 4)
        let flow = try Self.stored(frames)
        let reversed = try Self.stored(frames.reversed())
        for index in 0..<3 {
            // What is read from last to first is what the reversed film has forwards, to the byte, and the other way round.
            #expect(flow[2 - index][.backward] == reversed[index][.forward])
            #expect(flow[2 - index][.forward] == reversed[index][.backward])
            let back = try #require(flow[index][.backward])
            #expect(Self.error(back) { motion.flow($0, from: index + 1, to: index) } < 0.4)
            let forward = try #require(flow[index][.forward])
            #expect(Self.error(forward) { motion.flow($0, from: index, to: index + 1) } < 0.4)
        }
        // Of a translation that is the forward flow negated, of a rotation it is not: points lie elsewhere by then.
        let back = try #require(flow[2][.backward])
        let negated = Self.error(back) { -motion.flow($0, from: 2, to: 3) }
        #expect(motion == .translation ? negated < 0.4 : negated > 0.8, "\(negated)")
    }
}
