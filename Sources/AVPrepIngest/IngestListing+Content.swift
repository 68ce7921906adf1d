import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization

extension IngestListing {
    /// Gives every listed file the id of its content.
    func hash() throws {
        let pending = try catalog.pending(stage: StageName.ingest, settingsKey: key).filter {
            $0.videoID == nil && items[$0.file.path].map { $0.fault == nil } == true
        }
        try readContents(of: pending) { found in
            try catalog.setVideoIDs(found.map { ($0.videoID, $0.contentID, $0.entry.file.path) })
        }
    }

    /// Items whose prepared file somebody removed are to be done again.
    func forgetLostResults() throws {
        let names = PreparedNames(workspace, key: key)
        var lost: [BytePath] = []
        var sizes: [(BytePath, Int64)] = []
        try catalog.forEachOutput(stage: StageName.ingest, settingsKey: key) { subject, output, isSized in
            if isSized, names.contains(output) { return }
            let path = workspace.path(output)
            if files.isGone(path) {
                lost.append(subject)
            } else if !isSized, let size = PreparedFiles.size(of: path) {
                sizes.append((subject, size))
            }
        }
        try catalog.forget(lost, stage: StageName.ingest)
        try catalog.setOutputBytes(sizes, stage: StageName.ingest)
    }

    /// The first of the files with the same bytes, for each of the others. What says that it is a copy of another one, which
    /// was first as long as not all were known, says it of the first.
    @discardableResult
    func nameDuplicates() throws -> [BytePath: BytePath] {
        var primary: [BytePath: BytePath] = [:]
        for group in try catalog.duplicates() {
            for path in group.paths.dropFirst() { primary[path] = group.paths[0] }
        }
        let known = try catalog.outcomes(
            stage: StageName.ingest, settingsKey: key, status: "skipped", code: Self.duplicate)
        try record(
            known.compactMap { record in
                guard let first = primary[record.subject] else { return nil }
                let reason = Self.duplicate(record.subject, of: first)
                return record.outcome.reason == reason ? nil : (record.subject, .skipped(reason))
            })
        return primary
    }

    private static let duplicate = "duplicate"

    static func duplicate(_ path: BytePath, of first: BytePath) -> Outcome.Reason {
        Outcome.Reason(duplicate, "\(path) has the same bytes as \(first)")
    }

    /// What was forgotten does not come back, under whatever name or settings. Of a downloaded file the download goes, too, and
    /// its address is not asked again.
    func skipForgotten() throws {
        let forgotten = Set(try catalog.forgotten().map(\.videoID))
        guard !forgotten.isEmpty else { return }
        for entry in try catalog.pending(stage: StageName.ingest, settingsKey: key) {
            guard let own = entry.videoID, !isSelection || items[entry.file.path] != nil else { continue }
            // A part of a forgotten file is forgotten, also one that nobody has listed before.
            let name = ItemName(listed: entry.file.path)
            let isPart = name.range != nil
            let video = try isPart && !forgotten.contains(own) ? catalog.contentID(of: entry.file.path) ?? own : own
            guard forgotten.contains(video) else { continue }
            try record(entry.file.path, .skipped(.forgotten(entry.file.path, video)))
            guard entry.file.path.isWebAddress else { continue }
            try catalog.noteForgotten(address: video == own ? entry.file.path : name.file, videoID: video)
            if let path = items[entry.file.path]?.path { try Self.remove(path.escaped) }
        }
    }

    /// What lies at a web address, and was forgotten, is not fetched again.
    static func skipForgottenAddresses(_ items: [CorpusItem], in catalog: Catalog, key: String) throws {
        let forgotten = try ForgottenAddresses(catalog)
        guard !forgotten.isEmpty else { return }
        let pending = Set(try catalog.pending(stage: StageName.ingest, settingsKey: key).map(\.file.path))
        try catalog.record(
            items.compactMap { item in
                guard item.isToBeDownloaded, pending.contains(item.listed), let video = forgotten[item.listed] else {
                    return nil
                }
                return OutcomeRecord(
                    subject: item.listed, stage: StageName.ingest, settingsKey: key,
                    outcome: .skipped(.forgotten(item.listed, video)))
            })
    }

    /// Takes out again what tasks, which do not know it, have made of forgotten contents.
    func removeForgotten() throws {
        try skipForgotten()
        let forgotten = try catalog.forgotten().map(\.videoID)
        let parts = try catalog.parts(ofContents: forgotten)
        let isClean = try catalog.tracesOfForgotten().isEmpty && Set(parts).isSubset(of: forgotten)
        guard !isClean else { return }
        let ids = Set(forgotten).union(parts).sorted()
        try catalog.beginForgetting(ids, settingsKey: key)
        for path in try workspace.preparedFiles(ofVideos: ids) { try Self.remove(path) }
        try catalog.finishForgetting()
    }

