import AVPrepCore
import Testing

@testable import AVPrepAudit

@Suite struct ClusteredExcessTests {
    private static let videos = 30
    private static let clips = 6

    /// Clips of videos and their reverses: nothing to see, only what groups and labels are.
    private func examples() -> Examples {
        var examples = Examples(featureCount: 1)
        for row in 0..<2 * Self.videos * Self.clips {
            let video = row / 2 % Self.videos
            examples.append([0], label: row % 2 == 0, groups: .init(video, video))
        }
        return examples
    }

    /// Verdicts that are right in this share; those on a video's rows are right together the more, the greater `likeness` is.
    private func logits(_ examples: Examples, right share: Double, likeness: Double, _ random: inout SeededRandom)
        -> [Double]
    {
        let common = (0..<Self.videos).map { _ in random.unit() < share }
        return examples.labels.indices.map { row in
            let isRight = random.unit() < likeness ? common[examples.groups[row].first] : random.unit() < share
            return isRight == examples.labels[row] ? 1 : -1
        }
    }

    private func excess(_ one: [Double], _ other: [Double], _ examples: Examples) -> ClusteredExcess {
        ClusteredExcess(logits: one, over: other, of: examples, effectiveVideos: Double(Self.videos))
    }

    @Test func aProbeTellsNoMoreThanItself() {
        var random = SeededRandom(seed: 1)
        let examples = examples()
        let logits = logits(examples, right: 0.9, likeness: 0.2, &random)
        let same = excess(logits, logits, examples)
        #expect(same.excess == 0 && same.chanceProbability == 1)
    }

    @Test func whatTellsMoreIsFoundAndWhatTellsLessIsNot() {
        var random = SeededRandom(seed: 2)
        let examples = examples()
        let good = logits(examples, right: 0.9, likeness: 0.2, &random)
        let poor = logits(examples, right: 0.7, likeness: 0.2, &random)
        let more = excess(good, poor, examples)
        #expect(abs(more.excess - 0.2) < 0.07 && more.chanceProbability < 0.001)
        #expect(excess(poor, good, examples).chanceProbability == 1)
        // Always right against no verdict at all: as sure as there are videos.
        let sure = examples.labels.map { $0 ? 1.0 : -1 }
        let all = excess(sure, [Double](repeating: 0, count: examples.count), examples)
        #expect(abs(all.excess - 0.5) < 1e-9 && all.chanceProbability < 1e-4 && all.chanceProbability > 0)
    }

    @Test(arguments: [0, 0.3, 0.8])
    func twoProbesThatTellAsMuchAreSeldomToldApart(likeness: Double) {
        var random = SeededRandom(seed: 3)
        let examples = examples()
        let found = (0..<400).count { _ in
            let one = logits(examples, right: 0.8, likeness: likeness, &random)
            let other = logits(examples, right: 0.8, likeness: likeness, &random)
            return excess(one, other, examples).chanceProbability < 0.05
        }
        // The folds' common luck is allowed for, and there is none here.
        #expect(found <= 28, "20 of 400 were expected at most")
        #expect(found > 0 || likeness < 0.8, "it can fail")
    }
}
