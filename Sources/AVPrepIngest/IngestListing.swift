import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization

/// One ingest of one listing.
struct IngestListing {
    let items: ItemsByName
    let catalog: Catalog
    let workspace: Workspace
    let context: StageContext
    let key: String
    let files: PreparedFiles
    let attempt: VideoAttempt
    /// The outcomes of this run.
    let tally = OutcomeTally()
    let meter: WorkMeter
    /// Whether nothing but ``items`` is to be touched; else copies of them elsewhere become theirs.
    var isSelection = false
    private let hook: PreparationHook?

    init(
        _ items: [CorpusItem], catalog: Catalog, workspace: Workspace, context: StageContext, key: String,
        files: PreparedFiles, meter: WorkMeter, hook: PreparationHook? = nil
    ) throws {
        self.files = files
        self.meter = meter
        attempt = try VideoAttempt(workspace, cancellation: context.cancellation)
        self.hook = hook
        self.items = ItemsByName(items)
        self.catalog = catalog
        self.workspace = workspace
        self.context = context
        self.key = key
    }

    /// Enters the items into the catalog, and says what is to be done again.
    ///
    /// - Parameter retry: failed items, whatever failed; those with causes that pass always are.
    static func list(
        _ scan: CorpusListing, in catalog: Catalog, _ workspace: Workspace, run: Int64, retry: Bool
    ) throws -> (ListingChange, vanished: Int) {
        let (listed, vanished) = try catalog.list(scan.items.lazy.map { $0.listedFile }, run: run, scope: scan.scope) {
            CorpusScan.isGone($0, in: workspace)
        }
        if retry {
            let items = ItemsByName(scan.items)
            _ = try catalog.forgetFailures(stage: StageName.ingest) { items[$0] != nil }
        }
        _ = try catalog.forgetPassingFailures(stage: StageName.ingest)
        return (listed, vanished)
    }

    /// What is no regular file fails at once: nothing opens it, since that might take for ever.
    func recordFaults() throws {
        let faults = try catalog.pending(stage: StageName.ingest, settingsKey: key).compactMap { entry in
            items[entry.file.path].flatMap { item in item.fault.map { (item.listed, Outcome.failed($0)) } }
        }
        for (_, outcome) in faults { tally.add(outcome) }
        try record(faults)
        // The same row may have another number now.
        let missing = try catalog.outcomes(
            stage: StageName.ingest, settingsKey: key, status: "failed", code: Outcome.Reason.missingFile)
        try record(
            missing.compactMap { record in
                guard let fault = items[record.subject]?.fault, fault != record.outcome.reason else { return nil }
                return (record.subject, .failed(fault))
            })
    }

    /// Thousands at a time: each transaction waits for the disk, and a manifest may lack half of its files.
    func record(_ outcomes: [(BytePath, Outcome)]) throws {
        for first in stride(from: 0, to: outcomes.count, by: Self.recordsAtOnce) {
            try context.cancellation.check()
            let some = outcomes[first..<min(first + Self.recordsAtOnce, outcomes.count)]
            try catalog.record(
                some.map { listed, outcome in
                    OutcomeRecord(subject: listed, stage: StageName.ingest, settingsKey: key, outcome: outcome)
                })
        }
    }

