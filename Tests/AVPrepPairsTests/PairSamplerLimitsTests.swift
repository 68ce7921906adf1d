import AVPrepModel
import AVPrepPairs
import Testing

/// How many pairs there are, and what cannot be drawn.
@Suite struct PairSamplerLimitsTests {
    @Test func aSetHasSoManyPairsASegment() throws {
        for plan in try PairCorpus.plans(PairSettings()) {
            let set = try PairCorpus.draw(PairCorpus.plain(50), plan)
            #expect(set.pairs.count == 400 && plan.name == set.plan.name)
            #expect(set.statistics.hardShare == plan.shares.hard)
        }
    }

    @Test func whereFewGiveHardNegativesTheSetIsSmallerAndTheRatioStays() throws {
        let sources = (0..<40).map {
            PairCorpus.segment($0, video: "v\($0)", exclusion: $0 < 4 ? nil : $0 < 20 ? .silent : .still)
        }
        // Four segments give at most 4 × 8 hard pairs' worth: a quarter of 128.
        let mixed = try PairCorpus.draw(sources, .mixed)
        #expect(mixed.pairs.count == 128 && mixed.statistics.count(.hard) == 16 && mixed.statistics.count(.easy) == 48)
        #expect(mixed.statistics.withoutHard == ["silent": 16, "still": 20])
        #expect(mixed.statistics.videosWithoutHard == ["silent": 16, "still": 20])
        #expect(try PairCorpus.draw(sources, .easy).pairs.count == 320)
        #expect(try PairCorpus.draw(sources, .hard).pairs.count == 32)
    }

    /// By trying every couple of places of every video.
    @Test func aSegmentIsRefusedExactlyWhereNoCoupleOfPlacesIsAllowed() throws {
        var (refused, skipped) = (0, 0)
        for seed in UInt64(0)..<30 {
            guard let (found, expected) = try refusals(seed) else {
                skipped += 1
                continue
            }
            #expect(found == expected, "seed \(seed)")
            refused += expected["too-short-for-gap"] ?? 0
        }
        #expect(skipped < 15 && refused > 10, "\(skipped) of 30 corpora give no set, \(refused) segments are too short")
    }

    /// Segments without hard negatives, by reason, as the sampler counts them and as they are; nil for a corpus of one group.
    private func refusals(_ seed: UInt64) throws -> (found: [String: Int], expected: [String: Int])? {
        let sources = PairCorpus.random(seed: seed)
        let settings = PairCorpus.randomSettings(seed: seed)
        var expected: [String: Int] = [:]
        let videos = Dictionary(grouping: sources.filter { places($0, settings) > 0 }, by: \.videoID)
        for segment in videos.values.joined() {
            let others = (videos[segment.videoID] ?? []).filter { $0.hardExclusion == nil }
            if let exclusion = segment.hardExclusion {
                expected[exclusion.rawValue, default: 0] += 1
            } else if !others.contains(where: { hasCouple(segment, $0, settings) }) {
                expected["too-short-for-gap", default: 0] += 1
            }
        }
        guard Set(videos.values.joined().map(\.group)).count > 1 else { return nil }
        return (try PairCorpus.draw(sources, settings, .easy).statistics.withoutHard, expected)
    }

    private func places(_ source: PairSource, _ settings: PairSettings) -> Int {
        let frames = max(1, Int((settings.clipSeconds * source.fps).rounded()))
        return (0..<max(0, source.frameCount)).count {
            $0 + frames <= source.frameCount
                && Double($0) / source.fps + settings.clipSeconds <= source.soundSeconds + 1e-6
        }
    }

    private func hasCouple(_ first: PairSource, _ second: PairSource, _ settings: PairSettings) -> Bool {
        let clip = max(1, (settings.clipSeconds * first.fps).rounded()) / first.fps
        let least = settings.gapSeconds + (settings.gapMeasure == .endToStart ? max(clip, settings.clipSeconds) : 0)
        let most = settings.maxShiftSeconds > 0 ? settings.maxShiftSeconds : .infinity
        return (0..<places(first, settings)).contains { frame in
            (0..<places(second, settings)).contains { otherFrame in
                let offset =
                    first.startSeconds + Double(frame) / first.fps - second.startSeconds
                    - Double(otherFrame) / second.fps
                return abs(offset) >= least - 1e-6 && abs(offset) <= most + 1e-6
            }
        }
    }

    @Test func oneVideoGivesNoEasyNegativesAndTheErrorSaysSo() throws {
        let one = [PairCorpus.segment(0, video: "a"), PairCorpus.segment(1, video: "a", start: 10)]
        let error = #expect(throws: PairError.self) { try PairCorpus.draw(one, .easy) }
        #expect(error?.code == .noEasyNegatives)
        #expect(error?.description.hasPrefix("pair set easy of train-00000: all its segments are of one video") == true)
        let twins = [
            PairCorpus.segment(0, video: "a", group: "g"), PairCorpus.segment(1, video: "b", group: "g"),
        ]
        #expect(throws: PairError.self) { try PairCorpus.draw(twins, .mixed) }
        #expect(try PairCorpus.draw(twins, .hard).pairs.count == 16)
    }