    private static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw Failure("cannot remove \(path): \(systemError()); make its folder writable")
        }
    }

    /// Reads the files whose content is known, too: those with another content lose their outcomes, whatever their size
    /// and time say.
    func hashAgain() throws {
        let known = try catalog.hashed()
        try readContents(of: known) { found in
            for found in found where found.videoID != found.entry.videoID {
                try catalog.setContent(found.videoID, contentID: found.contentID, of: found.entry.file.path)
            }
        }
    }

    /// An item whose content was read.
    private struct ReadContent {
        let entry: CatalogItem
        let videoID: String
        /// Of the whole file where the item is a part of it.
        let contentID: String?
    }

    /// Reads files, several at a time, and passes on the ids of their contents. A file of several items is read once. Items
    /// whose file cannot be read fail.
    private func readContents(of entries: [CatalogItem], _ found: @Sendable ([ReadContent]) throws -> Void) throws {
        guard !entries.isEmpty else { return }
        var parts: [BytePath: Int] = [:]
        var files: [[CatalogItem]] = []
        for entry in entries {
            guard let item = items[entry.file.path], item.fault == nil else { continue }
            if let place = parts[item.path] {
                files[place].append(entry)
            } else {
                parts[item.path] = files.count
                files.append([entry])
            }
        }
        let total = max(1, files.reduce(0) { $0 + max(0, $1[0].file.size) })
        let progress = ProgressReporter("hash", unit: "files", style: context.progress)
        let state = Mutex((files: 0, bytes: Int64(0)))
        // Several at a time are noted together, since each note waits for the disk; and no worker ends long before the rest.
        let length = max(1, min(64, files.count / (16 * max(1, workspace.workers))))
        let batches = stride(from: 0, to: files.count, by: length).map { files[$0..<min($0 + length, files.count)] }
        let count = files.count
        try WorkerPool.run(batches, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            batch in
            let begin = ContinuousClock.now
            var read: [ReadContent] = []
            for entries in batch {
                guard let item = items[entries[0].file.path] else { continue }
                switch try attempt.digest(of: item) {
                case .success(let digest): read += entries.map { content(of: $0, digest) }
                case .failure(let failure):
                    for entry in entries { try record(entry.file.path, .failed(Outcome.Reason(failure))) }
                }
                let (files, bytes) = state.withLock { state in
                    state.files += 1
                    state.bytes += max(0, entries[0].file.size)
                    return state
                }
                progress.update(done: files, total: count, share: Double(bytes) / Double(total))
            }
            try found(read)
            try meter.add { $0[.hashing] += (ContinuousClock.now - begin).inSeconds }
        }
        progress.finish()
    }

    private func content(of entry: CatalogItem, _ digest: SHA256Digest) -> ReadContent {
        let range = items[entry.file.path]?.range
        return ReadContent(
            entry: entry, videoID: PreparedPath.videoID(digest, range),
            contentID: range == nil ? nil : PreparedPath.videoID(digest))
    }
}

/// Tries again, after short pauses, what failed for a cause that passes.
final class PassingRetries: Sendable {
    /// Seconds before each further attempt.
    private static let pauses = [0.1, 0.5, 2]
    /// After so many failures in a row the cause is none that passes soon, and every item gets one attempt: a server that
    /// is gone must not cost seconds for each of a million files.
    private static let patience = 16

    private let cancellation: Cancellation
    private let failuresInARow = Atomic<Int>(0)

    init(cancellation: Cancellation) { self.cancellation = cancellation }

    /// - Parameter isPassing: whether a result is a failure that may pass.
    /// - Returns: the result of the last attempt.
    /// - Throws: what `body` throws; `CancellationError` during a pause.
    func run<Value>(isPassing: (Value) -> Bool, _ body: () throws -> Value) throws -> Value {
        for pause in Self.pauses where failuresInARow.load(ordering: .relaxed) < Self.patience {
            let value = try body()
            guard isPassing(value) else {
                failuresInARow.store(0, ordering: .relaxed)
                return value
            }
            try cancellation.wait(seconds: pause)
        }
        let value = try body()
        if isPassing(value) {
            failuresInARow.add(1, ordering: .relaxed)
        } else {
            failuresInARow.store(0, ordering: .relaxed)
        }
        return value
    }
}
