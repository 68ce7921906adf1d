import AVPrepCatalog
package import AVPrepCore
package import AVPrepCorpus
import AVPrepModel
package import AVPrepParts
import AVPrepPolicy
import AVPrepSettings
package import AVPrepWorkspace
import Foundation

/// The journals of tasks → the catalog: what one process would have noted.
package enum MergeStage {
    /// Scans the corpus, and notes what the tasks have written down about its files. It can be run while tasks are at work, and
    /// again; when none is, it removes what it has merged.
    ///
    /// - Parameter request: what may be missing in the corpus; its paths are those that the tasks were given.
    /// - Throws: ``Failure``: exit status 65 when the tasks have worked by other settings than are in force.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest = CorpusRequest()
    ) throws -> MergeReport {
        try workspace.exclusively {
            let folder = PartsFolder(workspace.parts)
            let tasks = try folder.states()
            guard try folder.isInUse() else { return .nothing }
            let journals = try JournalNotes(folder, isCancelled: { context.cancellation.isCancelled })
            let asked = try self.request(journals, folder, workspace, request)
            var remaining = 0
            let ingest = try IngestStage.perform(workspace, context, asked) { listing, transforms in
                try journals.note(in: listing, context)
                try listing.nameDuplicates()
                try listing.removeForgotten()
                let decidedAnew = try listing.decideAnew(transforms)
                remaining = try listing.skipDuplicates().count
                return decidedAnew
            }
            // A task may have come meanwhile.
            let latest = try folder.states()
            let isOver = latest.map(\.token) == tasks.map(\.token) && !(tasks + latest).contains(where: \.isRunning)
            if isOver { try folder.retire() }
            return MergeReport(
                tasks: tasks, merged: journals.count, remaining: remaining, contradictions: journals.contradictions,
                damagedLines: journals.damagedLines, isOver: isOver, ingest: ingest)
        }
    }

    /// What the tasks were asked for.
    ///
    /// - Throws: ``Failure`` when they have not all done the same, or by other settings than are in force.
    private static func request(
        _ journals: JournalNotes, _ folder: PartsFolder, _ workspace: Workspace, _ own: CorpusRequest
    ) throws -> CorpusRequest {
        guard let first = journals.headers.first else { return own }
        for header in journals.headers.dropFirst() {
            try PartIdentity.require(header.identity, first.identity, in: folder)
        }
        let key = try workspace.settings.ingest.key
        guard first.identity[PartIdentity.ingest] == key else {
            throw Failure(
                "the tasks in \(folder.path) have prepared videos by other ingest settings than are in force; merge with those that they had, or remove \(folder.current)",
                exitStatus: .badInput)
        }
        var request = try PartIdentity.request(first.identity)
        request.acceptsEmptyRoots = own.acceptsEmptyRoots
        return request
    }
}

/// What came of a merge.
package struct MergeReport: Sendable, Codable {
    /// What each task has done.
    package let tasks: [TaskState]
    /// Items whose outcomes were in the journals.
    package let merged: Int
    /// Listed items that nobody has done.
    package let remaining: Int
    /// What two tasks say differently of one file, a line each: neither is in the catalog.
    package let contradictions: [String]
    /// Lines of journals that were damaged.
    package let damagedLines: Int
    /// Whether no task is at work any more; then the journals are removed.
    package let isOver: Bool
    /// The catalog after it; nil when there was nothing to merge.
    package let ingest: IngestReport?

    static let nothing = MergeReport(
        tasks: [], merged: 0, remaining: 0, contradictions: [], damagedLines: 0, isOver: true, ingest: nil)

    /// `busy` where tasks are at work, or have left something: after them, the same command brings in the rest.
    package var exitStatus: ExitStatus {
        if !contradictions.isEmpty { return .failed }
        if !isOver || remaining > 0 { return .busy }
        return ingest?.exitStatus ?? .done
    }

    package var text: String {
        guard let ingest else { return "nothing to merge: no task has left anything that is not in the catalog" }
        var lines = tasks.map(\.text)
        lines.append(
            "\(tasks.count) \(tasks.count == 1 ? "task" : "tasks"): \(merged) videos merged"
                + (remaining > 0 ? ", \(remaining) that nobody has done" : ""))
        lines += contradictions
        if damagedLines > 0 {
            lines.append("\(damagedLines) lines of the journals are damaged: what they said is not in the catalog")
        }
        let divided = tasks.compactMap { $0.header?.part }
        let counts = Set(divided.map(\.count)).sorted()
        if counts.count > 1 {
            lines.append(
                "the tasks have divided the work by \(counts.map(String.init).joined(separator: " and ")): nothing is lost, but some have waited for others"
            )
        }
        if !isOver {
            lines.append("tasks are at work: run avprep merge again when they have ended")
        } else if remaining > 0 {
            lines.append("next: start the tasks again for the rest, or avprep ingest, which does it in one process")
        }
        lines.append(ingest.text)
        return lines.joined(separator: "\n")
    }
}
