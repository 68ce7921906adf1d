import AVPrepCatalog
package import AVPrepCore
import AVPrepCorpus
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepShard
package import AVPrepWorkspace

/// Tries again what failed: of one stage, all of it or a part that is told by items, reasons and patterns; and nothing else.
package enum RetryStage {
    /// What to try again. Conditions of one kind are alternatives, those of different kinds have to hold together.
    package struct Request: Sendable {
        package enum Stage: String, Sendable, CaseIterable {
            case ingest, shard
        }

        package var stage = Stage.ingest
        /// Listed paths, paths of the file system, ids of videos, or their first digits.
        package var items: [BytePath] = []
        /// Reason codes.
        package var reasons: [String] = []
        /// Patterns for names or listed paths, as in `corpus.exclude`.
        package var patterns: [String] = []
        /// Whether what was skipped is tried again, too.
        package var skipped = false
        /// Whether to say what would be tried, and do nothing.
        package var isDryRun = false

        package init() {}
    }

    /// - Throws: ``Failure`` with exit status 65 when an item or a pattern is none, or nothing is chosen; what the stage throws.
    package static func run(_ workspace: Workspace, _ context: StageContext, _ request: Request) throws -> RetryReport {
        try workspace.holding { workspace in
            let choice = try RetryChoice(request, workspace)
            var report = RetryReport(request, choice)
            guard !request.isDryRun, !choice.records.isEmpty else { return report }
            let subjects = choice.records.map(\.subject)
            switch request.stage {
            case .ingest:
                report.results = try IngestStage.tryAgain(subjects, in: workspace, context).map(RetryReport.Item.init)
            case .shard: report.results = try shard(subjects, workspace, context)
            }
            return report
        }
    }

    private static func shard(_ subjects: [BytePath], _ workspace: Workspace, _ context: StageContext) throws
        -> [RetryReport.Item]
    {
        _ = try ShardStage.run(workspace, context, only: Set(subjects))
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        return try subjects.map { subject in
            try catalog.outcome(of: subject, stage: StageName.shard).map(RetryReport.Item.init)
                ?? RetryReport.Item(path: subject, outcome: "done", code: nil, detail: nil)
        }
    }
}

/// Which outcomes a request means, and which parts of it mean none.
struct RetryChoice {
    /// In the order of paths.
    let records: [OutcomeRecord]
    /// A line for each part of the request that has chosen nothing.
    let unmatched: [String]

    init(_ request: RetryStage.Request, _ workspace: Workspace) throws {
        let patterns = try request.patterns.map { text in
            do throws(FilePattern.Invalid) { return try FilePattern(text) } catch {
                throw Failure("--match \"\(text)\" is not a valid pattern: \(error.reason)", exitStatus: .badInput)
            }
        }
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let stage = request.stage.rawValue
        var failures = try catalog.outcomes(stage: stage, status: "failed")
        if request.skipped {
            failures += try catalog.outcomes(stage: stage, status: "skipped")
            failures.sort { $0.subject < $1.subject }
        }
        var unmatched: [String] = []
        let verb = request.skipped ? "failed or was skipped" : "failed"
        if !request.items.isEmpty {
            let search = ItemSearch(catalog: catalog, workspace: workspace)
            var named: Set<BytePath> = []
            for name in request.items {
                let item = try search.item(named: name).file.path
                named.insert(item)
                if !failures.contains(where: { $0.subject == item }) {
                    let outcome = try catalog.outcome(of: item, stage: stage)
                    let state =
                        outcome.map { $0.outcome.status + ($0.outcome.reason.map { " (\($0.code))" } ?? "") }
                        ?? (request.stage == .shard ? "packed, or not prepared" : "still to do")
                    let hint = outcome?.outcome.status == "skipped" ? "; --skipped tries it again" : ""
                    unmatched.append("\(item) has not failed in \(stage): it is \(state)\(hint)")
                }
            }
            failures.removeAll { !named.contains($0.subject) }
        }
        let codes = Set(failures.compactMap { $0.outcome.reason?.code })
        for reason in request.reasons where !codes.contains(reason) {
            let known = codes.isEmpty ? "nothing \(verb)" : "reasons there: \(codes.sorted().joined(separator: ", "))"
            unmatched.append("--reason \(reason) matches nothing that \(verb) in \(stage): \(known)")
        }
        if !request.reasons.isEmpty {
            failures.removeAll { record in !request.reasons.contains { $0 == record.outcome.reason?.code } }
        }
        let noSiblings = SiblingNames([])
        func matches(_ pattern: FilePattern, _ path: BytePath) -> Bool {
            let parts = path.bytes.split(separator: UInt8(ascii: "/"))
            return pattern.matches(parts, isFolder: false, siblings: noSiblings)
        }
        for pattern in patterns where !failures.contains(where: { matches(pattern, $0.subject) }) {
            unmatched.append("--match \(pattern.text) matches nothing that \(verb) in \(stage)")
        }
        if !patterns.isEmpty {
            failures.removeAll { record in !patterns.contains { matches($0, record.subject) } }
        }
        records = failures
        self.unmatched = unmatched
    }
}

