import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepMedia
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation
import Synchronization

/// Corpus → prepared files and catalog: every file ends done, skipped or failed.
package enum IngestStage {
    /// Prepares what is not prepared yet for these contents and settings.
    ///
    /// - Parameter retry: failed items are tried again.
    /// - Throws: ``Failure`` when there is nothing to ingest, or the disk or the workspace refuses;
    ///   `CancellationError`. The trouble of a single file is an outcome, not an error.
    package static func run(_ workspace: Workspace, _ context: StageContext, retry: Bool = false) throws
        -> IngestReport
    {
        try workspace.exclusively {
            let items = try CorpusScan.items(in: workspace)
            removeLitter(workspace)
            let settings = workspace.settings.ingest
            let transforms = try settings.spectrograms.map { try Spectrogram($0, wisdom: settings.wisdom) }
            let catalog = try Catalog(path: workspace.catalog)
            let key = try settings.key
            let run = try catalog.beginRun(StageName.ingest)
            do {
                if retry { _ = try catalog.forgetFailures(stage: StageName.ingest) }
                _ = try catalog.list(items.map(\.listedFile), run: run)
                _ = try catalog.endListing(run: run)
                let listing = Listing(items, catalog: catalog, workspace: workspace, context: context, key: key)
                try listing.forgetLostResults()
                try listing.hash()
                let decidedAnew = try listing.decideAnew(transforms)
                try listing.prepare(transforms)
                let duplicates = try NearDuplicates.find(in: catalog, workspace.settings, context)
                let report = try IngestReport(
                    catalog: catalog, settings: settings, nearDuplicates: duplicates,
                    decidedAnew: decidedAnew)
                try catalog.endRun(run, report.exitStatus)
                return report
            } catch {
                let status = context.cancellation.requested ?? (error as? any ActionableError)?.exitStatus ?? .failed
                try? catalog.endRun(run, status)
                throw error
            }
        }
    }

    /// Removes what ingests that were killed have left among the prepared files.
    private static func removeLitter(_ workspace: Workspace) {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: workspace.prepared)) ?? []
        for folder in folders { AtomicFile.removeLitter(in: "\(workspace.prepared)/\(folder)") }
    }
}

/// One ingest of one listing.
private struct Listing {
    let items: [String: CorpusItem]
    let catalog: Catalog
    let workspace: Workspace
    let context: StageContext
    let key: String

    init(_ items: [CorpusItem], catalog: Catalog, workspace: Workspace, context: StageContext, key: String) {
        self.items = Dictionary(uniqueKeysWithValues: items.map { ($0.listed, $0) })
        self.catalog = catalog
        self.workspace = workspace
        self.context = context
        self.key = key
    }

    /// Items whose prepared file somebody removed are to be done again.
    func forgetLostResults() throws {
        let lost = try prepared().filter { record in
            !(record.output.map { FileManager.default.fileExists(atPath: workspace.path($0)) } ?? false)
        }
        try catalog.forget(lost.map(\.subject), stage: StageName.ingest)
    }

    /// What has a prepared file, be it in shards or dropped.
    private func prepared() throws -> [OutcomeRecord] {
        try catalog.outcomes(stage: StageName.ingest, settingsKey: key, status: "done")
            + catalog.outcomes(
                stage: StageName.ingest, settingsKey: key, status: "skipped", code: DecidedVideo.droppedCode)
    }

