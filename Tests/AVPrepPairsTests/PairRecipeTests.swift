import AVPrepCore
import AVPrepModel
import AVPrepPairs
import Testing

@Suite struct PairRecipeTests {
    private func rows(_ sources: [PairSource]) -> [Int32: PairSource] {
        Dictionary(uniqueKeysWithValues: sources.map { ($0.row, $0) })
    }

    private func draw(_ sources: [PairSource], _ definition: PairSetDefinition) throws -> DrawnPairSet {
        try PairSampler(
            sources, settings: definition.settings, shard: "train-00000", seed: UInt64(definition.seed)
        ).draw(definition.plan)
    }

    private func faults(_ set: DrawnPairSet, _ definition: PairSetDefinition, _ rows: [Int32: PairSource]) throws
        -> [String]
    {
        let rules = PairRules(definition)
        var counts: [PairKind: Int] = [:]
        var faults = try set.pairs.compactMap { pair in
            counts[pair.kind, default: 0] += 1
            return rules.fault(
                in: pair, picture: try #require(rows[pair.videoSegment]), sound: try #require(rows[pair.audioSegment]))
        }
        if let fault = rules.fault(inCounts: counts) { faults.append(fault) }
        return faults
    }

    /// The sampler's promises, checked by other means, on random corpora and settings of every recipe.
    @Test func everySetOfEveryRecipeHoldsItsRules() throws {
        var drawn: [PairRecipe: Int] = [:]
        var skipped: [PairRecipe: Int] = [:]
        for seed in UInt64(0)..<200 { try expectRules(seed, &drawn, &skipped) }
        for recipe in PairRecipe.allCases {
            #expect(
                drawn[recipe, default: 0] > skipped[recipe, default: 0],
                "\(recipe): \(skipped[recipe, default: 0]) sets cannot be drawn, \(drawn[recipe, default: 0]) can")
        }
    }

    private func expectRules(
        _ seed: UInt64, _ drawn: inout [PairRecipe: Int], _ skipped: inout [PairRecipe: Int]
    ) throws {
        var random = SeededRandom(seed: seed, for: "periods")
        let sources = PairCorpus.random(seed: seed).map { source in
            var source = source
            if random.below(4) == 0 { source.periodSeconds = random.uniform(0.3...1.5) }
            return source
        }
        let settings =
            seed % 2 == 0 ? PairCorpus.recipeSettings(seed: seed / 2) : PairCorpus.randomSettings(seed: seed)
        for definition in try settings.definitions(seed: Int(seed)) {
            guard
                let set = try PairCorpus.drawIfPossible(
                    sources, definition.settings, definition.plan, seed: UInt64(definition.seed))
            else {
                skipped[settings.recipe, default: 0] += 1
                continue
            }
            drawn[settings.recipe, default: 0] += 1
            #expect(!set.pairs.isEmpty && set.pairs.count % settings.epochs == 0, "seed \(seed)")
            #expect(try faults(set, definition, rows(sources)) == [], "seed \(seed)")
        }
    }

    @Test func theRulesFindPairsThatAreWrong() throws {
        var clock = PairCorpus.segment(5, video: "clock")
        clock.periodSeconds = 1
        let sources = PairCorpus.plain(4) + [PairCorpus.segment(4, video: "s", exclusion: .silent), clock]
        let definition = try #require(try PairSettings().definitions(seed: 1).first { $0.name == "mixed" })
        let rules = PairRules(definition)
        func fault(_ kind: PairKind, _ video: Int32, _ frame: Int32, _ audio: Int32, _ seconds: Double) -> String? {
            let pair = Pair(
                kind: kind, videoSegment: video, videoStartFrame: frame, audioSegment: audio, audioStartSeconds: seconds
            )
            return rules.fault(in: pair, picture: sources[Int(video)], sound: sources[Int(audio)])
        }
        #expect(fault(.positive, 0, 25, 0, 1) == nil && fault(.easy, 0, 25, 1, 4) == nil)
        #expect(fault(.hard, 0, 25, 0, 2.5) == nil && fault(.hard, 0, 100, 0, 2.5) == nil)
        #expect(fault(.positive, 0, 25, 0, 1.2)?.contains("not in sync with its sound") == true)
        #expect(fault(.positive, 0, 25, 1, 1)?.contains("not in sync with its sound") == true)
        #expect(fault(.easy, 0, 25, 0, 4)?.contains("of one video") == true)
        #expect(fault(.hard, 0, 25, 0, 2.4)?.contains("0.4 s apart") == true)
        #expect(fault(.hard, 0, 25, 1, 4)?.contains("different videos") == true)
        #expect(fault(.hard, 5, 25, 5, 3.5) == nil)
        #expect(fault(.hard, 5, 25, 5, 4.04)?.contains("is in sync with the sound") == true)
        #expect(fault(.hard, 4, 25, 4, 4)?.contains("silent") == true)
        #expect(fault(.positive, 0, 230, 0, 9.2)?.contains("exceeds its segment") == true)
        #expect(fault(.easy, 0, 0, 1, 9.1)?.contains("sound clip exceeds") == true)
        #expect(rules.fault(inCounts: [.positive: 8, .easy: 6, .hard: 2]) == nil)
        #expect(rules.fault(inCounts: [.positive: 8, .easy: 5, .hard: 2])?.contains("8 positives") == true)
        #expect(rules.fault(inCounts: [.positive: 8, .easy: 4, .hard: 4])?.contains("negatives are") == true)
    }

