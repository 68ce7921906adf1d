import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
package import AVPrepCorpus
import AVPrepMedia
import AVPrepModel
package import AVPrepParts
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepVision
package import AVPrepWorkspace
import Foundation
import Synchronization

/// One of several tasks that divide an ingest: `avprep ingest --part I/N`.
///
/// It holds no lock and writes no catalog. What it prepares lies where every ingest puts it; what came of its items is in a
/// journal of its own, which ``MergeStage`` brings into the catalog.
package enum PartStage {
    /// How long a task is waited for that gives no sign of life, in seconds: longer than a file server takes to restart, and
    /// than network file systems remember a file's times.
    package static let leaseSeconds = 120.0

    /// Prepares the items of a part, and then those that other tasks leave.
    ///
    /// - Parameters:
    ///   - part: which items come first.
    ///   - leaseSeconds: how long other tasks wait for this one where it gives no sign of life.
    ///   - scratch: a folder on this machine's own disk, for what of a video does not fit into memory; nil: beside the
    ///     prepared files.
    ///   - hook: called at each step of each video; for tests.
    /// - Throws: ``Failure``: exit status 65 when other tasks work by other settings, 75 when another avprep holds the
    ///   workspace while the listing is to be made; `CancellationError`.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest = CorpusRequest(), part: PartNumber,
        retry: Bool = false, leaseSeconds: Double = PartStage.leaseSeconds, scratch: String? = nil,
        hook: PreparationHook? = nil
    ) throws -> PartReport {
        var memory = HeldMemory(workspace.settings.ingest.limits)
        if let scratch {
            try AtomicFile.makeFolder(scratch)
            memory.scratch = scratch
        }
        let identity = try PartIdentity.make(workspace, request, retry: retry)
        let task = try PartTask(
            PartsFolder(workspace.parts), part: part, leaseSeconds: leaseSeconds, identity: identity,
            startedAt: Catalog.timestamp())
        let listed: SharedListing.Content
        do {
            listed = try SharedListing.obtain(
                task, cancellation: context.cancellation,
                waiting: {
                    ProgressReporter.say("part \(part): another task lists the corpus", style: context.progress)
                },
                make: { try PartItem.listing(workspace, context, request, retry: retry) })
            try PartIdentity.require(identity, listed.identity, in: task.folder)
        } catch {
            task.withdraw()
            throw error
        }
        do {
            let report = try work(listed, task, workspace, context, memory, hook)
            task.leave(report.exitStatus)
            return report
        } catch {
            task.leave(context.cancellation.requested ?? (error as? any ActionableError)?.exitStatus ?? .failed)
            throw error
        }
    }

    private static func work(
        _ listed: SharedListing.Content, _ task: PartTask, _ workspace: Workspace, _ context: StageContext,
        _ memory: HeldMemory, _ hook: PreparationHook?
    ) throws -> PartReport {
        let items = try listed.lines.map { line in
            guard let item = PartItem(line: line) else {
                throw Failure(
                    "\(task.folder.listing) has a line that no avprep writes; merge, and start the tasks again",
                    exitStatus: .badInput)
            }
            return item
        }
        try task.lookAround()
        let settings = workspace.settings.ingest
        let transforms = try settings.spectrograms.map { try Spectrogram($0, wisdom: settings.wisdom) }
        let schedule = PartSchedule(items, task, cancellation: context.cancellation)
        let files = PreparedFiles { line in ProgressReporter.say(line, style: context.progress) }
        let worker = PartWorker(
            task: task, schedule: schedule, workspace: workspace,
            attempt: try VideoAttempt(workspace, cancellation: context.cancellation), files: files,
            listedAt: FileIdentity(path: task.folder.listing)?.modifiedNanoseconds ?? 0,
            progress: ProgressReporter("part \(task.header.part)", unit: "videos", style: context.progress), hook: hook)
        let isWarned = Atomic<Bool>(false)
        let count = max(1, min(workspace.workers, schedule.items.count))
        let cores = SpareCores(workers: count)
        try WorkerPool.run(Array(0..<count), workers: count, isCancelled: { context.cancellation.isCancelled }) {
            let video = try VideoPreparation(
                settings: settings, transforms: transforms, cancellation: context.cancellation,
                steps: PreparationSteps(hook), memory: memory, cores: cores)
            if let weakness = try video.weakness(), !isWarned.exchange(true, ordering: .relaxed) {
                ProgressReporter.say("avprep: \(weakness)", style: context.progress)
            }
            let policy = try PolicyReapplication(
                settings: settings, transforms: transforms, cancellation: context.cancellation)
            return (video, policy)
        } _: { (tools: (VideoPreparation, PolicyReapplication), _: Int) in
            do {
                while let job = try schedule.next() { try worker.perform(job, tools.0, tools.1) }
            } catch {
                schedule.stop()
                throw error
            }
        }
        worker.progress.finish()
        return PartReport(
            part: task.header.part, listed: schedule.items.count, remaining: try schedule.remaining(),
            counts: worker.counts, setAside: files.setAside.lines, unread: files.unread)
    }
}

/// What all tasks of one listing have to have in common.
enum PartIdentity {
    /// The key of the settings that prepared files depend on.
    static let ingest = "ingest settings"
    static let paths = "paths"
    static let only = "--only"

    static func make(_ workspace: Workspace, _ request: CorpusRequest, retry: Bool) throws -> [String: String] {
        let settings = workspace.settings
        let libraries =
            MediaLibraries.versions + VisionLibraries.versions + AudioLibraries.versions + StoreLibraries.versions
        return [
            "avprep version": Version.text,
            // Other versions of them may decode or encode to other bytes.
            "libraries": libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", "),
            ingest: try settings.ingest.key,
            "policy": try settings.ingest.policyKey,
            "corpus settings": try CanonicalJSON.key(of: settings.corpus),
            "folders.prepared": settings.folders.prepared,
            paths: try CanonicalJSON.encode(request.paths ?? []),
            only: "\(request.isWhole)",
            "--retry": "\(retry)",
        ]
    }

    /// - Throws: ``Failure`` with exit status 65 that names the first difference.
    static func require(_ own: [String: String], _ others: [String: String], in folder: PartsFolder) throws {
        for name in Set(own.keys).union(others.keys).sorted() where own[name] != others[name] {
            throw Failure(
                "the tasks in \(folder.path) have begun with another \(name) (\(others[name] ?? "none"), here \(own[name] ?? "none")): run all tasks with the same, or bring their work in with avprep merge first",
                exitStatus: .badInput)
        }
    }

    /// What the tasks were asked for.
    static func request(_ identity: [String: String]) throws -> CorpusRequest {
        var request = CorpusRequest()
        let paths = try StoredJSON.decode([BytePath].self, from: identity[paths] ?? "[]")
        if !paths.isEmpty { request.paths = paths }
        request.isWhole = identity[only] == "true"
        return request
    }
}
