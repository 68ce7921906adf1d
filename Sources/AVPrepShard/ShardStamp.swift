import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// What a shard stage depends on, noted in the catalog when it has done all: while all of it is the same, the next refresh
/// need not plan again, which takes minutes for millions of videos.
///
/// Files are compared by name, size, time and inode. What changes behind these is found by `avprep shard`, which always looks, and
/// by `avprep verify`.
struct ShardStamp: Codable, Equatable {
    /// The key of the settings and of this avprep.
    let settings: String
    /// How often outcomes of ingest had changed: ``Catalog/changeCount(stage:)``.
    let changes: Int
    /// How often what manifests say had changed.
    let manifests: Int
    /// The search for near-duplicates that it knew.
    let nearDuplicates: String
    /// A digest of the folder's listing.
    let files: String
    /// What it said of pair sets.
    var refusals: [String] = []

    private static let name = "shard_stamp"

    /// The stamp of what is there now; nil where it cannot be told.
    init?(_ workspace: Workspace, _ catalog: Catalog) throws {
        guard let changes = try catalog.changeCount(stage: StageName.ingest) else { return nil }
        var settings = workspace.settings
        // What no shard depends on.
        (settings.workers, settings.metrics, settings.train, settings.refresh) = (
            0, MetricsSettings(), PipelineSettings().train, RefreshSettings()
        )
        self.settings = try CanonicalJSON.key(of: [CanonicalJSON.encode(settings), Version.text])
        self.changes = changes
        manifests = try catalog.manifestChangeCount()
        nearDuplicates = try catalog.fact("near_duplicates_key") ?? ""
        files = try Self.listing(of: workspace.shards)
    }

    /// The report of a stage that would find nothing to do; nil where one has to look.
    static func report(_ workspace: Workspace, _ catalog: Catalog) throws -> ShardReport? {
        guard let text = try catalog.fact(name),
            let noted = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)),
            var now = try Self(workspace, catalog)
        else { return nil }
        now.refusals = noted.refusals
        guard now == noted else { return nil }
        return ShardReport(
            index: try ShardSet(workspace.shards).index, refusals: noted.refusals, notes: [], packed: 0, repacked: nil,
            failed: [], folder: workspace.shards)
    }

    /// Notes that a stage has done all there is to do.
    static func note(_ report: ShardReport, _ workspace: Workspace, _ catalog: Catalog) throws {
        guard report.failed.isEmpty, var stamp = try Self(workspace, catalog) else { return }
        stamp.refusals = report.refusals
        try catalog.setFact(name, CanonicalJSON.encode(stamp))
    }

    private static func listing(of folder: String) throws -> String {
        let lines = try ExistingFile.names(inFolder: folder).map { name in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { return "\(name) gone" }
            return
                "\(name) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) \(status.st_ino)"
        }
        return SHA256.digest(of: lines.joined(separator: "\n")).hex
    }
}
