import AVPrepCore
import TestSupport
import Testing

@testable import AVPrepTraining

/// Intervals count videos: many pairs of few videos tell little.
struct VideoBootstrapTests {
    /// Pairs of a video are all decided right or all wrong, which is as much as one trial a video.
    @Test func pairsOfOneVideoCountAsOneTrial() throws {
        let videos = (0..<1000).map { "video \($0 / 50)" }
        let isRight = (0..<1000).map { $0 / 50 < 14 }
        let bootstrap = VideoBootstrap(videos: videos, seed: 1)
        let interval = try #require(
            bootstrap.interval(pairs: 1000) { weights in
                let right = zip(weights, isRight).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
                return Double(right) / Double(weights.reduce(0, +))
            })
        // 0.7 of 20: the binomial distribution's 2.5 and 97.5 % points are 10 and 18 of 20.
        #expect(interval == [0.5, 0.9])
        #expect(bootstrap.count == 20)
        #expect(VideoBootstrap(videos: ["one", "one"], seed: 1).interval(pairs: 2) { _ in 1 } == nil)
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func theAreaOfDrawnPairsIsScipys() throws {
        var random = SeededRandom(seed: 4)
        let scores = (0..<60).map { _ in Float(random.below(12)) }
        let labels = (0..<60).map { _ in UInt8(random.below(2)) }
        let measured = PairScores(scores: scores, labels: labels, order: .below)
        var weights: [[Int]] = []
        let bootstrap = VideoBootstrap(videos: (0..<60).map { "v\($0 % 7)" }, seed: 2)
        _ = bootstrap.interval(pairs: 60) { own in
            weights.append(own)
            return 0
        }
        let areas = weights.prefix(20).map { measured.area(weights: $0) ?? -1 }
        let reference = try Oracle.json(
            [Double].self,
            """
            import json, sys, numpy as np
            from scipy.stats import mannwhitneyu
            scores, labels, weights = (np.array(x) for x in json.loads(sys.argv[1]))
            areas = []
            for w in weights:
                a, b = np.repeat(scores[labels == 1], w[labels == 1]), np.repeat(scores[labels == 0], w[labels == 0])
                areas.append(mannwhitneyu(b, a).statistic / (len(a) * len(b)))
            print(json.dumps(areas))
            """, ["[\(scores.map { Int($0) }), \(labels), \(Array(weights.prefix(20)))]"])
        #expect(zip(areas, reference).allSatisfy { abs($0 - $1) < 1e-12 }, "\(areas) \(reference)")
    }
}
