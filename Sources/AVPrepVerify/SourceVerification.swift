import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization

/// Reads the corpus again and compares its content with the catalog: finds what changed while size and time stayed the same.
struct SourceVerification {
    let workspace: Workspace
    let context: StageContext

    struct Result {
        var findings: [VerifyReport.Finding] = []
        var files = 0
        var bytesRead = 0
    }

    /// - Throws: `CancellationError`.
    func run() throws -> Result {
        let known: [CatalogItem]
        do {
            known = try Catalog(path: workspace.catalog, access: .readOnly).hashed()
        } catch let error as CatalogError {
            let finding = VerifyReport.Finding(
                .catalog, workspace.catalog, error.description, remedy: "avprep ingest lists and reads the corpus")
            return Result(findings: [finding])
        }
        let progress = ProgressReporter("verify", unit: "sources", style: context.progress)
        let state = Mutex(Result())
        let total = max(1, known.reduce(0) { $0 + max(0, $1.file.size) })
        try WorkerPool.run(known, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            item in
            let finding = try finding(on: item)
            let (files, bytes) = state.withLock { state in
                state.files += 1
                state.bytesRead += Int(max(0, item.file.size))
                if let finding { state.findings.append(finding) }
                return (state.files, state.bytesRead)
            }
            progress.update(done: files, total: known.count, share: Double(bytes) / Double(total))
        }
        progress.finish()
        return state.withLock { state in
            state.findings.sort { $0.file < $1.file }
            return state
        }
    }

    private func finding(on item: CatalogItem) throws -> VerifyReport.Finding? {
        let name = ItemName(listed: item.file.path)
        let path = workspace.path(name.file)
        do {
            guard try ExistingFile.isThere(path) else {
                return VerifyReport.Finding(
                    .missing, path.escaped, "the corpus had it, and it does not exist",
                    remedy: "put it back, or run avprep ingest, which takes it from the list")
            }
            let digest = try SHA256.digest(ofFile: path) { context.cancellation.isCancelled }
            guard PreparedPath.videoID(digest, name.range) != item.videoID else { return nil }
            return VerifyReport.Finding(
                .source, path.escaped, "it has another content than when it was ingested (video \(item.videoID ?? ""))",
                remedy: "put the old content back, or run avprep ingest --rehash, which prepares the new one")
        } catch let failure as ReadFailure {
            return VerifyReport.Finding(
                .unreadable, path.escaped, failure.description, remedy: VerifyReport.makeReadable)
        } catch let failure as Failure {
            return VerifyReport.Finding(
                .unreadable, path.escaped, failure.description, remedy: VerifyReport.makeReadable)
        }
    }
}
