import AVPrepCatalog
import AVPrepCore
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import Synchronization

/// Whether anything is left of videos that were forgotten.
struct ForgottenVerification {
    let workspace: Workspace
    let context: StageContext
    private let videos: [ForgottenVideo]
    private let ids: Set<String>
    private static let remedy = "avprep forget without further words ends it; then run avprep verify --forgotten"

    init(workspace: Workspace, context: StageContext) throws {
        self.workspace = workspace
        self.context = context
        videos =
            try ExistingFile.isThere(workspace.catalog)
            ? Catalog(path: workspace.catalog, access: .readOnly).forgotten() : []
        ids = Set(videos.map(\.videoID))
    }

    var count: Int { videos.count }

    /// - Parameters:
    ///   - index: of the shards, if there is one.
    ///   - packed: the ids of videos and groups in shards.
    ///   - readsFiles: search all bytes of prepared files, shards and runs for ids, too.
    /// - Throws: ``CatalogError``; `CancellationError`.
    func run(index: ShardIndex?, packed: Set<String>, readsFiles: Bool) throws -> [VerifyReport.Finding] {
        guard !videos.isEmpty else { return [] }
        var findings: [VerifyReport.Finding] = []
        func add(_ file: String, _ detail: String, _ remedy: String = Self.remedy) {
            findings.append(VerifyReport.Finding(.forgotten, file, detail, remedy: remedy))
        }
        for video in videos where !video.isDone {
            add(workspace.catalog, "the removal of \(video.videoID) has not ended")
        }
        for (table, video) in try Catalog(path: workspace.catalog, access: .readOnly).tracesOfForgotten() {
            add(workspace.catalog, "its table \(table) holds something of the forgotten video \(video)", again(video))
        }
        for video in ids.intersection(packed).sorted() {
            add(workspace.shards, "a shard holds the forgotten video \(video), or is grouped by it", again(video))
        }
        let listed = (index?.vanishedVideos ?? []) + (index?.straddlingVideos ?? [])
        for video in ids.intersection(listed + (index?.leftOut?.nearDuplicates ?? [])).sorted() {
            add("\(workspace.shards)/\(ShardIndex.fileName)", "it names the forgotten video \(video)", again(video))
        }
        for (place, ids) in Dictionary(grouping: ids, by: { String($0.prefix(2)) }).sorted(by: { $0.key < $1.key }) {
            let names = try ExistingFile.names(inFolder: "\(workspace.prepared)/\(place)")
            for name in names where ids.contains(String(name.prefix(PreparedPath.videoIDLength))) {
                add(
                    "\(workspace.prepared)/\(place)/\(name)", "it was made from a forgotten video",
                    again(String(name.prefix(PreparedPath.videoIDLength))))
            }
        }
        if readsFiles {
            for (path, video) in try search() {
                add(path, "the id of the forgotten video \(video) is in it", again(video))
            }
        }
        return findings
    }

    private func again(_ video: String) -> String { "avprep forget \(video) removes it" }

    /// All regular files of the workspace with an id in their bytes, but for the catalog, which keeps the ids.
    private func search() throws -> [(String, String)] {
        var paths: [String] = []
        for folder in [workspace.prepared, workspace.shards, workspace.runs] {
            guard let names = FileManager.default.enumerator(atPath: folder) else { continue }
            for case let name as String in names {
                try context.cancellation.check()
                var status = stat()
                let path = "\(folder)/\(name)"
                if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG { paths.append(path) }
            }
        }
        let (search, total) = (IDSearch(ids), paths.count)
        let found = Mutex<[(String, String)]>([])
        let progress = ProgressReporter("verify", unit: "files", style: context.progress)
        let done = Mutex(0)
        try WorkerPool.run(paths, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }) {
            path in
            let hits = try search.hits(inFile: path) { context.cancellation.isCancelled }
            if let first = hits.first { found.withLock { $0.append((path, first)) } }
            progress.update(
                done: done.withLock { done in
                    done += 1
                    return done
                }, total: total)
        }
        progress.finish()
        return found.withLock { $0 }.sorted { $0.0 < $1.0 }
    }
}
