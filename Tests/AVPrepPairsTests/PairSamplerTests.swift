import AVPrepCore
import AVPrepModel
import AVPrepPairs
import Testing

@Suite struct PairSamplerTests {
    /// A clip's place, as the stored pair names it.
    private struct Place: Hashable {
        let row: Int32
        let start: Double
    }

    private func byRow(_ sources: [PairSource]) -> [Int32: PairSource] {
        Dictionary(uniqueKeysWithValues: sources.map { ($0.row, $0) })
    }

    /// Calls `body` with every set that a random corpus gives. Sets that cannot be are checked elsewhere.
    ///
    /// - Returns: how many plans gave a set, and how many did not.
    @discardableResult
    private func eachSet(
        of seed: UInt64, _ body: (DrawnPairSet, [Int32: PairSource], PairSettings) throws -> Void
    ) throws -> (drawn: Int, skipped: Int) {
        let sources = PairCorpus.random(seed: seed)
        let settings = PairCorpus.randomSettings(seed: seed)
        var (drawn, skipped) = (0, 0)
        for plan in try PairCorpus.plans(settings) {
            guard let set = try PairCorpus.drawIfPossible(sources, settings, plan, seed: seed) else {
                skipped += 1
                continue
            }
            drawn += 1
            try body(set, byRow(sources), settings)
        }
        return (drawn, skipped)
    }

    /// What the rules below are checked on.
    @Test func mostPlansOfRandomCorporaGiveASet() throws {
        var kinds: [PairKind: Int] = [:]
        let counts = try (UInt64(0)..<60).map { seed in
            try eachSet(of: seed) { set, _, _ in for pair in set.pairs { kinds[pair.kind, default: 0] += 1 } }
        }
        let (drawn, skipped) = (counts.map(\.drawn).reduce(0, +), counts.map(\.skipped).reduce(0, +))
        #expect(drawn > skipped, "\(skipped) of \(drawn + skipped) plans cannot be drawn")
        #expect(PairKind.allCases.allSatisfy { (kinds[$0] ?? 0) > 100 }, "\(kinds)")
    }

    // MARK: - What holds for every set

