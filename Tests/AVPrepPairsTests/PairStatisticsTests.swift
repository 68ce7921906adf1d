import AVPrepCore
import AVPrepModel
import AVPrepPairs
import Foundation
import Testing

@Suite struct PairStatisticsTests {
    private func set(_ seed: UInt64, _ plan: PairSetPlan) throws -> DrawnPairSet? {
        try PairCorpus.drawIfPossible(
            PairCorpus.random(seed: seed), PairCorpus.randomSettings(seed: seed), plan, seed: seed)
    }

    @Test func theyAreWhatCountingThePairsGives() throws {
        var skipped = 0
        for seed in UInt64(0)..<40 {
            if let set = try set(seed, PairSetPlan(name: "half", .mixture(hard: 0.5))) {
                try expectCounts(set, seed)
            } else {
                skipped += 1
            }
        }
        #expect(skipped < 20, "\(skipped) of 40 corpora give no such set")
    }

    private func expectCounts(_ set: DrawnPairSet, _ seed: UInt64) throws {
        let sources = PairCorpus.random(seed: seed)
        let rows = Dictionary(uniqueKeysWithValues: sources.map { ($0.row, $0) })
        let statistics = set.statistics
        #expect(statistics.pairs == set.pairs.count, "seed \(seed)")
        for kind in PairKind.allCases { #expect(statistics.count(kind) == set.pairs.count { $0.kind == kind }) }
        let used = Set(set.pairs.flatMap { [$0.videoSegment, $0.audioSegment] })
        #expect(statistics.segments == sources.count && statistics.segmentsUsed == used.count)
        #expect(statistics.videos == Set(sources.map(\.videoID)).count)
        #expect(statistics.videosUsed == Set(used.compactMap { rows[$0]?.videoID }).count)
        let different = Set(
            set.pairs.map {
                "\($0.kind) \($0.videoSegment) \($0.videoStartFrame) \($0.audioSegment) \($0.audioStartSeconds)"
            })
        #expect(statistics.repeats == set.pairs.count - different.count)
        #expect(statistics.offsets.counts.reduce(0, +) == statistics.count(.hard))
        for (edge, next, count) in zip3(
            statistics.offsets.lowerEdgesSeconds, statistics.offsets.lowerEdgesSeconds.dropFirst() + [.infinity],
            statistics.offsets.counts)
        {
            let counted = try set.pairs.count { pair in
                guard pair.kind == .hard else { return false }
                let picture = try #require(rows[pair.videoSegment])
                let sound = try #require(rows[pair.audioSegment])
                let offset = abs(
                    picture.startSeconds + Double(pair.videoStartFrame) / picture.fps - sound.startSeconds
                        - pair.audioStartSeconds)
                return offset >= edge - 1e-6 && offset < next - 1e-6
            }
            #expect(counted == count)
        }
    }

    private func zip3(_ first: [Double], _ second: [Double], _ third: [Int]) -> [(Double, Double, Int)] {
        zip(zip(first, second), third).map { ($0.0, $0.1, $1) }
    }

    @Test func thoseOfShardsAddUpAndTravelAsJSON() throws {
        var sum = PairStatistics()
        var (pairs, skipped) = (0, 0)
        for seed in UInt64(0)..<20 {
            guard let set = try set(seed, .hard) else {
                skipped += 1
                continue
            }
            sum.add(set.statistics)
            pairs += set.pairs.count
        }
        #expect(skipped < 10, "\(skipped) of 20 corpora give no such set")
        #expect(sum.pairs == pairs && sum.count(.hard) == pairs / 2 && sum.hardShare == 1)
        let text = try CanonicalJSON.encode(sum)
        #expect(try JSONDecoder().decode(PairStatistics.self, from: Data(text.utf8)) == sum)
    }
}
