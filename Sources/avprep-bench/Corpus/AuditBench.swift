import AVPrepAudit
import AVPrepCases
import AVPrepCore
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// Whether `avprep audit` finds planted cues, reports stripped corpora as clean, and how often it raises a false alarm.
struct AuditBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Plant cues that a network could exploit, audit, strip them, audit again.",
        discussion: """
            Every corpus runs through all stages: encoded videos, ingest, shard, audit. A false alarm is an audit \
            of rows with random labels that reports a leak: at most 1 % of them should.
            """)

    @Option(help: "Videos per corpus.")
    var videos = 300

    @Option(help: "Audits of random labels, of thirty rows each.")
    var falseAlarms = 200

    @Option(help: "Only this cue.")
    var cue: String?

    @Flag(help: "Show every row of every audit.")
    var verbose = false

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-audit-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var rows = [
            ["cue", "probe", "task", "planted", "found", "stripped", "finds from", "found", "other leaks", "how"]
        ]
        for (number, trial) in AuditTrial.all.enumerated() where cue == nil || cue == trial.cue.rawValue {
            rows.append(try measure(trial, in: "\(folder)/\(number)"))
        }
        print(TextTable.text(rows))
        if falseAlarms > 0 {
            let alarms = try CoinAudits.alarms(of: falseAlarms)
            print("false alarms: \(alarms) of \(falseAlarms) audits of thirty rows with random labels")
        }
    }

    private func measure(_ trial: AuditTrial, in folder: String) throws -> [String] {
        let planted = try trial.audit(in: folder + "-planted", videos: videos, isStripped: false)
        let stripped = try trial.audit(in: folder + "-stripped", videos: videos, isStripped: true)
        if verbose { for report in [planted, stripped] { print("\(trial.name)\n\(report.text)\n") } }
        func best(_ report: AuditReport) -> AuditReport.Row? {
            report.rows.filter { $0.probe == trial.probe && $0.task == trial.task }
                .max { $0.accuracy < $1.accuracy }
        }
        func text(_ row: AuditReport.Row?) -> String {
            guard let row else { return "-" }
            return String(format: "%.1f (%.1f to %.1f) %%", 100 * row.accuracy, 100 * row.low, 100 * row.high)
        }
        let (before, after) = (best(planted), best(stripped))
        let others = Set(stripped.leaks.filter { $0.probe != trial.probe }.map(\.probe.rawValue)).sorted()
        return [
            trial.name, trial.probe.rawValue, trial.task, text(before), before?.verdict.rawValue ?? "-", text(after),
            after.map { String(format: "%.1f %%", 100 * $0.detectable) } ?? "-", after?.verdict.rawValue ?? "-",
            others.isEmpty ? "none" : others.joined(separator: " "), trial.remedy,
        ]
    }
}

/// Audits of uninformative rows: features shared by the rows of a video, random labels.
enum CoinAudits {
    private static let videos = 40
    private static let rowsPerVideo = 6

    /// - Returns: the number of `count` audits of thirty rows that report a leak.
    static func alarms(of count: Int) throws -> Int {
        try (0..<count).count { audit in
            let family = try (0..<30).map { number -> Double in
                let seed = UInt64(audit * 30 + number)
                let examples = examples(number % 3, seed: seed)
                return ClusteredAccuracy(logits: try CrossFitting.logits(examples, seed: seed), of: examples)
                    .chanceProbability
            }
            return HolmCorrection.adjusted(family).contains { $0 < AuditSettings().level }
        }
    }

    /// - Parameter kind: 0: a random label per row; 1: a random label per video; 2: rows of one video against rows of
    ///   two.
    private static func examples(_ kind: Int, seed: UInt64) -> Examples {
        var random = SeededRandom(seed: seed, for: "coins")
        let features = 2 + random.below(20)
        let likeness = random.unit()
        let common = (0..<videos).map { _ in (0..<features).map { _ in random.normal() * likeness.squareRoot() } }
        let coins = (0..<videos).map { $0 < 2 ? $0 == 0 : random.unit() < 0.5 }
        var examples = Examples(featureCount: features)
        for row in 0..<videos * rowsPerVideo {
            let video = row % videos
            let isCrossed = kind == 2 && row / videos % 2 == 1
            let other = isCrossed ? (video + 1 + random.below(videos - 1)) % videos : video
            let values = (0..<features).map { column in
                Float(
                    common[column < features / 2 ? video : other][column]
                        + random.normal() * (1 - likeness).squareRoot())
            }
            let label = kind == 0 ? random.unit() < 0.5 : kind == 1 ? coins[video] : !isCrossed
            examples.append(values, label: label, groups: .init(video, other))
        }
        return examples
    }
}