    @Test(arguments: UInt64(0)..<60)
    func everyClipLiesWithinItsSegmentAndOnTheGridOfFrames(seed: UInt64) throws {
        try eachSet(of: seed) { set, rows, settings in
            for pair in set.pairs {
                let picture = try ClipTime(picture: pair, rows, settings)
                let sound = try ClipTime(sound: pair, rows, settings)
                #expect(pair.videoStartFrame >= 0 && pair.audioStartSeconds >= 0)
                let frames = max(1, Int((settings.clipSeconds * picture.source.fps).rounded()))
                #expect(Int(pair.videoStartFrame) + frames <= picture.source.frameCount)
                #expect(pair.audioStartSeconds + settings.clipSeconds <= sound.source.soundSeconds + 2e-6)
                let frame = pair.audioStartSeconds * sound.source.fps
                #expect(abs(frame - frame.rounded()) < 1e-6)
            }
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func everyKindIsWhatItsNameSays(seed: UInt64) throws {
        try eachSet(of: seed) { set, rows, settings in
            for pair in set.pairs {
                let picture = try ClipTime(picture: pair, rows, settings)
                let sound = try ClipTime(sound: pair, rows, settings)
                switch pair.kind {
                case .positive:
                    #expect(pair.videoSegment == pair.audioSegment && abs(picture.start - sound.start) < 1e-9)
                case .easy:
                    #expect(picture.source.videoID != sound.source.videoID)
                    #expect(picture.source.group != sound.source.group)
                case .hard:
                    #expect(picture.source.videoID == sound.source.videoID)
                    #expect(picture.source.hardExclusion == nil && sound.source.hardExclusion == nil)
                    let distance =
                        settings.gapMeasure == .endToStart
                        ? picture.gap(to: sound) : abs(picture.start - sound.start)
                    #expect(distance >= settings.gapSeconds - 2e-6)
                    if settings.maxShiftSeconds > 0 {
                        #expect(abs(picture.start - sound.start) <= settings.maxShiftSeconds + 2e-6)
                    }
                case .reversed:
                    #expect(pair.videoSegment == pair.audioSegment && abs(picture.start - sound.start) < 1e-9)
                case .superHard:
                    #expect(pair.videoSegment == pair.audioSegment && picture.source.hardExclusion == nil)
                    let overlap = settings.clipSeconds - abs(picture.start - sound.start)
                    #expect(abs(overlap - settings.superHardOverlapSeconds) <= 0.5 / picture.source.fps + 1e-9)
                }
            }
        }
    }

    /// Pairs come in quads of two negatives: a mixture of two kinds is exact to one pair in every epoch, and one of
    /// three kinds to less than two, which is the nearest there is.
    @Test(arguments: UInt64(0)..<60)
    func positivesAndNegativesAreEqualInNumberAndRatiosExactInEveryEpoch(seed: UInt64) throws {
        try eachSet(of: seed) { set, _, settings in
            let shares = set.plan.shares
            let size = set.pairs.count / settings.epochs
            #expect(size * settings.epochs == set.pairs.count && size > 0)
            for epoch in 0..<settings.epochs {
                let pairs = set.pairs[epoch * size..<(epoch + 1) * size]
                let counts = Dictionary(pairs.map { ($0.kind, 1) }, uniquingKeysWith: +)
                let negatives = size - (counts[.positive] ?? 0)
                #expect(counts[.positive] == negatives)
                let kinds = [
                    (PairKind.easy, shares.easy), (.hard, shares.hard), (.superHard, shares.superHard),
                    (.reversed, shares.reversed),
                ]
                let parts = kinds.count { $0.1 > 0 }
                for (kind, share) in kinds {
                    let error = abs(Double(counts[kind] ?? 0) - share * Double(negatives))
                    #expect(parts > 2 ? error < 2 : error <= (parts == 2 ? 1 : 0) + 1e-9, "\(kind) in epoch \(epoch)")
                }
            }
        }
    }

    /// Neither stream alone tells the label, whatever a network learns by heart.
    @Test(arguments: UInt64(0)..<60)
    func everyPictureAndEverySoundIsAsOftenInAPositiveAsInANegative(seed: UInt64) throws {
        try eachSet(of: seed) { set, rows, _ in
            var pictures: [Place: Int] = [:]
            var sounds: [Place: Int] = [:]
            var offsets = 0.0
            for pair in set.pairs {
                let sign = pair.kind == .positive ? 1 : -1
                pictures[Place(row: pair.videoSegment, start: Double(pair.videoStartFrame)), default: 0] += sign
                sounds[Place(row: pair.audioSegment, start: pair.audioStartSeconds), default: 0] += sign
                if pair.kind == .hard || pair.kind == .superHard {
                    let picture = try #require(rows[pair.videoSegment])
                    let sound = try #require(rows[pair.audioSegment])
                    offsets += sound.startSeconds + pair.audioStartSeconds
                    offsets -= picture.startSeconds + Double(pair.videoStartFrame) / picture.fps
                }
            }
            #expect(pictures.values.allSatisfy { $0 == 0 })
            #expect(sounds.values.allSatisfy { $0 == 0 })
            #expect(abs(offsets) < 1e-6, "sound is late as often as early, by the same amounts")
        }
    }

    @Test(arguments: UInt64(0)..<10)
    func theSetDoesNotDependOnTheOrderOfTheSegments(seed: UInt64) throws {
        let sources = PairCorpus.random(seed: seed)
        let settings = PairCorpus.randomSettings(seed: seed)
        var random = SeededRandom(seed: seed)
        let shuffled = random.shuffled(sources)
        for plan in try PairCorpus.plans(settings) {
            #expect(outcome(sources, settings, plan) == outcome(shuffled, settings, plan))
        }
    }

    private func outcome(_ sources: [PairSource], _ settings: PairSettings, _ plan: PairSetPlan) -> Result<
        DrawnPairSet, PairError
    > {
        do {
            return .success(try PairCorpus.draw(sources, settings, plan))
        } catch {
            return .failure(error as? PairError ?? PairError(.settings, "\(error)"))
        }
    }

    @Test func seedShardAndSetHaveTheirOwnPairs() throws {
        let sources = PairCorpus.plain(6)
        let set = try PairCorpus.draw(sources, .easy)
        #expect(try PairCorpus.draw(sources, .easy) == set)
        #expect(try PairCorpus.draw(sources, .easy, seed: 2).pairs != set.pairs)
        #expect(try PairCorpus.draw(sources, .easy, shard: "train-00001").pairs != set.pairs)
        #expect(try PairCorpus.draw(sources, PairSetPlan(name: "other", .easy)).pairs != set.pairs)
    }

    // MARK: - How they are spread

    @Test func hardNegativesAreUniformOverAllAllowedPlaces() throws {
        // Two segments of one video, 0.4 s apart: all couples across and within, counted by hand.
        let sources = [
            PairCorpus.segment(0, video: "v", start: 3, seconds: 3, fps: 4),
            PairCorpus.segment(1, video: "v", start: 6.4, seconds: 2, fps: 4),
        ]
        var settings = PairSettings()
        settings.pairsPerSegment = 40_000
        let set = try PairCorpus.draw(sources, settings, .hard)
        var allowed: [Int: [[Int]]] = [:]
        let places = [(0, 9, 3.0), (1, 5, 6.4)]
        for (row, count, start) in places {
            for frame in 0..<count {
                for (otherRow, otherCount, otherStart) in places {
                    for otherFrame in 0..<otherCount {
                        let offset = abs(start + Double(frame) / 4 - otherStart - Double(otherFrame) / 4)
                        if offset >= 1.5 - 1e-9 {
                            allowed[row, default: []].append([row, frame, otherRow, otherFrame])
                        }
                    }
                }
            }
        }
        // Half of the quads start from each segment, and each quad gives a couple both ways.
        var expected: [[Int]: Double] = [:]
        let quads = Double(set.pairs.count / 4)
        for (_, couples) in allowed {
            for couple in couples {
                let weight = quads / 2 / Double(couples.count)
                expected[couple, default: 0] += weight
                expected[[couple[2], couple[3], couple[0], couple[1]], default: 0] += weight
            }
        }
        var counts: [[Int]: Int] = [:]
        for pair in set.pairs where pair.kind == .hard {
            let couple = [
                Int(pair.videoSegment), Int(pair.videoStartFrame), Int(pair.audioSegment),
                Int((pair.audioStartSeconds * 4).rounded()),
            ]
            counts[couple, default: 0] += 1
        }
        #expect(Set(counts.keys) == Set(expected.keys))
        var chiSquare = 0.0
        for (couple, mean) in expected {
            let difference = Double(counts[couple] ?? 0) - mean
            chiSquare += difference * difference / mean
        }
        // Each couple is counted with its mirror, so counts move in twos: the sum has mean and deviation of twice a
        // chi-square over half the couples. Five deviations.
        let degrees = Double(expected.count / 2)
        #expect(chiSquare < 2 * (degrees + 5 * (2 * degrees).squareRoot()))
    }

    @Test func positivesAndEasyNegativesUseTheWholeSegmentEvenly() throws {
        var settings = PairSettings()
        settings.pairsPerSegment = 4000
        let set = try PairCorpus.draw(PairCorpus.plain(4, seconds: 3, fps: 10), settings, .easy)
        var counts = [Int](repeating: 0, count: 21)
        for pair in set.pairs where pair.kind == .easy { counts[Int(pair.videoStartFrame)] += 1 }
        let mean = Double(set.pairs.count / 2) / 21
        for count in counts { #expect(abs(Double(count) - mean) < 6 * mean.squareRoot()) }
    }

    @Test func quadsGoRoundTheSegments() throws {
        let sources = PairCorpus.plain(10) + [PairCorpus.segment(10, video: "quiet", exclusion: .silent)]
        var settings = PairSettings()
        settings.pairsPerSegment = 10
        let set = try PairCorpus.draw(sources, settings, .hard)
        let counts = Dictionary(set.pairs.map { ($0.videoSegment, 1) }, uniquingKeysWith: +)
        #expect(Set(counts.keys) == Set(0..<10))
        #expect(Set(counts.values).isSubset(of: [8, 12]), "ten segments share 25 quads of four pairs")
    }
}
