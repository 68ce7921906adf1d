package import AVPrepCatalog
package import AVPrepCore
package import AVPrepWorkspace
import Foundation

/// Finds the item that a user means.
package struct ItemSearch {
    let catalog: Catalog
    let workspace: Workspace

    package init(catalog: Catalog, workspace: Workspace) {
        self.catalog = catalog
        self.workspace = workspace
    }

    /// The fewest digits of an id that are taken for one: fewer are found by chance in a large corpus.
    package static let fewestDigits = 8
    /// How many candidates a message lists.
    package static let shown = 5

    /// - Throws: ``Failure`` with exit status 65 when nothing, or more than one content, has this name.
    package func item(named name: BytePath) throws -> CatalogItem {
        if let item = try item(atPath: name) { return item }
        let name = name.escaped
        let digits = Self.digits(ofID: name)
        let found = try digits.map { try catalog.items(withVideoPrefix: $0, limit: 1000) } ?? []
        guard let first = found.first else {
            let parts = try catalog.items(partsOf: BytePath(escaped: name), limit: Self.shown + 1).map(
                \.file.path.escaped)
            if !parts.isEmpty {
                let more = parts.count > Self.shown ? ", …" : ""
                throw Failure(
                    "\(name) is listed by its parts: \(parts.prefix(Self.shown).joined(separator: ", "))\(more); name one of them",
                    exitStatus: .badInput)
            }
            throw Failure(
                "the catalog has no item \(name); give a path as avprep status --list shows it, or \(Self.fewestDigits) or more digits of a video's id",
                exitStatus: .badInput)
        }
        guard Set(found.map(\.videoID)).count == 1 else {
            let paths = found.prefix(Self.shown).map(\.file.path.escaped).joined(separator: ", ")
            throw Failure(
                "\(found.count) items have an id that begins with \(digits ?? name), among them \(paths); give more digits, or a path",
                exitStatus: .badInput)
        }
        // Of several copies the one that was processed.
        return try found.first { try catalog.outcome(of: $0.file.path, stage: StageName.ingest)?.output != nil }
            ?? first
    }

    /// The item of this path: as listed, as avprep shows it, or as the file system has it.
    package func item(atPath name: BytePath) throws -> CatalogItem? {
        let read = BytePath(escaped: name.text ?? name.escaped)
        return try catalog.item(name) ?? catalog.item(read) ?? listed(asPath: name)
    }

    /// The digits of what may be the id of a video, or its beginning; nil for anything else. A segment is called
    /// VIDEO-NNNN.
    package static func digits(ofID name: String) -> String? {
        let digits = String(name.prefix { $0.isHexDigit })
        let rest = name.dropFirst(digits.count)
        let isID = digits.count >= fewestDigits && (rest.isEmpty || rest.first == "-" && Int(rest.dropFirst()) != nil)
        return isID ? digits.lowercased() : nil
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
