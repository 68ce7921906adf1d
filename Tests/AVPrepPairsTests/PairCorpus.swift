import AVPrepCore
import AVPrepModel
import AVPrepPairs
import Testing

/// Corpora of segments for the tests, and an independent reading of what a pair means.
enum PairCorpus {
    /// A segment of `seconds` at `start` of a video.
    static func segment(
        _ row: Int, video: String, group: String? = nil, start: Double = 0, seconds: Double = 10, fps: Double = 25,
        exclusion: PairSource.HardExclusion? = nil
    ) -> PairSource {
        PairSource(
            row: Int32(row), segmentID: "\(video)-\(row)", videoID: video, group: group ?? video, startSeconds: start,
            soundSeconds: seconds, frameCount: Int((seconds * fps).rounded(.down)), fps: fps, hardExclusion: exclusion)
    }

    /// The pairs of one shard.
    static func draw(
        _ sources: [PairSource], _ settings: PairSettings, _ plan: PairSetPlan, seed: UInt64 = 1,
        shard: String = "train-00000"
    ) throws -> DrawnPairSet {
        try PairSampler(sources, settings: settings, shard: shard, seed: seed).draw(plan)
    }

    /// The same by the default settings.
    static func draw(
        _ sources: [PairSource], _ plan: PairSetPlan, seed: UInt64 = 1, shard: String = "train-00000"
    ) throws -> DrawnPairSet {
        try draw(sources, PairSettings(), plan, seed: seed, shard: shard)
    }

    /// `videos` videos of one segment each.
    static func plain(_ videos: Int, seconds: Double = 10, fps: Double = 25) -> [PairSource] {
        (0..<videos).map { segment($0, video: "v\($0)", seconds: seconds, fps: fps) }
    }

    /// Videos of several lengths, rates, gaps between segments, groups and exclusions; rows in random order.
    static func random(seed: UInt64) -> [PairSource] {
        var random = SeededRandom(seed: seed)
        var sources: [PairSource] = []
        let rows = random.shuffled(0..<1000)
        let fps = [25, 24000.0 / 1001, 30000.0 / 1001, 12, 50][random.below(5)]
        for video in 0..<1 + random.below(8) {
            var start = random.uniform(-1...100)
            let group = "g\(random.below(6))"
            for _ in 0..<1 + random.below(4) {
                let frames = random.below(Int(6 * fps))
                // Sound may end a little before or after the last frame does.
                let sound = max(0, Double(frames) / fps + random.uniform(-0.1...0.1))
                let exclusions = PairSource.HardExclusion.allCases
                sources.append(
                    PairSource(
                        row: Int32(rows[sources.count]), segmentID: "v\(video)-\(sources.count)",
                        videoID: "v\(video)", group: group, startSeconds: start, soundSeconds: sound,
                        frameCount: frames, fps: fps,
                        hardExclusion: random.below(6) == 0 ? exclusions[random.below(3)] : nil))
                start += Double(frames) / fps + (random.below(2) == 0 ? 0 : random.uniform(0...4))
            }
        }
        return sources
    }

    /// The pairs of a plan; nil where the segments cannot give them, which the tests of errors are about.
    ///
    /// - Throws: any other error: a setting or a segment that makes no sense.
    static func drawIfPossible(
        _ sources: [PairSource], _ settings: PairSettings, _ plan: PairSetPlan, seed: UInt64 = 1
    ) throws -> DrawnPairSet? {
        do {
            return try draw(sources, settings, plan, seed: seed)
        } catch let error as PairError {
            let lacks: [PairError.Code] = [
                .nothingToPair, .noEasyNegatives, .noHardNegatives, .noSuperHardNegatives,
            ]
            guard lacks.contains(error.code) else { throw error }
            return nil
        }
    }

    static func randomSettings(seed: UInt64) -> PairSettings {
        var random = SeededRandom(seed: seed, for: "settings")
        var settings = PairSettings()
        settings.clipSeconds = [0.2, 0.5, 1, 1.3][random.below(4)]
        settings.epochs = 1 + random.below(2)
        settings.gapSeconds = [0.1, 0.5, 1][random.below(3)]
        settings.gapMeasure = random.below(2) == 0 ? .endToStart : .startToStart
        if random.below(3) == 0 { settings.maxShiftSeconds = settings.clipSeconds + settings.gapSeconds + 1 }
        settings.hardRatio = [0, 0.1, 0.25, 1.0 / 3, 0.5, 0.8][random.below(6)]
        settings.superHardRatio = random.below(2) == 0 ? 0 : 0.2
        settings.superHardOverlapSeconds = settings.clipSeconds * 0.4
        settings.pairsPerSegment = 1 + random.below(40)
        return settings
    }

    /// Settings of each recipe in turn, short enough for ``random(seed:)``.
    static func recipeSettings(seed: UInt64) -> PairSettings {
        var random = SeededRandom(seed: seed, for: "recipe")
        var settings = PairSettings(recipe: PairRecipe.allCases[Int(seed) % PairRecipe.allCases.count])
        if settings.recipe == .multisensory {
            settings.clipSeconds = 1.5
            settings.gapSeconds = 0.6
            settings.maxShiftSeconds = random.below(2) == 0 ? 2.2 : 0
        }
        settings.pairsPerSegment = 1 + random.below(40)
        settings.epochs = 1 + random.below(3)
        return settings
    }

    /// Every plan that a test should see.
    static func plans(_ settings: PairSettings) throws -> [PairSetPlan] {
        let mixture = PairSetPlan.Shares.mixture
        return try [
            PairSetPlan.easy, .hard,
            PairSetPlan(name: "mixed", mixture(settings.hardRatio, settings.superHardRatio)),
            PairSetPlan(name: "odd", mixture(0.37, 0)), PairSetPlan(name: "three", mixture(0.3, 0.3)),
            PairSetPlan(name: "over", mixture(0, 1)), PairSetPlan(name: "back", .reversed),
        ]
    }
}

extension PairSetPlan {
    static let easy = plan("easy", .easy)
    static let hard = plan("hard", .mixture(hard: 1))
    static let mixed = plan("mixed", .mixture(hard: 0.25))

    private static func plan(_ name: String, _ shares: Shares) -> PairSetPlan {
        do { return try PairSetPlan(name: name, shares) } catch { preconditionFailure("\(error)") }
    }
}

extension PairStatistics {
    /// Share of hard ones among the negatives.
    var hardShare: Double { Double(count(.hard)) / Double(pairs - count(.positive)) }
}

/// A clip of a pair on its video's clock, worked out from the stored numbers alone.
struct ClipTime {
    let source: PairSource
    let start: Double
    let end: Double

    init(picture pair: Pair, _ rows: [Int32: PairSource], _ settings: PairSettings) throws {
        source = try #require(rows[pair.videoSegment])
        start = source.startSeconds + Double(pair.videoStartFrame) / source.fps
        let frames = max(1, (settings.clipSeconds * source.fps).rounded())
        end = start + frames / source.fps
    }

    init(sound pair: Pair, _ rows: [Int32: PairSource], _ settings: PairSettings) throws {
        source = try #require(rows[pair.audioSegment])
        start = source.startSeconds + pair.audioStartSeconds
        end = start + settings.clipSeconds
    }

    /// Time between the two clips; negative where they overlap.
    func gap(to other: ClipTime) -> Double { max(other.start - end, start - other.end) }
}
