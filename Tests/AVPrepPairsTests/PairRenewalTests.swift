import AVPrepCore
import AVPrepModel
import Testing

@testable import AVPrepPairs

/// What stays of a pair set when videos leave its shard.
struct PairRenewalTests {
    /// Takes a video out: what stays, with new rows, and the pairs of what stays by epoch.
    private func without(_ video: String, _ sources: [PairSource], _ set: DrawnPairSet, epochs: Int) -> (
        sources: [PairSource], pairs: [[Pair]]
    ) {
        var rows: [Int32: Int32] = [:]
        var staying: [PairSource] = []
        for source in sources where source.videoID != video {
            rows[source.row] = Int32(staying.count)
            var source = source
            source.row = Int32(staying.count)
            staying.append(source)
        }
        let length = set.pairs.count / epochs
        let pairs = (0..<epochs).map { epoch in
            set.pairs[epoch * length..<(epoch + 1) * length].compactMap { pair -> Pair? in
                guard let picture = rows[pair.videoSegment], let sound = rows[pair.audioSegment] else { return nil }
                var pair = pair
                (pair.videoSegment, pair.audioSegment) = (picture, sound)
                return pair
            }
        }
        return (staying, pairs)
    }

    private func settings(_ recipe: PairRecipe = .avts, epochs: Int = 1) -> PairSettings {
        var settings = PairSettings()
        settings.recipe = recipe
        settings.epochs = epochs
        return settings
    }

    @Test(arguments: [0.0, 0.25, 0.5, 1.0], [1, 3])
    func allPairsOfWholeQuadsStayAndTheRulesHold(hard: Double, epochs: Int) throws {
        let settings = settings(epochs: epochs)
        let sources = PairCorpus.plain(7)
        let plan = try PairSetPlan(name: "mixed", .mixture(hard: hard))
        let set = try PairCorpus.draw(sources, settings, plan)
        let (staying, pairs) = without("v3", sources, set, epochs: epochs)
        let sampler = try PairSampler(staying, settings: settings, shard: "train-00001", seed: 1)
        let (renewed, kept) = try sampler.renew(plan, keeping: pairs)
        let rules = PairRules(
            PairSetDefinition(plan: plan, splits: [.train], settings: settings, seed: 1))
        for pair in renewed.pairs {
            #expect(
                rules.fault(
                    in: pair, picture: staying[Int(pair.videoSegment)], sound: staying[Int(pair.audioSegment)]) == nil)
        }
        #expect(rules.fault(inCounts: Dictionary(renewed.pairs.map { ($0.kind, 1) }, uniquingKeysWith: +)) == nil)
        #expect(renewed.pairs.count == renewed.statistics.pairs && renewed.pairs.count % (4 * epochs) == 0)
        // Each negative of what stays is there still, and so are the positives of its places.
        let length = renewed.pairs.count / epochs
        var negatives = 0
        for epoch in 0..<epochs {
            let now = renewed.pairs[epoch * length..<(epoch + 1) * length]
            for pair in pairs[epoch] where pair.kind != .positive {
                #expect(now.contains(pair))
                negatives += 1
            }
            // In the order that they had.
            let order = pairs[epoch].compactMap { pair in now.firstIndex(of: pair) }
            let first = order.filter { place in now.count { $0 == now[place] } == 1 }
            #expect(first == first.sorted())
        }
        #expect(kept == negatives * 2)
        #expect(kept >= set.pairs.count / 2)
    }

    /// Every clip of picture and of sound is as often in a positive as in a negative.
    @Test func noClipTellsTheLabel() throws {
        var (drawn, recovered) = (0, 0)
        for seed in 0..<200 {
            let sources = PairCorpus.random(seed: UInt64(seed))
            var settings = settings()
            settings.soundSeconds = seed % 2 == 0 ? 0 : 1.5
            let plan = try PairSetPlan(name: "mixed", .mixture(hard: 0.3))
            guard let set = try? PairCorpus.draw(sources, settings, plan) else { continue }
            let video = sources[seed % sources.count].videoID
            let (staying, pairs) = without(video, sources, set, epochs: 1)
            guard let sampler = try? PairSampler(staying, settings: settings, shard: "train-00001", seed: 1),
                let (renewed, kept) = try? sampler.renew(plan, keeping: pairs)
            else { continue }
            var pictures: [[Int]: Int] = [:]
            var sounds: [[Int]: Int] = [:]
            for pair in renewed.pairs {
                let sign = pair.kind == .positive ? 1 : -1
                pictures[[Int(pair.videoSegment), Int(pair.videoStartFrame)], default: 0] += sign
                sounds[[Int(pair.audioSegment), Int((pair.audioStartSeconds * 1000).rounded())], default: 0] += sign
            }
            #expect(pictures.values.allSatisfy { $0 == 0 } && sounds.values.allSatisfy { $0 == 0 }, "\(seed)")
            drawn += set.pairs.count / 4
            recovered += QuadRecovery(set.pairs, try ClipTable(sources, settings: settings)).quads.count
            #expect(kept % 4 == 0)
        }
        // What was drawn can be put together again; where clips are there twice, not always as it was.
        #expect(drawn > 1000 && Double(recovered) > 0.999 * Double(drawn))
    }

    @Test func theArrowOfTimeKeepsAllPairsOfWhatStays() throws {
        var settings = settings(.arrowOfTime)
        settings.clipSeconds = 0.8
        settings.hardRatio = 0
        let sources = PairCorpus.plain(5)
        let plan = try PairSetPlan(name: "arrow_of_time", .reversed)
        let set = try PairCorpus.draw(sources, settings, plan)
        let (staying, pairs) = without("v0", sources, set, epochs: 1)
        let sampler = try PairSampler(staying, settings: settings, shard: "train-00001", seed: 1)
        let (renewed, kept) = try sampler.renew(plan, keeping: pairs)
        #expect(kept == pairs[0].count && renewed.pairs == pairs[0])
    }

    @Test func withoutStrangersTheSetIsRefused() throws {
        let sources = PairCorpus.plain(2)
        let plan = try PairSetPlan(name: "mixed", .mixture(hard: 0.25))
        let set = try PairCorpus.draw(sources, settings(), plan)
        let (staying, pairs) = without("v0", sources, set, epochs: 1)
        let sampler = try PairSampler(staying, settings: settings(), shard: "train-00001", seed: 1)
        #expect(throws: PairError.self) { try sampler.renew(plan, keeping: pairs) }
    }

    @Test func pairsOfOtherEpochsThanTheSettingsAreDrawnAgain() throws {
        let sources = PairCorpus.plain(4)
        let plan = try PairSetPlan(name: "easy", .easy)
        let sampler = try PairSampler(sources, settings: settings(epochs: 2), shard: "train-00001", seed: 1)
        let (renewed, kept) = try sampler.renew(plan, keeping: [])
        #expect(kept == 0 && renewed.pairs.count == sources.count * 8 * 2)
    }
}