    @Test func twoVideosAreEnough() throws {
        var settings = PairSettings()
        settings.pairsPerSegment = 1
        #expect(try PairCorpus.draw(PairCorpus.plain(2), settings, .easy).pairs.count == 4)
    }

    @Test func segmentsShorterThanTheClipGiveNothingAndAreCounted() throws {
        let sources = PairCorpus.plain(3) + (3..<8).map { PairCorpus.segment($0, video: "v\($0)", seconds: 0.96) }
        let set = try PairCorpus.draw(sources, .easy)
        #expect(set.statistics.excluded == ["too-short": 5])
        #expect(set.statistics.segments == 8 && set.statistics.segmentsUsed == 3 && set.statistics.videosUsed == 3)
        #expect(set.pairs.allSatisfy { $0.videoSegment < 3 && $0.audioSegment < 3 })
        let error = #expect(throws: PairError.self) { try PairCorpus.draw(Array(sources[3...]), .easy) }
        #expect(error?.code == .nothingToPair)
        #expect(throws: PairError.self) { try PairCorpus.draw([], .easy) }
    }

    @Test func segmentsTooShortForTheGapGiveNoHardNegatives() throws {
        // 63 frames hold two clips of 25 and a gap of half a second (13 frames), once each way; one less does not.
        let set = try PairCorpus.draw(PairCorpus.plain(2, seconds: 2.52), .hard)
        #expect(Set(set.pairs.map(\.videoStartFrame)) == [0, 38])
        let error = #expect(throws: PairError.self) { try PairCorpus.draw(PairCorpus.plain(2, seconds: 2.48), .hard) }
        #expect(error?.code == .noHardNegatives)
        #expect(error?.description.contains("2 too-short-for-gap") == true)
    }

    @Test func aSegmentInOnePieceWithAnotherTakesItsSoundFromThere() throws {
        // Each too short for the gap, together long enough.
        let sources = [
            PairCorpus.segment(0, video: "a", seconds: 2), PairCorpus.segment(1, video: "a", start: 2, seconds: 2),
        ]
        let set = try PairCorpus.draw(sources, .hard)
        let hard = set.pairs.filter { $0.kind == .hard }
        #expect(!hard.isEmpty && hard.allSatisfy { $0.videoSegment != $0.audioSegment })
    }

    @Test func aClipAsLongAsTheSegmentHasOnePlace() throws {
        let set = try PairCorpus.draw(PairCorpus.plain(3, seconds: 1), .easy)
        #expect(set.pairs.allSatisfy { $0.videoStartFrame == 0 && $0.audioStartSeconds == 0 })
        #expect(set.statistics.repeats > 0, "few places, so pairs repeat, and are counted")
    }

    @Test func multisensoryShiftsStayWithinTheirBounds() throws {
        var settings = PairSettings()
        settings.clipSeconds = 125 * 1001.0 / 30000
        settings.gapMeasure = .startToStart
        settings.gapSeconds = 65 * 1001.0 / 30000
        settings.maxShiftSeconds = 176 * 1001.0 / 30000
        settings.pairsPerSegment = 2000
        let sources = PairCorpus.plain(2, seconds: 302 * 1001.0 / 30000 + 1e-9, fps: 30000.0 / 1001)
        let set = try PairCorpus.draw(sources, settings, .hard)
        let offsets = set.pairs.filter { $0.kind == .hard }.map {
            Int(($0.audioStartSeconds * 30000 / 1001).rounded()) - Int($0.videoStartFrame)
        }
        #expect(!offsets.isEmpty && offsets.allSatisfy { (65...176).contains(abs($0)) })
        #expect(Set(offsets.map(abs)).count > 100, "all offsets occur, not the ends alone")
    }

    @Test func segmentsThatContradictEachOtherAreRefused() throws {
        let overlapping = [PairCorpus.segment(0, video: "a"), PairCorpus.segment(1, video: "a", start: 5)]
        #expect(throws: PairError.self) { try PairCorpus.draw(overlapping, .hard) }
        let torn = [
            PairCorpus.segment(0, video: "a", group: "g"), PairCorpus.segment(1, video: "a", group: "h", start: 10),
        ]
        #expect(throws: PairError.self) { try PairCorpus.draw(torn, .easy) }
        for damage in [
            { (source: inout PairSource) in source.fps = .nan }, { $0.fps = 0 }, { $0.frameCount = -1 },
            { $0.frameCount = .max }, { $0.soundSeconds = .infinity }, { $0.startSeconds = .nan }, { $0.row = -1 },
        ] {
            var source = PairCorpus.segment(0, video: "a")
            damage(&source)
            let error = #expect(throws: PairError.self) { try PairCorpus.draw([source], .hard) }
            #expect(error?.code == .source)
        }
    }
}