    @Test func aFrameOfL3LiesAnywhereWithinItsSecond() throws {
        let definition = try #require(try PairSettings(recipe: .l3).definitions(seed: 1).first)
        #expect(definition.name == "l3" && definition.plan.shares == .easy)
        let set = try draw(PairCorpus.plain(100), definition)
        let leads = set.pairs.filter { $0.kind == .positive }.map {
            Int($0.videoStartFrame) - Int(($0.audioStartSeconds * 25).rounded())
        }
        #expect(Set(leads) == Set(0...24), "400 positives over 25 frames of a second")
        #expect(set.statistics.count(.easy) == leads.count && set.statistics.count(.hard) == 0)
    }

    @Test func theSoundOfMultisensoryIsShiftedByTwoToSixSeconds() throws {
        let definition = try #require(try PairSettings(recipe: .multisensory).definitions(seed: 1).first)
        let set = try draw(PairCorpus.plain(50), definition)
        let offsets = set.pairs.filter { $0.kind == .hard }.map {
            abs($0.audioStartSeconds - Double($0.videoStartFrame) / 25)
        }
        #expect(offsets.count == set.pairs.count / 2)
        #expect(offsets.allSatisfy { $0 >= 2 - 1e-9 && $0 <= 5.8 + 1e-9 })
        #expect((offsets.min() ?? 0) < 2.3 && (offsets.max() ?? 0) > 5.2, "the whole range is drawn from")
    }

    @Test func anArrowOfTimeClipIsThereForwardAndBackward() throws {
        let definition = try #require(try PairSettings(recipe: .arrowOfTime).definitions(seed: 1).first)
        #expect(definition.name == "arrow_of_time")
        // One video is enough: no sound of another is needed.
        let set = try draw([PairCorpus.segment(0, video: "a", exclusion: .silent)], definition)
        func clips(_ kind: PairKind) -> [Int32] { set.pairs.filter { $0.kind == kind }.map(\.videoStartFrame).sorted() }
        #expect(clips(.positive) == clips(.reversed) && clips(.positive).count * 2 == set.pairs.count)
        #expect(set.pairs.allSatisfy { $0.kind.label == ($0.kind == .positive ? 1 : 0) })
    }

    @Test func hardNegativesKeepOffTheMultiplesOfAPeriod() throws {
        let definition = try #require(try PairSettings().definitions(seed: 1).first { $0.name == "mixed" })
        var source = PairCorpus.segment(0, video: "clock")
        source.periodSeconds = 1
        var settings = definition.settings
        settings.pairsPerSegment = 200
        let set = try PairSampler([source], settings: settings, shard: "train-00000", seed: 1).draw(PairSetPlan.hard)
        let offsets = set.pairs.filter { $0.kind == .hard }.map {
            abs($0.audioStartSeconds - Double($0.videoStartFrame) / 25)
        }
        #expect(offsets.count == 100 && Set(offsets.map { Int($0.rounded()) }).count > 3, "of all sizes")
        #expect(offsets.allSatisfy { abs($0 - $0.rounded()) >= 0.1 - 1e-9 })
        source.periodSeconds = 0.3
        let error = #expect(throws: PairError.self) {
            try PairSampler([source], settings: definition.settings, shard: "train-00000", seed: 1).draw(
                PairSetPlan.hard)
        }
        #expect(error?.description.contains("1 periodic") == true, "nothing between two multiples is out of sync")
    }

    @Test func epochsAreOfOneSizeAndDrawnAnew() throws {
        var settings = PairSettings()
        settings.epochs = 3
        let mixed = try #require(try settings.definitions(seed: 1).first { $0.name == "mixed" })
        let set = try draw(PairCorpus.plain(20), mixed)
        settings.epochs = 1
        let single = try #require(try settings.definitions(seed: 1).first { $0.name == "mixed" })
        let one = try draw(PairCorpus.plain(20), single)
        #expect(set.pairs.count == 3 * one.pairs.count && Array(set.pairs[..<one.pairs.count]) == one.pairs)
        for epoch in 0..<3 {
            let pairs = set.pairs[epoch * one.pairs.count..<(epoch + 1) * one.pairs.count]
            let counts = Dictionary(pairs.map { ($0.kind, 1) }, uniquingKeysWith: +)
            #expect(counts[.positive] == one.pairs.count / 2)
            #expect(counts[.hard] == one.pairs.count / 8)
        }
        #expect(set.pairs[..<one.pairs.count] != set.pairs[one.pairs.count..<2 * one.pairs.count])
    }

    @Test func aNameKeepsSetsApart() throws {
        var settings = PairSettings()
        settings.name = "half"
        #expect(try settings.definitions(seed: 1).map(\.name) == ["half_easy", "half_mixed", "half_hard"])
        settings = PairSettings(recipe: .l3)
        settings.name = "l3_again"
        #expect(try settings.definitions(seed: 1).map(\.name) == ["l3_again"])
        settings.name = "../x"
        #expect(throws: PairError.self) { try settings.definitions(seed: 1) }
    }
}
