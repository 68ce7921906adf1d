import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace

/// Manifests among the paths of a corpus.
extension CorpusScan {
    /// Malformed rows that are told with their lines.
    private static let mostFaults = 20

    /// Whether a file is a list, by its name.
    static func isList(_ name: BytePath) -> Bool { name.bytes.fileExtension == Array("txt".utf8) }

    /// Whether a file is a manifest, by its name.
    static func isManifest(_ name: BytePath) -> Bool {
        name.bytes.fileExtension.map { ManifestReader.extensions.contains(String(decoding: $0, as: UTF8.self)) }
            ?? false
    }

    /// Whether an entry of `corpus.paths` is an address, or has the name of a list or a manifest: nothing that a folder is made of.
    package static func isNoFolder(_ entry: String) -> Bool {
        let name = BytePath(entry)
        return WebAddress(name) != nil || isList(name) || isManifest(name)
    }

    /// Lists the items of a manifest, with what it says of them.
    ///
    /// - Throws: ``Failure`` with exit status 65 when it cannot be read or is no manifest.
    mutating func readManifest(_ path: BytePath, _ name: BytePath) throws {
        guard let data = Self.content(path) else {
            throw Failure("cannot read the manifest \(name): \(systemError())", exitStatus: .badInput)
        }
        let settings = workspace.settings.corpus
        var reader = try ManifestReader(name: name, data: data, settings.manifest)
        let folder = BytePath(settings.manifest.media).relative(to: name.folder)
        let workspace = workspace
        let media = ManifestMedia(
            settings.manifest.media.isEmpty ? name.folder : folder, reader.layout, extensions: settings.extensions
        ) { workspace.path($0) }
        var record = ManifestRecord(name, layout: reader.layout.kind.rawValue)
        var own: Set<BytePath> = []
        try reader.read { result, line, number in
            if number % 1024 == 0 { try cancellation.check() }
            record.rows += 1
            let item: CorpusItem
            switch result.flatMap({ row in media.find(row).map { (row, $0) } }) {
            case .failure(let malformed):
                record.malformed += 1
                if record.faults.count < Self.mostFaults {
                    record.faults.append("\(name), line \(line): \(PathEscape.withoutControls(malformed.reason))")
                }
            case .success((let row, let found)):
                item = self.item(of: row, found, name)
                if own.insert(item.listed).inserted {
                    record.items += 1
                    if item.identity == nil { record.missing += 1 }
                } else {
                    record.repeated += 1
                }
                note(row, item, name)
            }
        }
        scope.lists.append(name)
        manifests.append(record)
        // One whose media are all gone may lie on a disk that is not mounted.
        if record.missing == record.items, let catalog {
            let count =
                try catalog.knownCount(inList: name, areThere: record.items > 0)
            if count > 0 { losses.append((name, count)) }
        }
    }

    private mutating func item(of row: ManifestRow, _ found: ManifestMedia.Found, _ manifest: BytePath) -> CorpusItem {
        let root = CorpusRoot(manifest, .list)
        switch found {
        case .address(let address):
            let path = workspace.path(address)
            return CorpusItem(ItemName(file: address, range: row.range), path: path, root: root, EntryStatus(at: path))
        case .missing(let written, let isCut, let reason):
            let name = ItemName(file: listed(written), range: isCut ? nil : row.range)
            return CorpusItem(
                name, path: workspace.path(written), root: root,
                missing: Outcome.Reason(
                    Outcome.Reason.missingFile,
                    "\(manifest), row \(row.number) (line \(row.line)): \(reason); the next run looks again"))
        case .file(let written, let status, let isCut):
            let name = ItemName(file: listed(written), range: isCut ? nil : row.range)
            return CorpusItem(name, path: workspace.path(written), root: root, status)
        }
    }

    /// The name by which a file is listed that may lie in a known folder.
    private mutating func listed(_ written: BytePath) -> BytePath {
        let path = workspace.path(written)
        guard let name = known.name(ofFile: path), name != written else { return written }
        return name
    }

    private mutating func note(_ row: ManifestRow, _ item: CorpusItem, _ manifest: BytePath) {
        var kept = found[item.listed] ?? item
        if let place = kept.notes.firstIndex(where: { $0.manifest == manifest }) {
            kept.notes[place].add(split: row.split, labels: row.labels)
        } else {
            kept.notes.append(ItemNote(manifest: manifest, row: row.number, split: row.split, labels: row.labels))
        }
        found[item.listed] = kept
    }
}