    /// Brings what was decided by another policy under the one in force, without decoding it.
    ///
    /// - Returns: how many videos there were.
    func decideAnew(_ transforms: [Spectrogram]) throws -> Int {
        let settings = workspace.settings.ingest
        let subjects = try catalog.decidedOtherwise(
            stage: StageName.ingest, settingsKey: key, policyKey: settings.policyKey)
        guard !subjects.isEmpty else { return 0 }
        let reapplication = try PolicyReapplication(
            settings: settings, transforms: transforms, cancellation: context.cancellation)
        let progress = ProgressReporter("decide", unit: "videos", style: context.progress)
        let state = Mutex((done: 0, decided: 0))
        try WorkerPool.run(subjects, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            subject in
            var isDecided = false
            if let item = items[subject], let record = try catalog.outcome(of: subject, stage: StageName.ingest),
                let output = record.output
            {
                isDecided = try adopt(item, output, reapplication, record) != nil
            }
            // What cannot be read is prepared again.
            if !isDecided { try catalog.forget([subject], stage: StageName.ingest) }
            let done = state.withLock { state in
                state.done += 1
                state.decided += isDecided ? 1 : 0
                return state.done
            }
            progress.update(done: done, total: subjects.count)
        }
        progress.finish()
        return state.withLock { $0.decided }
    }

    /// Takes a prepared file that is there for this video's, decided by the policy in force.
    ///
    /// - Parameter before: the costs of the outcome that is recorded so far.
    /// - Returns: nil when there is none that can be read.
    private func adopt(
        _ item: CorpusItem, _ output: String, _ reapplication: PolicyReapplication, _ before: OutcomeRecord? = nil
    ) throws -> Outcome? {
        let path = workspace.path(output)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let result = try reapplication.decide(path) else {
            unlink(path)
            return nil
        }
        if let video = try catalog.item(item.listed)?.videoID,
            try !catalog.hasFingerprint(ofVideo: video, settingsKey: key)
        {
            try catalog.setFingerprint(PreparedFingerprint.read(path), ofVideo: video, settingsKey: key)
        }
        try record(
            item, result.video.outcome, output: output, decided: result.video,
            wallSeconds: before?.wallSeconds ?? 0, cpuSeconds: before?.cpuSeconds ?? 0)
        return result.video.outcome
    }

    /// Gives every listed file the id of its content.
    func hash() throws {
        let pending = try catalog.pending(stage: StageName.ingest, settingsKey: key).filter { $0.videoID == nil }
        guard !pending.isEmpty else { return }
        let total = max(1, pending.reduce(0) { $0 + max(0, $1.file.size) })
        let progress = ProgressReporter("hash", unit: "files", style: context.progress)
        let state = Mutex((files: 0, bytes: Int64(0)))
        // Several at a time are noted together, since each note waits for the disk; and no worker ends long before the rest.
        let length = max(1, min(64, pending.count / (16 * max(1, workspace.workers))))
        let batches = stride(from: 0, to: pending.count, by: length).map {
            pending[$0..<min($0 + length, pending.count)]
        }
        try WorkerPool.run(batches, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            batch in
            var found: [(videoID: String, path: String)] = []
            for entry in batch {
                guard let item = items[entry.file.path] else { continue }
                do {
                    let digest = try SHA256.digest(ofFile: item.path) { context.cancellation.isCancelled }
                    found.append((PreparedPath.videoID(digest), item.listed))
                } catch let failure as Failure {
                    try record(item, .failed(Outcome.Reason("unreadable", failure.description)))
                }
                let (files, bytes) = state.withLock { state in
                    state.files += 1
                    state.bytes += max(0, entry.file.size)
                    return state
                }
                progress.update(done: files, total: pending.count, share: Double(bytes) / Double(total))
            }
            try catalog.setVideoIDs(found)
        }
        progress.finish()
    }

