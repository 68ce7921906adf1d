package import AVPrepCatalog
package import AVPrepCore
package import AVPrepWorkspace
import Foundation

/// Finds the item that a user means.
package struct ItemSearch {
    private let catalog: Catalog
    private let workspace: Workspace

    /// The fewest digits of an id that are taken for one: fewer are found by chance in a large corpus.
    private static let fewestDigits = 8
    /// How many candidates a message lists.
    private static let shown = 5

    package init(catalog: Catalog, workspace: Workspace) {
        self.catalog = catalog
        self.workspace = workspace
    }

    /// - Throws: ``Failure`` with exit status 65 when nothing, or more than one content, has this name.
    package func item(named name: BytePath) throws -> CatalogItem {
        let read = BytePath(escaped: name.text ?? name.escaped)
        if let item = try catalog.item(name) ?? catalog.item(read) ?? listed(asPath: name) { return item }
        let name = name.escaped
        // A segment is called VIDEO-NNNN.
        let digits = String(name.prefix { $0.isHexDigit })
        let rest = name.dropFirst(digits.count)
        let isID =
            digits.count >= Self.fewestDigits && (rest.isEmpty || rest.first == "-" && Int(rest.dropFirst()) != nil)
        let found = isID ? try catalog.items(withVideoPrefix: digits, limit: 1000) : []
        guard let first = found.first else {
            throw Failure(
                "the catalog has no item \(name); give a path as avprep status --list shows it, or \(Self.fewestDigits) or more digits of a video's id",
                exitStatus: .badInput)
        }
        guard Set(found.map(\.videoID)).count == 1 else {
            let paths = found.prefix(Self.shown).map(\.file.path.escaped).joined(separator: ", ")
            throw Failure(
                "\(found.count) items have an id that begins with \(digits), among them \(paths); give more digits, or a path",
                exitStatus: .badInput)
        }
        // Of several copies the one that was processed.
        return try found.first { try catalog.outcome(of: $0.file.path, stage: StageName.ingest)?.output != nil }
            ?? first
    }

    /// An item by a path of the file system: absolute, or from the working directory.
    private func listed(asPath name: BytePath) throws -> CatalogItem? {
        let path = PathReading.path(name).absolute
        if let item = try catalog.item(path) { return item }
        let folder = BytePath(workspace.folder).absolute.bytes + [UInt8(ascii: "/")]
        guard path.bytes.starts(with: folder) else { return nil }
        return try catalog.item(BytePath(path.bytes.dropFirst(folder.count)))
    }
}
