import AVPrepCatalog
import AVPrepCore
import AVPrepStore
import Foundation
import Synchronization

/// The catalog and the prepared files, held against what lies in the shards.
struct CatalogVerification {
    let workspace: Workspace
    let context: StageContext
    let isQuick: Bool

    struct Result {
        var findings: [VerifyReport.Finding] = []
        var preparedFiles = 0
    }

    /// - Parameters:
    ///   - shardVideos: the videos in all shards; nil where some could not be read, so that nobody knows.
    ///   - vanished: those of them that the index marks as gone.
    ///   - straddling: prepared videos that the index says are left out.
    /// - Throws: `CancellationError`.
    func run(shardVideos: Set<String>?, vanished: Set<String>, straddling: Set<String>) throws -> Result {
        var result = Result()
        let path = workspace.catalog
        do {
            let catalog = try Catalog(path: path, access: .readOnly)
            if !isQuick { try catalog.checkIntegrity() }
            try catalog.checkCounts()
            let key = try workspace.settings.ingest.key
            let done = try catalog.outcomes(stage: IngestStage.name, settingsKey: key, status: "done")
            result.preparedFiles = done.count
            result.findings += try prepared(done)
            let videos = try Set(done.compactMap { try catalog.item($0.subject)?.videoID })
            if let shardVideos {
                result.findings += difference(shardVideos.subtracting(vanished), videos.subtracting(straddling))
            }
        } catch let error as CatalogError {
            result.findings.append(
                VerifyReport.Finding(
                    .catalog, path, error.description, remedy: "avprep ingest makes it again from what is prepared"))
        }
        return result
    }

    private func difference(_ inShards: Set<String>, _ inCatalog: Set<String>) -> [VerifyReport.Finding] {
        var findings: [VerifyReport.Finding] = []
        let missing = inCatalog.subtracting(inShards)
        if let first = missing.min() {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(missing.count) prepared videos are in no shard, \(first) among them",
                    remedy: "avprep shard packs them"))
        }
        let extra = inShards.subtracting(inCatalog)
        if let first = extra.min() {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(extra.count) videos of the shards are not prepared under these settings, \(first) among them",
                    remedy: "avprep shard marks them as gone; --compact leaves them out"))
        }
        return findings
    }

    private func prepared(_ done: [OutcomeRecord]) throws -> [VerifyReport.Finding] {
        let findings = Mutex([VerifyReport.Finding]())
        let progress = ProgressReporter("verify", unit: "prepared files", style: context.progress)
        let count = Mutex(0)
        try WorkerPool.run(
            done, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }
        ) { record in
            let path = workspace.path(record.output ?? "")
            let remedy = "avprep ingest prepares \(record.subject) again"
            if !FileManager.default.fileExists(atPath: path) {
                findings.withLock { $0.append(.init(.missing, path, "it is not there", remedy: remedy)) }
            } else if !isQuick {
                do {
                    _ = try StoreReader(path: path)
                } catch {
                    findings.withLock {
                        $0.append(.init(.damaged, path, "\(error)", remedy: "remove it; " + remedy))
                    }
                }
            }
            progress.update(
                done: count.withLock { count in
                    count += 1
                    return count
                }, total: done.count)
        }
        progress.finish()
        return findings.withLock { $0 }.sorted { $0.file < $1.file }
    }
}