    /// Prepares every pending item, the largest files first: the last ones to finish are then short.
    func prepare(_ transforms: [Spectrogram]) throws {
        var primary: [String: String] = [:]
        for group in try catalog.duplicates() {
            for path in group.paths.dropFirst() { primary[path] = group.paths[0] }
        }
        var work: [CatalogItem] = []
        for entry in try catalog.pending(stage: StageName.ingest, settingsKey: key) {
            if let first = primary[entry.file.path], let item = items[entry.file.path] {
                let reason = Outcome.Reason("duplicate", "\(item.listed) has the same bytes as \(first)")
                try record(item, .skipped(reason))
            } else {
                work.append(entry)
            }
        }
        guard !work.isEmpty else { return }
        work.sort { ($1.file.size, $0.file.path) < ($0.file.size, $1.file.path) }
        let total = max(1, work.reduce(0) { $0 + $1.file.size })
        let count = work.count
        let progress = ProgressReporter("ingest", unit: "videos", style: context.progress)
        let state = Mutex((videos: 0, bytes: Int64(0), failed: 0))
        let settings = workspace.settings.ingest
        let isWarned = Atomic<Bool>(false)
        progress.update(done: 0, total: count)
        let reapplication = try PolicyReapplication(
            settings: settings, transforms: transforms, cancellation: context.cancellation)
        try WorkerPool.run(work, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            let worker = try VideoPreparation(
                settings: settings, transforms: transforms, cancellation: context.cancellation)
            if let weakness = try worker.weakness(), !isWarned.exchange(true, ordering: .relaxed) {
                progress.say("avprep: \(weakness)")
            }
            return worker
        } _: { worker, entry in
            guard let item = items[entry.file.path], let video = entry.videoID else { return }
            let outcome = try prepare(item, video: video, with: worker, reapplication)
            let (videos, bytes, failed) = state.withLock { state in
                state.videos += 1
                state.bytes += entry.file.size
                if case .failed = outcome { state.failed += 1 }
                return state
            }
            progress.update(done: videos, total: count, share: Double(bytes) / Double(total), failed: failed)
        }
        progress.finish()
    }

    private func prepare(
        _ item: CorpusItem, video: String, with worker: VideoPreparation, _ reapplication: PolicyReapplication
    ) throws -> Outcome {
        let output = PreparedPath.path(video: video, key: key, in: workspace.settings.folders.prepared)
        // A file that is there is whole: the run that made it was killed before the catalog knew.
        if let outcome = try adopt(item, output, reapplication) { return outcome }
        let wall = ContinuousClock.now
        let cpu = threadSeconds()
        let result = try worker.prepare(item, video: video, to: workspace.path(output))
        if let info = result.info {
            let media = MediaRecord(info: info, tally: result.tally, decode: result.decode, cues: result.cues)
            try catalog.setMedia(CanonicalJSON.encode(media), ofVideo: video)
        }
        if result.decided != nil {
            try catalog.setFingerprint(result.fingerprint, ofVideo: video, settingsKey: key)
        }
        try record(
            item, result.outcome, output: result.decided == nil ? nil : output, decided: result.decided,
            wallSeconds: (ContinuousClock.now - wall).inSeconds,
            cpuSeconds: threadSeconds() - cpu + result.decoderSeconds)
        return result.outcome
    }

    private func record(
        _ item: CorpusItem, _ outcome: Outcome, output: String? = nil, decided: DecidedVideo? = nil,
        wallSeconds: Double = 0, cpuSeconds: Double = 0
    ) throws {
        let record = OutcomeRecord(
            subject: item.listed, stage: StageName.ingest, settingsKey: key, outcome: outcome,
            wallSeconds: wallSeconds, cpuSeconds: cpuSeconds, output: output)
        if let decided {
            try catalog.record(
                record, decided: decided.segments, policyKey: workspace.settings.ingest.policyKey)
        } else {
            try catalog.record(record)
        }
    }
}

/// What the catalog keeps of a video's content, as JSON, for people and scripts: no stage reads it back.
struct MediaRecord: StoredRecord, Sendable, Equatable {
    /// What the container says.
    let info: MediaInfo
    /// Segments, cuts and seconds dropped; nil when it was skipped before that.
    let tally: Segmenter.Tally?
    let decode: DecodeSummary?
    /// CropPlan and changes of shot; nil when it was skipped before that.
    var cues: CueRecord?
}

extension CorpusItem {
    /// The item as the catalog lists it. A file that cannot be looked at has size -1: it becomes a failed item.
    fileprivate var listedFile: ListedFile {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return ListedFile(path: listed, size: -1, modifiedNanoseconds: 0)
        }
        let nanoseconds = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return ListedFile(path: listed, size: Int64(status.st_size), modifiedNanoseconds: nanoseconds)
    }
}

/// CPU seconds of the calling thread.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
