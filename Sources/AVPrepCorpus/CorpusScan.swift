package import AVPrepCatalog
package import AVPrepCore
import AVPrepModel
import AVPrepSettings
package import AVPrepWorkspace
import Foundation

/// What a scan is asked for besides the settings.
package struct CorpusRequest: Sendable {
    /// Files, folders and lists instead of `corpus.paths`.
    package var paths: [BytePath]?
    /// Whether a folder that had videos may have none: they vanish.
    package var acceptsEmptyRoots = false
    /// Whether what lies elsewhere leaves the corpus.
    package var isWhole = false

    package init() {}
}

/// The videos of a corpus, and where they were looked for.
package struct CorpusListing: Sendable {
    /// Every video once, in the byte order of the listed paths, so that the order of listing does not matter.
    package let items: [CorpusItem]
    package let scope: ListingScope
    /// What was left out or could not be read, by listed folder.
    package let findings: [(root: BytePath, findings: [ScanFinding])]
    /// The manifests that were read.
    package let manifests: [ManifestRecord]

    /// Records what the manifests say.
    package func recordManifests(in catalog: Catalog) throws {
        var notes: [BytePath: [(path: BytePath, note: ItemNote)]] = [:]
        for item in items { for note in item.notes { notes[note.manifest, default: []].append((item.listed, note)) } }
        for manifest in manifests { try catalog.setManifest(manifest, notes: notes[manifest.manifest] ?? []) }
        if scope.isWhole { try catalog.forgetManifests(except: manifests.map(\.manifest)) }
    }
}

