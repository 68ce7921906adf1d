import AVPrepCore
import COpenCV
import Testing

@testable import AVPrepVision

@Suite struct MotionConsensusTests {
    static let size = Point(256, 144)

    /// Pairs of three kinds at random places, found to a tenth of a pixel: of a background, of a thing, and strays.
    static func consensus(_ background: Homography, _ thing: Homography, _ counts: [Int]) throws -> MotionConsensus {
        var random = SeededRandom(seed: 4)
        var consensus = MotionConsensus(threshold: 0.5, size: size)
        for (kind, count) in counts.enumerated() {
            for _ in 0..<count {
                let other = Point(random.uniform(4...250), random.uniform(4...140))
                var key = (kind == 0 ? background : thing).apply(other)
                if kind == 2 { key = Point(random.uniform(4...250), random.uniform(4...140)) }
                key += 0.1 * Point(random.normal(), random.normal())
                consensus.add(
                    key: copencv_point(x: Float(key.x), y: Float(key.y)),
                    other: copencv_point(x: Float(other.x), y: Float(other.y)))
            }
        }
        return consensus
    }

    /// Two motions that differ by little more than two pixels are not taken for one between them.
    @Test func groupsThatMoveNearlyAlikeAreToldApart() throws {
        let background = Pictures.view(256, 144, shift: Point(8, -3), zoom: 1.02, clockwiseDegrees: 0.8)
        let thing = Pictures.view(256, 144, shift: Point(10.5, -3), zoom: 1.02, clockwiseDegrees: 0.8)
        var consensus = try Self.consensus(background, thing, [50, 70, 25])
        let groups = try consensus.groups(of: 8, guessBack: .identity)
        try #require(groups.count >= 2)
        for (group, (truth, count)) in zip(groups, [(thing, 70), (background, 50)]) {
            #expect(Pictures.meanDistance(group.toKey, truth, 256, 144) < 0.15)
            #expect(Double(group.count) > 0.9 * Double(count) && group.error < 0.1)
            let roundTrip = group.toOther * group.toKey
            #expect(Pictures.meanDistance(roundTrip, .identity, 256, 144) < 1e-6)
        }
    }

    /// A camera that turns maps lines that run far apart to each other, which no similarity does.
    @Test func aHomographyIsFoundThroughAGuessNearIt() throws {
        let truth = Homography(elements: [1.05, 0.02, -30, -0.01, 1.02, 6, 3e-4, -8e-5, 1])
        let guess = truth * Pictures.view(256, 144, shift: Point(1.5, -1), zoom: 1.005)
        var consensus = try Self.consensus(truth, .identity, [70, 0, 60])
        let first = try consensus.groups(of: 8, guessBack: guess).first
        let group = try #require(first)
        #expect(Pictures.meanDistance(group.toKey, truth, 256, 144) < 0.15)
    }

    @Test func straysAreNoGroup() throws {
        var consensus = try Self.consensus(.identity, .identity, [0, 0, 80])
        #expect(try consensus.groups(of: 12, guessBack: .identity).isEmpty)
    }
}
