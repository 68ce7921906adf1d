import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudit

@Suite struct ShardAuditTests {
    /// Each planted cue is found by the probe that is made for it; what else finds it sees the same thing.
    @Test(arguments: [
        (PlantedShards.Cue.brighteningRim, PairRecipe.arrowOfTime, AuditProbe.border, [AuditProbe.codec, .picture]),
        (.zoomInMotion, .arrowOfTime, .globalMotion, []),
        (.zoomInFlow, .avts, .globalMotion, []),
        (.pulses, .arrowOfTime, .codec, [.border]),
        (.barsInNegatives, .avts, .border, [.picture, .codec]),
        (.loudNegatives, .avts, .loudness, [.sound, .codec]),
        (.earlyNegatives, .avts, .soundTiming, []),
        (.turns, .avts, .order, []),
    ])
    func aPlantedCueIsFoundByItsProbe(
        cue: PlantedShards.Cue, recipe: PairRecipe, probe: AuditProbe, others: [AuditProbe]
    ) throws {
        try withTemporaryFolder { folder in
            let report = try PlantedShards(cue: cue, videos: 48, recipe: recipe).audit(in: folder) {
                $0.probes = [probe, .soundTiming] + others
            }
            let found = Set(report.leaks.map(\.probe))
            #expect(found.contains(probe), "\(cue): \(report.rows.map(\.line))")
            #expect(found.isSubset(of: [probe] + others), "\(cue): \(report.leaks.map(\.line))")
            #expect(report.exitStatus == .badInput)
            #expect(report.leaks.allSatisfy { !$0.advice.isEmpty && $0.low > 0.5 && $0.accuracy >= 0.52 })
        }
    }

    @Test(arguments: [PairRecipe.avts, .arrowOfTime])
    func cleanShardsAreAtChance(recipe: PairRecipe) throws {
        try withTemporaryFolder { folder in
            let report = try PlantedShards(videos: 24, recipe: recipe).audit(in: folder)
            #expect(report.leaks.isEmpty, "\(report.leaks.map(\.line))")
            let tasks = Set(report.rows.map(\.task))
            #expect(
                tasks
                    == (recipe == .avts
                        ? ["positive / negative", "positive / easy", "positive / hard", "forward / backward"]
                        : ["positive / reversed"]))
        }
    }

    /// What happens in the picture shows at its edges too, and may well tell the direction of time.
    @Test func whatTheInsideOfThePicturesTellsAsWellIsNoFrame() throws {
        try withTemporaryFolder { folder in
            let report = try PlantedShards(cue: .flashes, videos: 48, recipe: .arrowOfTime).audit(in: folder) {
                $0.probes = [.border]
            }
            let row = try #require(report.rows.first)
            #expect(row.verdict == .content && row.accuracy > 0.9, "\(row.line)")
            #expect(try #require(row.control) > row.accuracy - 0.05)
            #expect(report.exitStatus == .done && row.advice.contains("not a frame around"))
            // A frame tells more.
            let framed = try PlantedShards(cue: .brighteningRim, videos: 48, recipe: .arrowOfTime).audit(in: folder) {
                $0.probes = [.border]
            }
            let control = try #require(framed.rows.first?.control)
            #expect(framed.leaks.count == 1 && control < 0.65)
        }
    }

    @Test func motionThatIngestCouldNotTellIsNotLookedAt() throws {
        try withTemporaryFolder { folder in
            let report = try PlantedShards(cue: .unreliableZoom, videos: 48, recipe: .arrowOfTime).audit(in: folder) {
                $0.probes = [.globalMotion, .soundTiming]
            }
            #expect(report.leaks.isEmpty && report.skipped.map(\.probe) == [.globalMotion])
        }
    }

    @Test func tooFewVideosAreSaidNotPassed() throws {
        try withTemporaryFolder { folder in
            let report = try PlantedShards(cue: .zoomInMotion, videos: 6, recipe: .arrowOfTime).audit(in: folder)
            #expect(report.leaks.isEmpty && report.exitStatus == .doneWithFailures)
            #expect(report.rows.allSatisfy { $0.verdict == .cannotTell })
        }
    }

    @Test func theSameShardsGiveTheSameReportWithAnyNumberOfWorkers() throws {
        try withTemporaryFolder { folder in
            let shards = PlantedShards(videos: 12)
            try shards.write(to: folder)
            var settings = AuditSettings()
            settings.limit = 60
            let audit = try ShardAudit(ShardSet(folder), settings: settings)
            let reports = try [1, 3].map { try CanonicalJSON.encode(try audit.run(workers: $0)) }
            #expect(reports[0] == reports[1])
            // Of the four pairs of two places all are taken, or none.
            let report = try audit.run(workers: 2)
            #expect(report.rows.first { $0.task == "positive / negative" }?.examples == 60)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func reportsAreWhatTheirSchemaSays() throws {
        try withTemporaryFolder { folder in
            var files: [String] = []
            var verdicts: Set<AuditReport.Verdict> = []
            for cue in [PlantedShards.Cue.flashes, .brighteningRim, .unreliableZoom] {
                let report = try PlantedShards(cue: cue, videos: 30, recipe: .arrowOfTime).audit(in: folder) {
                    $0.probes = [.border, .globalMotion]
                }
                verdicts.formUnion(report.rows.map(\.verdict))
                files.append("\(folder)/\(files.count).json")
                try Data(CanonicalJSON.encode(report).utf8).write(to: URL(fileURLWithPath: files[files.count - 1]))
            }
            let faults = try Oracle.schemaFaults(
                "audit.schema.json", files,
                breakages: [
                    "d.pop('skipped')", "d['rows'][0].update(verdict='fine')", "d['rows'][0].update(extra=1)",
                    "d['rows'][0].update(accuracy=2)",
                ])
            #expect(faults == [])
            #expect(verdicts.isSuperset(of: [.leak, .content]), "every verdict is among what was held against it")
        }
    }

    @Test func whatCannotBeAuditedIsAnErrorThatSaysSo() throws {
        try withTemporaryFolder { folder in
            try PlantedShards(videos: 4).write(to: folder)
            let shards = try ShardSet(folder)
            var settings = AuditSettings()
            settings.sets = ["none"]
            #expect(throws: Failure.self) {
                try ShardAudit(shards, settings: settings).run(workers: 1)
            }
            settings.sets = []
            settings.splits = [.test]
            #expect(throws: Failure.self) {
                try ShardAudit(shards, settings: settings).run(workers: 1)
            }
            settings.limit = 1
            #expect(throws: Failure.self) { try ShardAudit(shards, settings: settings) }
        }
    }
}

extension AuditReport.Row {
    fileprivate var line: String {
        "\(task) \(probe.rawValue) \(accuracy) [\(low), \(high)] p \(adjustedProbability) \(verdict.rawValue)"
    }
}