/// Finds the videos of a corpus.
///
/// A folder gives the files below it with one of the extensions, but for those of `corpus.exclude`; a `.txt` file gives one
/// path per line (``ListFile``), relative to the list's folder; a `.csv`, `.tsv` or `.jsonl` file is a manifest
/// (``ManifestReader``); anything else is a video. Named files need not exist: a missing file becomes a failed item and is
/// not lost.
package struct CorpusScan {
    let workspace: Workspace
    private let request: CorpusRequest
    let catalog: Catalog?
    let cancellation: Cancellation
    let known: KnownRoots
    private let names: [BytePath]
    var found: [BytePath: CorpusItem] = [:]
    var scope = ListingScope()
    var manifests: [ManifestRecord] = []
    private var folders: [(path: BytePath, listed: BytePath, written: BytePath)] = []
    /// What had videos and has none: how many, and what it is.
    var losses: [(name: BytePath, videos: Int)] = []

    /// - Parameter catalog: what is known of the corpus; nil before the first run.
    /// - Throws: ``Failure`` with exit status 65 when a list cannot be read or is none, nothing is found at all, or a folder
    ///   that had videos has none; `CancellationError`; ``CatalogError``.
    package static func run(
        _ workspace: Workspace, _ request: CorpusRequest = CorpusRequest(), catalog: Catalog?,
        cancellation: Cancellation = Cancellation()
    ) throws -> CorpusListing {
        var scan = try CorpusScan(workspace, request, catalog, cancellation)
        return try scan.listing()
    }

    /// Whether a file that was listed by name is no longer there.
    package static func isGone(_ listed: BytePath, in workspace: Workspace) -> Bool {
        // What was downloaded can be downloaded again.
        if listed.isWebAddress { return false }
        return switch EntryStatus(at: workspace.path(ItemName(listed: listed).file)) {
        case .gone, .folder: true
        case .regular, .other, .broken, .unknown: false
        }
    }

    private init(_ workspace: Workspace, _ request: CorpusRequest, _ catalog: Catalog?, _ cancellation: Cancellation)
        throws
    {
        self.workspace = workspace
        self.request = request
        self.catalog = catalog
        self.cancellation = cancellation
        let settings = workspace.settings.corpus.paths.map { PathReading.path(BytePath($0)) { workspace.path($0) } }
        names = request.paths ?? settings
        known = KnownRoots(
            listed: try catalog.map { try $0.folderRoots() + $0.listRoots() } ?? [], settings: settings, in: workspace)
    }

    private mutating func listing() throws -> CorpusListing {
        for name in names { try take(name) }
        let walk = try FolderWalk(workspace.settings.corpus, known: known, cancellation: cancellation)
        try walk.walk(folders.map { ($0.path, $0.listed) })
        var items = walk.takeItems()
        // What a list names, too, is an item of the folder: an empty folder would miss it.
        if !found.isEmpty {
            for place in items.indices {
                if let named = found.removeValue(forKey: items[place].listed) { items[place].notes = named.notes }
            }
            items += found.values
            found = [:]
        }
        items.sort { $0.listed < $1.listed }
        scope.walked += walk.scope.walked
        for (root, folder) in zip(walk.roots, folders) where root.findings.allSatisfy(\.isRead) {
            // Its videos may be in the catalog by these names.
            scope.walked += [folder.written, folder.path.absolute]
        }
        for root in walk.roots where root.videos == 0 && !root.isCovered && root.findings.allSatisfy(\.isRead) {
            try lose(root.name)
        }
        try refuseLosses()
        try keepHollow(walk)
        scope.unreachable += walk.scope.unreachable
        scope.isWhole = request.isWhole
        let isKnown = try scope.unreachable.contains { try knownCount($0) > 0 }
        guard !items.isEmpty || isKnown || !losses.isEmpty else { throw nothing(walk.roots.flatMap(\.findings)) }
        return CorpusListing(
            items: items, scope: scope, findings: walk.roots.map { ($0.name, $0.findings) }, manifests: manifests)
    }

    /// Lists a file or a list at once, and leaves a folder for the walk.
    private mutating func take(_ name: BytePath) throws {
        let part = part(name)
        let path = workspace.path(part.file)
        let status = EntryStatus(at: path)
        if let address = WebAddress(part.file) {
            // Not with its text: a password would get into logs.
            if let fault = address.fault {
                throw Failure("an address of \(address.host) cannot be fetched: \(fault)", exitStatus: .badInput)
            }
            return add(CorpusItem(part, path: path, root: .named, status))
        }
        let listed = known.name(ofRoot: path) ?? part.file
        switch status {
        case .folder: folders.append((path, listed, name))
        case .regular where part.range != nil:
            add(CorpusItem(ItemName(file: listed, range: part.range), path: path, root: .named, status))
        case .regular where Self.isList(name): try read(path, listed)
        case .regular where Self.isManifest(name): try readManifest(path, listed)
        case .gone where try knownCount(listed) > 0, .broken where try knownCount(listed) > 0: try lose(listed)
        // The walk says why it cannot be read.
        case .unknown where try knownCount(listed) > 0: folders.append((path, listed, name))
        default:
            if listed != part.file { scope.walked.append(name) }
            add(CorpusItem(ItemName(file: listed, range: part.range), path: path, root: .named, status))
        }
    }

    mutating func add(_ item: CorpusItem) {
        if found[item.listed] == nil { found[item.listed] = item }
    }

    /// What a name that somebody wrote stands for: the file of exactly this name, or the part of another that avprep lists by
    /// it.
    private func part(_ name: BytePath) -> ItemName {
        let part = ItemName(listed: name)
        let isFile = !name.isWebAddress && PathReading.isThere(workspace.path(name))
        return part.file == name || isFile ? ItemName(file: name, range: nil) : part
    }

    private mutating func read(_ path: BytePath, _ name: BytePath) throws {
        guard let data = Self.content(path) else {
            throw Failure("cannot read the list \(name): \(systemError())", exitStatus: .badInput)
        }
        let (workspace, folder) = (workspace, name.folder)
        func place(_ entry: BytePath) -> BytePath { workspace.path(entry.relative(to: folder)) }
        let list = ListFile(
            name: name, data: data, extensions: workspace.settings.corpus.extensions, place: place)
        let entries = try list.entries { cancellation.isCancelled }
        scope.lists.append(name)
        let root = CorpusRoot(name, .list)
        for (number, entry) in entries.enumerated() {
            if number % 1024 == 0 { try cancellation.check() }
            let written = part(entry.relative(to: folder))
            let path = workspace.path(written.file)
            let name = ItemName(file: known.name(ofFile: path) ?? written.file, range: written.range)
            // It may be in the catalog as it is written.
            if name != written { scope.walked.append(written.listed) }
            add(CorpusItem(name, path: path, root: root, EntryStatus(at: path)))
        }
        if entries.isEmpty, let catalog {
            let count = try catalog.knownCount(inList: name)
            if count > 0 { losses.append((name, count)) }
        }
    }

    static func content(_ path: BytePath) -> [UInt8]? {
        let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard file >= 0 else { return nil }
        return try? Array(FileHandle(fileDescriptor: file, closeOnDealloc: true).readToEnd() ?? Data())
    }

    // MARK: - What is missing

    private func knownCount(_ folder: BytePath) throws -> Int { try catalog?.knownCount(in: folder) ?? 0 }

    /// Notes a listed folder without videos; those that it had vanish where that is accepted.
    private mutating func lose(_ name: BytePath) throws {
        scope.walked.append(name)
        let count = try knownCount(name)
        if count > 0 { losses.append((name, count)) }
    }

    private func refuseLosses() throws {
        guard !request.acceptsEmptyRoots, let first = losses.first else { return }
        let more = losses.count == 1 ? "" : ", and \(losses.count - 1) more like it"
        throw Failure(
            "\(first.name) had \(first.videos) videos, and now there is none\(more): mount it again if it is a mount point; if they are to leave the corpus, repeat the command with --accept-empty-roots",
            exitStatus: .badInput)
    }

    /// A folder without any entry may be where something is not mounted, and so may be a link that leads nowhere: what was
    /// known there is kept, as unreachable.
    private mutating func keepHollow(_ walk: FolderWalk) throws {
        guard !request.acceptsEmptyRoots, catalog != nil else { return }
        for (listed, root) in walk.hollow where !losses.contains(where: { $0.name == listed }) {
            try cancellation.check()
            let count = try knownCount(listed)
            guard count > 0 else { continue }
            walk.fail(
                listed, root,
                "it had \(count) videos and is empty now: mount it again if it is a mount point; if they are to leave the corpus, remove it, or use --accept-empty-roots"
            )
        }
    }

    private func nothing(_ findings: [ScanFinding]) -> Failure {
        let settings = workspace.settings.corpus
        let unread = findings.filter { !$0.isRead }.map { " (\($0.text))" }.first ?? ""
        let left = findings.filter { $0.kind == .excluded }.map { "; \($0.text)" }.joined()
        return Failure(
            "no videos in \(names.map(\.escaped).joined(separator: ", "))\(unread); looked for files with the extensions \(settings.extensions.joined(separator: " "))\(left): put videos there, or set corpus.paths or corpus.extensions",
            exitStatus: .badInput)
    }
}

extension ScanFinding {
    fileprivate var isRead: Bool { kind != .unreadable }
}
