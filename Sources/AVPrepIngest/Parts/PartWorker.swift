import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepParts
import AVPrepPolicy
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization

/// Does the jobs of a schedule, and writes what came of them into the task's journal. All workers of a task share it.
final class PartWorker: Sendable {
    let progress: ProgressReporter
    private let task: PartTask
    private let schedule: PartSchedule
    private let workspace: Workspace
    private let attempt: VideoAttempt
    private let files: PreparedFiles
    /// When the listing was written: a prepared file that is younger, and in no journal, is of a task that was killed.
    private let listedAt: Int64
    private let hook: PreparationHook?
    private let digests = FileDigests()
    private let state = Mutex(PartReport.Counts())

    init(
        task: PartTask, schedule: PartSchedule, workspace: Workspace, attempt: VideoAttempt, files: PreparedFiles,
        listedAt: Int64, progress: ProgressReporter, hook: PreparationHook?
    ) {
        (self.task, self.schedule, self.workspace, self.attempt) = (task, schedule, workspace, attempt)
        (self.files, self.listedAt, self.progress, self.hook) = (files, listedAt, progress, hook)
    }

    var counts: PartReport.Counts { state.withLock { $0 } }

    func perform(_ job: PartSchedule.Job, _ worker: VideoPreparation, _ policy: PolicyReapplication) throws {
        var isGivenUp = true
        defer { schedule.end(job, isGivenUp: isGivenUp) }
        switch job {
        case .duplicate(let item):
            try task.note(done: item.key, entry: nil)
            state.withLock { $0.duplicates += 1 }
        case .hash(let item): try hash(item)
        case .prepare(let item, let video):
            isGivenUp = try !prepare(item, video: video, worker, policy)
            return report()
        }
        isGivenUp = false
    }

    private func hash(_ item: PartItem) throws {
        guard let file = item.file(in: workspace) else { return try noteChanged(item) }
        guard let content = try content(of: file, item) else { return }
        try task.note(
            content: content.video, of: item.key,
            entry: try ItemNotes(file, video: content.video, content: content.whole).encoded())
    }

    /// The id of an item's content, and that of its file where the item is a part of it.
    ///
    /// - Returns: nil when the file cannot be read, which is noted then.
    private func content(of file: CorpusItem, _ item: PartItem) throws -> (video: String, whole: String?)? {
        switch try digests.digest(of: file, attempt.digest) {
        case .success(let digest):
            return (
                PreparedPath.videoID(digest, file.range),
                file.range == nil ? nil : PreparedPath.videoID(digest)
            )
        case .failure(let failure):
            let reason = Outcome.Reason(failure)
            let result = ItemNotes.Result(
                settingsKey: attempt.key, policyKey: attempt.policyKey, .failed(reason))
            try note(result, of: file, (nil, nil), item)
            return nil
        }
    }

    /// - Returns: whether an outcome is noted.
    private func prepare(
        _ item: PartItem, video known: String?, _ worker: VideoPreparation, _ policy: PolicyReapplication
    ) throws -> Bool {
        guard let file = item.file(in: workspace) else {
            try noteChanged(item)
            return true
        }
        let content: (video: String, whole: String?)
        if let known {
            content = (known, nil)
        } else {
            guard let read = try self.content(of: file, item) else { return true }
            content = read
        }
        let video = content.video
        let result: ItemNotes.Result
        do {
            let path = workspace.path(attempt.output(video))
            // One of a task that was killed before it wrote down what it knew is made again, with the same bytes.
            switch try isOfThisListing(path) ? .absent : files.state(of: path, policy) {
            case .usable(let decided, let fingerprint):
                try hook?(.decision, item.escaped)
                result = attempt.adopted(decided, fingerprint: fingerprint, video: video)
            case .unread: return false
            case .absent: result = try attempt.prepare(file, video: video, with: worker).0
            }
            try hook?(.noting, item.escaped)
        } catch {
            let outcome = try Outcome.failure(error, of: file.listed)
            let failed = ItemNotes.Result(settingsKey: attempt.key, policyKey: attempt.policyKey, outcome)
            try note(failed, of: file, content, item)
            return true
        }
        try note(result, of: file, content, item)
        return true
    }

    private func isOfThisListing(_ path: String) -> Bool {
        guard let file = FileIdentity(path: path) else { return false }
        return file.modifiedNanoseconds >= listedAt
    }

    private func note(
        _ result: ItemNotes.Result, of file: CorpusItem, _ content: (video: String?, whole: String?), _ item: PartItem
    ) throws {
        var notes = ItemNotes(file, video: content.video, content: content.whole)
        notes.result = result
        try task.note(done: item.key, entry: try notes.encoded())
        state.withLock { $0.add(result, isOwn: task.header.part.owns(item.key)) }
    }

    private func noteChanged(_ item: PartItem) throws {
        try task.note(changed: item.key)
        state.withLock { $0.changed += 1 }
    }

    private func report() {
        let counts = counts
        let own = max(counts.total, schedule.items.count { task.header.part.owns($0.key) })
        progress.update(done: counts.total, total: own, failed: counts.failed)
    }
}
