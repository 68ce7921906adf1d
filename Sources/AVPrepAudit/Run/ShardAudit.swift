import AVPrepAlgebra
package import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import Synchronization

/// Asks whether a folder of shards carries cues by which a network could cheat: small probes, each with a view of the pairs
/// that must not tell anything, try to tell positives from negatives and forward from backward.
package struct ShardAudit: Sendable {
    private let shards: ShardSet
    private let settings: AuditSettings

    /// - Throws: ``Failure`` for settings that make no sense.
    package init(_ shards: ShardSet, settings: AuditSettings) throws {
        try settings.validate()
        self.shards = shards
        self.settings = settings
    }

    /// - Parameters:
    ///   - measured: called with clips looked at, of how many; from any thread.
    ///   - tested: called with rows of the report that are there, of how many; from any thread.
    ///   - isCancelled: asked between clips and between tests.
    /// - Throws: `StoreError` for files that cannot be read, ``Failure`` when there is nothing to audit,
    ///   ``AuditError``, `CancellationError`.
    package func run(
        workers: Int, measured: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in },
        tested: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> AuditReport {
        // One thread each: tests run side by side, and sums must not depend on how many cores there are.
        Algebra.useOneThread()
        let (readers, samples) = try open(isCancelled)
        let clips = ClipMeasurement(readers: readers)
        let measures = try clips.run(
            pictures: Set(samples.flatMap { sample in sample.members.map { clips.picture($0, of: sample) } }),
            sounds: Set(samples.flatMap { sample in sample.members.map { clips.sound($0, of: sample) } }),
            workers: workers, progress: measured, isCancelled: isCancelled)
        let groups = Self.groups(readers)
        let material = AuditTest.Material(
            readers: readers, clips: clips, measures: measures, groups: groups,
            soundQuality: Self.soundQuality(measures, groups), ends: Self.ends(readers))
        return try report(tests(samples, fps: shards.index.layout.fps), material, workers: workers, tested, isCancelled)
    }

    // MARK: - What is asked

    private func open(_ isCancelled: () -> Bool) throws -> ([ShardReader], [AuditSample]) {
        let known = shards.index.pairSets.map(\.name)
        if let name = settings.sets.first(where: { !known.contains($0) }) {
            throw Failure(
                "there is no pair set \"\(name)\", only \(known.isEmpty ? "none" : known.joined(separator: ", "))",
                exitStatus: .badInput)
        }
        let wanted = Set(settings.sets.isEmpty ? known : settings.sets)
        var readers: [ShardReader] = []
        var samples: [String: AuditSample] = [:]
        var random = SeededRandom(seed: settings.seed, for: "audit/shards")
        for shard in random.shuffled(shards.index.shards)
        where settings.splits.isEmpty || settings.splits.contains(shard.split) {
            if isCancelled() { throw CancellationError() }
            // Of a large corpus, as many shards as give each set pairs to choose from.
            if !samples.isEmpty, samples.count == wanted.count,
                samples.values.allSatisfy({ $0.members.count >= 8 * settings.limit })
            {
                break
            }
            let sets = try shards.storedPairSets(of: shard).filter { wanted.contains($0.name) && !$0.pairs.isEmpty }
            if sets.isEmpty { continue }
            let reader = try shards.reader(of: shard)
            for set in sets {
                try reader.check(set)
                var sample =
                    try samples[set.name]
                    ?? AuditSample(name: set.name, attributes: set.attributes, path: shards.pairPath(of: shard))
                sample.append(set.pairs, shard: readers.count)
                samples[set.name] = sample
            }
            readers.append(reader)
        }
        guard !samples.isEmpty else {
            throw Failure(
                "there are no pairs to audit in \(shards.folder); avprep shard draws them", exitStatus: .badInput)
        }
        let limited = samples.sorted { $0.key < $1.key }.map { name, sample in
            sample.limited(to: settings.limit, seed: settings.seed)
        }
        return (readers, limited)
    }

    private func tests(_ samples: [AuditSample], fps: Double) -> [AuditTest] {
        var tests: [AuditTest] = []
        for sample in samples {
            for (task, rows) in sample.tasks
            where settings.questions.contains(task.isDirection ? .direction : .labels) {
                tests += settings.probes.map { AuditTest(sample: sample, task: task, probe: $0, rows: rows) }
            }
        }
        guard settings.questions.contains(.direction) else { return tests }
        // Clips of other sets are played backwards here; once for each length, since sets share their media.
        var asked = Set(samples.filter(\.hasReversed).map { $0.frames(fps: fps) })
        for sample in samples where !sample.hasReversed {
            let frames = sample.frames(fps: fps)
            guard frames > 2, asked.insert(frames).inserted else { continue }
            var seen: Set<AuditSample.Member.Clip> = []
            let rows = sample.members.indices.filter { seen.insert(sample.members[$0].picture).inserted }
            for probe in settings.probes where probe.seesDirection {
                tests.append(AuditTest(sample: sample, task: .direction, probe: probe, rows: rows))
            }
        }
        return tests
    }

    // MARK: - What comes of it

    private func report(
        _ tests: [AuditTest], _ material: AuditTest.Material, workers: Int,
        _ tested: @escaping @Sendable (Int, Int) -> Void, _ isCancelled: @escaping @Sendable () -> Bool
    ) throws -> AuditReport {
        struct Outcome: Sendable {
            var accuracy: ClusteredAccuracy?
            var control: ClusteredExcess?
            var examples = 0
            var videos = 0
            var obstacle = ""
        }
        let outcomes = Mutex([Int: Outcome]())
        let seed = settings.seed
        try WorkerPool.run(Array(tests.indices), workers: workers, isCancelled: isCancelled) { number in
            var outcome = Outcome()
            if let obstacle = tests[number].obstacle(material) {
                outcome.obstacle = obstacle
            } else if let examples = tests[number].examples(material) {
                let logits = try CrossFitting.logits(examples, seed: seed)
                let accuracy = ClusteredAccuracy(logits: logits, of: examples)
                outcome.accuracy = accuracy
                if tests[number].hasControl, let control = tests[number].examples(material, isControl: true) {
                    outcome.control = ClusteredExcess(
                        logits: logits, over: try CrossFitting.logits(control, seed: seed), of: examples,
                        effectiveVideos: accuracy.effectiveVideos)
                }
                outcome.examples = examples.count
                outcome.videos = Set(examples.groups.flatMap { [$0.first, $0.second] }).count
            } else {
                outcome.obstacle = "one of the two does not occur"
            }
            let result = outcome
            tested(
                outcomes.withLock { outcomes in
                    outcomes[number] = result
                    return outcomes.count
                }, tests.count)
        }
        let found = tests.indices.map { number in outcomes.withLock { $0[number] } ?? Outcome() }
        let told = found.filter { $0.accuracy != nil }
        let adjusted = HolmCorrection.adjusted(told.compactMap(\.accuracy?.chanceProbability))
        let leaking = HolmCorrection.adjusted(
            told.map { max($0.accuracy?.chanceProbability ?? 1, $0.control?.chanceProbability ?? 0) })
        var rows: [AuditReport.Row] = []
        var skipped: [AuditReport.Skipped] = []
        for (test, outcome) in zip(tests, found) {
            guard let accuracy = outcome.accuracy else {
                skipped.append(
                    .init(
                        set: test.sample.name, task: test.task.name, probe: test.probe, reason: outcome.obstacle))
                continue
            }
            let number = rows.count
            rows.append(
                row(
                    test, accuracy, outcome.control, examples: outcome.examples, videos: outcome.videos,
                    adjusted: (adjusted[number], leaking[number]), tests: adjusted.count))
        }
        guard !rows.isEmpty else {
            throw Failure("none of the probes has anything to see in \(shards.folder)", exitStatus: .badInput)
        }
        return AuditReport(settings: settings, rows: rows, skipped: skipped)
    }

    /// - Parameter adjusted: the probability of such an accuracy by chance, and that of one so much above the control's too.
    private func row(
        _ test: AuditTest, _ accuracy: ClusteredAccuracy, _ control: ClusteredExcess?, examples: Int, videos: Int,
        adjusted: (chance: Double, leak: Double), tests: Int
    ) -> AuditReport.Row {
        let interval = accuracy.interval(confidence: 0.95)
        let detectable = accuracy.detectableExcess(level: settings.level / Double(tests))
        let isEnough = accuracy.effectiveVideos >= ClusteredAccuracy.fewestVideos
        let isLike = adjusted.leak >= settings.level || control.map { $0.excess < settings.minControlEffect } ?? false
        let verdict: AuditReport.Verdict =
            if !isEnough {
                .cannotTell
            } else if adjusted.chance < settings.level {
                control != nil && isLike ? .content : accuracy.accuracy - 0.5 >= settings.minEffect ? .leak : .trace
            } else {
                detectable > settings.resolution ? .cannotTell : .chance
            }
        let isTold = [.leak, .trace, .content].contains(verdict)
        let remedy = verdict == .content ? test.probe.content : test.probe.remedy(test.task)
        return AuditReport.Row(
            set: test.sample.name, task: test.task.name, probe: test.probe, examples: examples, videos: videos,
            effectiveExamples: accuracy.effectiveRows, accuracy: accuracy.accuracy, low: interval.lowerBound,
            high: interval.upperBound, control: control.map { accuracy.accuracy - $0.excess },
            probability: max(accuracy.chanceProbability, control?.chanceProbability ?? 0),
            adjustedProbability: adjusted.leak, detectable: 0.5 + detectable, verdict: verdict,
            advice: isTold ? "\(test.probe.sees); \(remedy)" : "")
    }

    /// A number for each group of near-duplicates, by shard and row; a video may stand alone.
    private static func groups(_ readers: [ShardReader]) -> [[Int]] {
        var numbers: [String: Int] = [:]
        return readers.map { reader in
            reader.segments.map { stored in
                let name = stored.groupID.isEmpty ? stored.segment.videoID : stored.groupID
                let number = numbers[name] ?? numbers.count
                numbers[name] = number
                return number
            }
        }
    }

    private static func soundQuality(_ measures: ClipMeasurement.Result, _ groups: [[Int]]) -> [Int: [Float]] {
        var sums: [Int: [Double]] = [:]
        var counts: [Int: Double] = [:]
        // In one order, or the sums' last digits would differ from run to run.
        let clips = measures.sounds.sorted {
            ($0.key.shard, $0.key.segment, $0.key.start, $0.key.seconds)
                < ($1.key.shard, $1.key.segment, $1.key.start, $1.key.seconds)
        }
        for (clip, sound) in clips {
            let group = groups[clip.shard][clip.segment]
            let quality = sound.quality.map(Double.init)
            sums[group] = sums[group].map { zip($0, quality).map(+) } ?? quality
            counts[group, default: 0] += 1
        }
        return sums.reduce(into: [:]) { means, sum in
            means[sum.key] = sum.value.map { Float($0 / (counts[sum.key] ?? 1)) }
        }
    }

    private static func ends(_ readers: [ShardReader]) -> [[(first: Bool, last: Bool)]] {
        readers.map { reader in
            var spans: [String: ClosedRange<Double>] = [:]
            for stored in reader.segments {
                let start = stored.segment.startSeconds
                let span = spans[stored.segment.videoID] ?? start...start
                spans[stored.segment.videoID] = min(span.lowerBound, start)...max(span.upperBound, start)
            }
            return reader.segments.map { stored in
                let span = spans[stored.segment.videoID] ?? 0...0
                let start = stored.segment.startSeconds
                return (start <= span.lowerBound, start >= span.upperBound)
            }
        }
    }
}
