import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepParts
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// The outcome of every video, and the results so far: `avprep status`.
package struct StatusReport: Sendable, Encodable {
    let corpus: CatalogReport
    /// Some failed and skipped items, with their reasons.
    let notes: [String]
    /// The manifests, as they were last read.
    let manifests: [ManifestRecord]
    /// How many labels there are, and the items with each of the most frequent.
    let labels: LabelCounts?
    /// Near-duplicates among the prepared videos, as of the last search; nil if there was none.
    let nearDuplicates: NearDuplicates.Counts?
    /// Where the seconds of the videos are; nil in a catalog of before.
    let seconds: SecondsReport?
    /// The flags of segments, and the policy's decisions.
    let decisions: DecisionReport
    /// Prepared videos that the last `avprep shard` left out because they would link videos in different splits, or could
    /// not pack.
    let straddling: [StageCounts.Reason]
    /// What the last ingests did, how fast, and what held them up.
    let work: WorkReport
    let disk: DiskReport
    let shards: ShardIndex?
    /// Why the index of the existing shards cannot be read; nil if it can, or if there is none.
    package let shardsFault: String?
    /// The tasks of a divided ingest, until they are merged.
    let tasks: [TaskState]
    /// Runs by name, each with its state.
    let runs: [RunState]

    struct LabelCounts: Sendable, Codable {
        struct Label: Sendable, Codable {
            let label: String
            let items: Int
        }

        let labels: Int
        let most: [Label]
        private static let shown = 10

        init?(_ counts: [(label: String, items: Int)]) {
            guard !counts.isEmpty else { return nil }
            labels = counts.count
            most = counts.prefix(Self.shown).map { Label(label: $0.label, items: $0.items) }
        }

        var text: String {
            let some = most.map { "\($0.items) \(PathEscape.withoutControls($0.label))" }.joined(separator: ", ")
            return "labels: \(labels), items of the most frequent: \(some)"
        }
    }

    struct RunState: Sendable, Encodable {
        let name: String
        let hasCheckpoint: Bool
        let isEvaluated: Bool
        /// What its training does, or did last; nil for one of before.
        let training: Training?
    }

    /// - Parameter isThorough: whether to check every page and every item of the catalog, and not only its indices.
    /// - Throws: ``CatalogError`` when there is no catalog, or its counts do not add up.
    package static func make(_ workspace: Workspace, isThorough: Bool = false) throws -> StatusReport {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        if isThorough {
            try catalog.checkIntegrity()
            try catalog.checkCounts()
        }
        let key = try workspace.settings.ingest.key
        let names = (try? FileManager.default.contentsOfDirectory(atPath: workspace.runs)) ?? []
        let corpus = try catalog.report(stages: [(StageName.ingest, key)])
        let shards = Result { try ShardSet(workspace.shards).index }
        return StatusReport(
            corpus: corpus, notes: try OutcomeNotes.first(of: catalog, corpus.stages[0].reasons, key: key),
            manifests: try catalog.manifests(), labels: try LabelCounts(catalog.labelCounts()),
            nearDuplicates: try NearDuplicates.latest(in: catalog, workspace.settings)?.counts,
            seconds: try catalog.seconds(settingsKey: key),
            decisions: try DecisionReport(catalog: catalog, settings: workspace.settings.ingest),
            straddling: try catalog.counts(stage: StageName.shard).reasons,
            work: try WorkReport.make(catalog),
            disk: DiskReport.make(workspace, try catalog.bytes(stage: StageName.ingest, settingsKey: key)),
            shards: try? shards.get(), shardsFault: fault(shards, in: workspace.shards),
            // By this machine's clock: who only looks writes nothing.
            tasks: try PartsFolder(workspace.parts).states(by: Date().timeIntervalSince1970),
            runs: names.sorted().map { name in
                let folder = "\(workspace.runs)/\(name)"
                return RunState(
                    name: name,
                    hasCheckpoint: FileManager.default.fileExists(atPath: "\(folder)/checkpoints/last.safetensors"),
                    isEvaluated: FileManager.default.fileExists(atPath: "\(folder)/\(EvaluateStage.fileName)"),
                    training: TrainingWork.load(folder).map { Training($0) })
            })
    }

    private static func fault(_ shards: Result<ShardIndex, any Error>, in folder: String) -> String? {
        guard case .failure(let error) = shards,
            FileManager.default.fileExists(atPath: "\(folder)/\(ShardIndex.fileName)")
        else { return nil }
        return "\(error)"
    }

    private static func lines(of seconds: SecondsReport) -> [String] {
        func text(_ value: Double) -> String { String(format: "%.1f s", value) }
        let unused = seconds.unused.reduce(0) { $0 + $1.seconds }
        let first =
            "seconds: \(text(seconds.total)) in \(seconds.videos) videos = \(text(seconds.inSegments)) in segments + "
            + "\(text(unused)) in none"
        return [first] + seconds.unused.map { "  \(text($0.seconds)) \($0.reason) (\($0.videos) videos)" }
    }

    /// Largest number of running tasks that are shown one by one.
    private static let shownTasks = 20
    private static let shownFaults = 3

    package var text: String {
        var lines: [String] = []
        for stage in corpus.stages {
            lines.append(
                "\(stage.stage): \(stage.listed) listed = \(stage.done) done + \(stage.skipped) skipped + \(stage.failed) failed + \(stage.pending) to do"
                    + (stage.stale > 0 ? " (\(stage.stale) of those under other settings)" : ""))
            lines += stage.reasons.map {
                "  \($0.count) \($0.status): \($0.code)" + ($0.isPassing ? " (passing: the next run tries again)" : "")
            }
        }
        if !tasks.isEmpty {
            let running = tasks.filter(\.isRunning)
            lines.append(
                "\(tasks.count) tasks of ingest --part, \(running.count) of them running, have done \(tasks.reduce(0) { $0 + $1.done }) videos that avprep merge brings in"
            )
            lines += running.prefix(Self.shownTasks).map { "  \($0.text)" }
            if running.count > Self.shownTasks { lines.append("  … and \(running.count - Self.shownTasks) more") }
        }
        if corpus.vanished > 0 { lines.append("\(corpus.vanished) videos are no longer listed") }
        lines += ScanReport.lines(corpus.findings, unreachable: corpus.unreachable)
        lines += notes.map { "  " + $0 }
        for manifest in manifests {
            lines.append(manifest.text)
            lines += manifest.faults.prefix(Self.shownFaults).map { "  malformed: \($0)" }
        }
        if let labels { lines.append(labels.text) }
        if let text = nearDuplicates?.text { lines.append(text) }
        if let seconds, seconds.videos > 0 { lines += Self.lines(of: seconds) }
        lines += decisions.lines
        lines += work.lines
        lines += disk.lines
        if let shards {
            let pairs = shards.pairSets.map(\.name).joined(separator: ", ")
            lines.append("shards: \(shards.shards.count), pair sets \(pairs)")
            lines += (shards.leaks?.lines ?? []).map { "  " + $0 }
            lines += straddling.map { reason in
                let what = reason.status == "failed" ? "failed" : "left out"
                let remedy =
                    reason.status == "failed"
                    ? "avprep status --list failed names them; run avprep ingest, then avprep shard"
                    : "avprep shard --compact packs them"
                return "  \(reason.count) \(what): \(reason.code); \(remedy)"
            }
        } else if let shardsFault {
            lines.append("shards: \(shardsFault)")
        } else {
            lines.append("shards: none yet; avprep shard makes them")
        }
        for run in runs {
            let state = run.isEvaluated ? "evaluated" : run.hasCheckpoint ? "has checkpoints" : "begun"
            lines.append("run \(run.name): \(state)")
            lines += run.training?.lines ?? []
        }
        return lines.joined(separator: "\n")
    }
}
