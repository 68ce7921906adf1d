import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepParts
import AVPrepSettings
import AVPrepWorkspace
import Foundation

/// An item of a shared listing: a file that is to be ingested, or one that is known and may have the same content as one.
struct PartItem: Sendable {
    let key: ItemKey
    /// As escaped text, in whose order the first of several equal files counts.
    let escaped: String
    let size: Int64
    let modifiedNanoseconds: Int64
    /// The run that listed it first: of several equal files the one that was there first is prepared.
    let firstRun: Int64
    /// The id of its content, where the catalog knew it.
    let videoID: String?
    /// Whether it is to be done.
    let isPending: Bool

    init(_ file: ListedFile, firstRun: Int64, videoID: String?, isPending: Bool) {
        escaped = file.path.escaped
        (size, modifiedNanoseconds) = (file.size, file.modifiedNanoseconds)
        (self.firstRun, self.videoID, self.isPending) = (firstRun, videoID, isPending)
        key = Self.key(escaped, size, modifiedNanoseconds)
    }

    private static func key(_ escaped: String, _ size: Int64, _ modified: Int64) -> ItemKey {
        ItemKey(of: "\(size)\t\(modified)\t\(escaped)")
    }

    /// The item on one line: escaped paths have neither tabs nor newlines.
    var line: String {
        "\(isPending ? "p" : "k")\t\(size)\t\(modifiedNanoseconds)\t\(firstRun)\t\(videoID ?? "-")\t\(escaped)"
    }

    /// - Returns: nil for a line that no avprep writes.
    init?(line: String) {
        let words = line.split(separator: "\t", maxSplits: 5, omittingEmptySubsequences: false)
        guard words.count == 6, let size = Int64(words[1]), let modified = Int64(words[2]), let run = Int64(words[3])
        else { return nil }
        escaped = String(words[5])
        (self.size, modifiedNanoseconds, firstRun) = (size, modified, run)
        videoID = words[4] == "-" ? nil : String(words[4])
        isPending = words[0] == "p"
        key = Self.key(escaped, size, modified)
    }

    /// The item's file as it is now, on this machine.
    ///
    /// - Returns: nil when it is not the one that was listed any more.
    func file(in workspace: Workspace) -> CorpusItem? {
        let listed = BytePath(escaped: escaped)
        let item = CorpusItem(named: listed, path: workspace.path(ItemName(listed: listed).file))
        guard item.fault == nil, let now = item.identity, now.size == size,
            now.modifiedNanoseconds == modifiedNanoseconds
        else { return nil }
        return item
    }

    // MARK: - The listing

    /// Lists the corpus as an ingest of one process would, in a copy of the catalog: what is pending then, is what the tasks
    /// divide. SQLite is used on this machine's own disk alone.
    ///
    /// - Throws: ``Failure`` with exit status 75 when another avprep holds the workspace.
    static func listing(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest, retry: Bool
    ) throws -> [String] {
        // What a process of the same number left when it was killed must not be taken for this one's.
        let mark = UInt64.random(in: 0...UInt64.max)
        let folder = "\(NSTemporaryDirectory())/avprep-listing-\(FileOwner.current)-\(mark)"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let copy = "\(folder)/catalog.sqlite"
        let isKnown = try workspace.exclusively {
            for ending in ["", "-wal"] where try ExistingFile.isThere(workspace.catalog + ending) {
                do {
                    try FileManager.default.copyItem(atPath: workspace.catalog + ending, toPath: copy + ending)
                } catch {
                    throw Failure(
                        "cannot copy \(workspace.catalog + ending) to \(folder): \(AtomicFile.diskReason(error)); set TMPDIR to a folder with room for it"
                    )
                }
            }
            return try ExistingFile.isThere(workspace.catalog)
        }
        let catalog = try Catalog(path: copy)
        let scan = try CorpusScan.run(
            workspace, request, catalog: isKnown ? catalog : nil, cancellation: context.cancellation)
        let files = PreparedFiles { line in ProgressReporter.say(line, style: context.progress) }
        let key = try workspace.settings.ingest.key
        let run = try catalog.beginRun(StageName.ingest)
        let listing = try IngestListing(
            scan.items, catalog: catalog, workspace: workspace, context: context, key: key, files: files,
            meter: WorkMeter(catalog, run: run))
        _ = try IngestListing.list(scan, in: catalog, workspace, run: run, retry: retry)
        try IngestListing.skipForgottenAddresses(scan.items, in: catalog, key: key)
        try listing.recordFaults()
        try listing.forgetLostResults()
        try listing.skipForgotten()
        let lines = try lines(of: try catalog.pending(stage: StageName.ingest, settingsKey: key), listing, catalog)
        try catalog.close()
        return lines
    }

    private static func lines(of pending: [CatalogItem], _ listing: IngestListing, _ catalog: Catalog) throws
        -> [String]
    {
        let work = Dictionary(uniqueKeysWithValues: pending.map { ($0.file.path, $0.file) })
        let sizes = Set(pending.map(\.file.size))
        return try catalog.listedContents().compactMap { content -> PartItem? in
            if let file = work[content.path] {
                guard listing.items[content.path] != nil else { return nil }
                return PartItem(file, firstRun: content.firstRun, videoID: content.videoID, isPending: true)
            }
            // A file with the same content, if there is one, has the same size.
            guard content.videoID != nil, sizes.contains(content.size) else { return nil }
            let file = ListedFile(path: content.path, size: content.size, modifiedNanoseconds: 0)
            return PartItem(file, firstRun: content.firstRun, videoID: content.videoID, isPending: false)
        }.map(\.line)
    }
}