    private static let recordsAtOnce = 10_000

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
            var adoption = Adoption.none
            if let record = try catalog.outcome(of: subject, stage: StageName.ingest), let output = record.output {
                try contained(subject) {
                    try hook?(.decision, subject.escaped)
                    adoption = try adopt(subject, output, reapplication, record)
                } failed: {
                    adoption = .adopted($0)
                }
            }
            // What is not there any more is prepared again.
            if case .none = adoption { try catalog.forget([subject], stage: StageName.ingest) }
            let done = state.withLock { state in
                state.done += 1
                if case .adopted = adoption { state.decided += 1 }
                return state.done
            }
            progress.update(done: done, total: subjects.count)
        }
        progress.finish()
        return state.withLock { $0.decided }
    }

    /// What came of looking for a video's prepared file.
    private enum Adoption {
        case adopted(Outcome)
        /// There is none: the video is to be prepared.
        case none
        /// There is one that cannot be read: it is left alone, and so is the video.
        case unread
    }

    /// Takes a prepared file that is there for this video's, decided by the policy in force.
    ///
    /// - Parameter before: the costs of the outcome that is recorded so far.
    private func adopt(
        _ listed: BytePath, _ output: String, _ reapplication: PolicyReapplication, _ before: OutcomeRecord? = nil
    ) throws -> Adoption {
        let decided: DecidedVideo
        let fingerprint: [UInt8]
        switch try files.state(of: workspace.path(output), reapplication) {
        case .absent: return .none
        case .unread: return .unread
        case .usable(let video, let bytes): (decided, fingerprint) = (video, bytes)
        }
        if let video = try catalog.item(listed)?.videoID,
            try !catalog.hasFingerprint(ofVideo: video, settingsKey: key)
        {
            try catalog.setFingerprint(fingerprint, ofVideo: video, settingsKey: key)
        }
        try record(
            listed, decided.outcome, output: output, decided: decided, wallSeconds: before?.wallSeconds ?? 0,
            cpuSeconds: before?.cpuSeconds ?? 0)
        return .adopted(decided.outcome)
    }

    /// Of files with the same bytes only the first is prepared.
    ///
    /// - Returns: the pending items that are no duplicates.
    func skipDuplicates() throws -> [CatalogItem] {
        let pending = try catalog.pending(stage: StageName.ingest, settingsKey: key)
        guard !pending.isEmpty else { return [] }
        let primary = try nameDuplicates()
        return try pending.filter { entry in
            let path = entry.file.path
            if isSelection, items[path] == nil { return false }
            guard let first = primary[path] else { return true }
            try record(path, .skipped(Self.duplicate(path, of: first)))
            return false
        }
    }

    /// Prepares every pending item, the largest files first: the last ones to finish are then short.
    func prepare(_ transforms: [Spectrogram]) throws {
        var work = try skipDuplicates().filter { items[$0.file.path] != nil }
        guard !work.isEmpty else { return }
        work.sort { ($1.file.size, $0.file.path) < ($0.file.size, $1.file.path) }
        let total = max(1, work.reduce(0) { $0 + max(0, $1.file.size) })
        let count = work.count
        let progress = ProgressReporter("ingest", unit: "videos", style: context.progress)
        let state = Mutex((videos: 0, bytes: Int64(0), failed: 0))
        let settings = workspace.settings.ingest
        let isWarned = Atomic<Bool>(false)
        try meter.plan(videos: count, bytes: total, workers: min(workspace.workers, count))
        progress.update(done: 0, total: count)
        let reapplication = try PolicyReapplication(
            settings: settings, transforms: transforms, cancellation: context.cancellation)
        let cores = SpareCores(workers: min(workspace.workers, count))
        try WorkerPool.run(work, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            let worker = try VideoPreparation(
                settings: settings, transforms: transforms, cancellation: context.cancellation,
                steps: PreparationSteps(hook), cores: cores)
            if let weakness = try worker.weakness(), !isWarned.exchange(true, ordering: .relaxed) {
                progress.say("avprep: \(weakness)")
            }
            return worker
        } _: { worker, entry in
            guard let item = items[entry.file.path], let video = entry.videoID else { return }
            var outcome: Outcome?
            try contained(item.listed) {
                outcome = try prepare(item, video: video, with: worker, reapplication)
            } failed: {
                outcome = $0
            }
            let (videos, bytes, failed) = state.withLock { state in
                state.videos += 1
                state.bytes += entry.file.size
                if case .failed = outcome { state.failed += 1 }
                return state
            }
            progress.update(done: videos, total: count, share: Double(bytes) / Double(total), failed: failed)
        }
        meter.endPreparing()
        progress.finish()
    }

    /// - Returns: nil when nothing was done: what lies in the file's place cannot be read.
    private func prepare(
        _ item: CorpusItem, video: String, with worker: VideoPreparation, _ reapplication: PolicyReapplication
    ) throws -> Outcome? {
        // A file that is there is whole: the run that made it was killed before the catalog knew.
        switch try adopt(item.listed, attempt.output(video), reapplication) {
        case .adopted(let outcome): return outcome
        case .unread: return nil
        case .none: break
        }
        var notes = ItemNotes(item, video: video)
        let (result, effort) = try attempt.prepare(item, video: video, with: worker)
        try worker.clock.during(.output) {
            try hook?(.noting, item.listed.escaped)
            notes.result = result
            try catalog.note([notes], stage: StageName.ingest)
        }
        let measured = worker.clock.restart()
        try meter.add { work in
            work[.videos] += 1
            work[.videoSeconds] += effort.videoSeconds
            work[.sourceBytes] += Double(max(0, item.identity?.size ?? 0))
            StageSeconds(measured, decoder: effort.decoderSeconds).add(to: &work)
        }
        guard let outcome = result.outcome else { return nil }
        try tell(outcome, of: item.listed, seconds: result.wallSeconds)
        return outcome
    }

    /// Does what concerns one item. An error of its own becomes its outcome, and is recorded.
    ///
    /// - Throws: errors that concern the whole run, see `RunEndingError`.
    private func contained(_ listed: BytePath, _ body: () throws -> Void, failed: (Outcome) -> Void) throws {
        do {
            try body()
        } catch {
            let outcome = try Outcome.failure(error, of: listed)
            try record(listed, outcome)
            failed(outcome)
        }
    }

    func record(
        _ listed: BytePath, _ outcome: Outcome, output: String? = nil, decided: DecidedVideo? = nil,
        wallSeconds: Double = 0, cpuSeconds: Double = 0
    ) throws {
        try tell(outcome, of: listed, seconds: wallSeconds)
        let record = OutcomeRecord(
            subject: listed, stage: StageName.ingest, settingsKey: key, outcome: outcome,
            wallSeconds: wallSeconds, cpuSeconds: cpuSeconds, output: output,
            outputBytes: output.flatMap { PreparedFiles.size(of: workspace.path($0)) })
        if let decided {
            try catalog.record(
                record, decided: decided.segments, policyKey: workspace.settings.ingest.policyKey)
        } else {
            try catalog.record(record)
        }
    }

    /// Counts an outcome of this run, and tells whoever listens.
    private func tell(_ outcome: Outcome, of listed: BytePath, seconds: Double) throws {
        tally.add(outcome)
        try meter.add(outcome)
        context.log?.item(
            listed.escaped, stage: StageName.ingest, outcome: outcome.status, reason: outcome.reason?.code,
            detail: outcome.reason?.detail, seconds: seconds > 0 ? seconds : nil)
    }
}