/// What was tried again, and what came of it.
package struct RetryReport: Sendable, Encodable {
    package struct Item: Sendable, Encodable {
        package let path: BytePath
        /// `done`, `skipped` or `failed`.
        package let outcome: String
        package let code: String?
        package let detail: String?

        init(path: BytePath, outcome: String, code: String?, detail: String?) {
            self.path = path
            self.outcome = outcome
            self.code = code
            self.detail = detail
        }

        init(_ record: OutcomeRecord) {
            self.init(
                path: record.subject, outcome: record.outcome.status, code: record.outcome.reason?.code,
                detail: record.outcome.reason?.detail)
        }
    }

    package let stage: String
    package let isDryRun: Bool
    /// What was chosen, with the outcomes of before.
    package let chosen: [Item]
    /// A line for each part of the request that has chosen nothing.
    package let unmatched: [String]
    /// What became of what was chosen.
    package internal(set) var results: [Item] = []

    init(_ request: RetryStage.Request, _ choice: RetryChoice) {
        stage = request.stage.rawValue
        isDryRun = request.isDryRun
        chosen = choice.records.map(Item.init)
        unmatched = choice.unmatched
    }

    /// 65 when a request chose nothing at all, 2 when a part of it did not, or something failed again.
    package var exitStatus: ExitStatus {
        if chosen.isEmpty, !unmatched.isEmpty { return .badInput }
        let isWhole = results.count == chosen.count && !results.contains { $0.outcome == "failed" }
        return unmatched.isEmpty && (isDryRun || isWhole) ? .done : .doneWithFailures
    }

    /// Largest number of lines about single items.
    private static let shown = 20

    package var text: String {
        var lines: [String] = []
        if chosen.isEmpty {
            lines.append("nothing to try again in \(stage)")
        } else if isDryRun {
            lines.append("\(chosen.count) would be tried again in \(stage):")
            lines += chosen.map { "  \($0.path)  \($0.outcome) (\($0.code ?? ""))" }
        } else {
            func count(_ outcome: String) -> Int { results.count { $0.outcome == outcome } }
            let pending = chosen.count - results.count
            lines.append(
                "\(chosen.count) tried again in \(stage): \(count("done")) done, \(count("skipped")) skipped, \(count("failed")) failed"
                    + (pending > 0 ? ", \(pending) still to do" : ""))
            let notes = results.filter { $0.outcome != "done" }
            lines += notes.prefix(Self.shown).map { "  \($0.outcome) (\($0.code ?? "")): \($0.detail ?? "")" }
            if notes.count > Self.shown {
                lines.append("  … and \(notes.count - Self.shown) more; avprep status --list failed")
            }
            if stage == "ingest", count("done") > 0 { lines.append("next: avprep shard") }
        }
        return (lines + unmatched).joined(separator: "\n")
    }
}
