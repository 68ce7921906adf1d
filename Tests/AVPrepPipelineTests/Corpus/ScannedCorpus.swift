import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepSettings
import AVPrepWorkspace
import Foundation

/// A folder of files that are listed as ingest lists them, without opening any.
struct ScannedCorpus {
    let folder: String
    var settings = PipelineSettings()

    /// - Parameter folder: an empty folder.
    init(_ folder: String) { self.folder = folder }

    var workspace: Workspace { Workspace(folder: folder, settings: settings) }

    /// Makes empty files, and the folders that they need. Names may be any bytes.
    func add(_ names: BytePath...) throws {
        for name in names {
            let path = BytePath(folder).appending(name.bytes)
            var place = BytePath(folder)
            for part in name.folder.bytes.split(separator: UInt8(ascii: "/")) {
                place = place.appending(part)
                _ = place.withCString { mkdir($0, 0o755) }
            }
            let file = path.withCString { open($0, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644) }
            guard file >= 0 else {
                throw CocoaError(.fileWriteUnknown, userInfo: ["path": "\(path): \(systemError())"])
            }
            close(file)
        }
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: target)
    }

    /// One scan, entered into the catalog.
    @discardableResult
    func scan(_ paths: [BytePath]? = nil, accept: Bool = false, only: Bool = false) throws -> CorpusListing {
        var request = CorpusRequest()
        (request.paths, request.acceptsEmptyRoots, request.isWhole) = (paths, accept, only)
        let catalog = try Catalog(path: workspace.catalog)
        let listing = try CorpusScan.run(workspace, request, catalog: catalog)
        let run = try catalog.beginRun("ingest")
        try catalog.list(listing.items.map(\.listedFile), run: run, scope: listing.scope) {
            CorpusScan.isGone($0, in: workspace)
        }
        try catalog.setFindings(listing.findings, isWhole: only)
        try listing.recordManifests(in: catalog)
        try catalog.close()
        return listing
    }

    /// The listed names of the catalog, those that have vanished, and those that are unreachable.
    func state() throws -> (listed: [BytePath], vanished: [BytePath], unreachable: [BytePath]) {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let listed = try catalog.pending(stage: "none", settingsKey: "").map(\.file.path)
        let vanished = try catalog.items(vanished: true).map(\.file.path)
        return (listed, vanished, try catalog.items(vanished: false).map(\.file.path))
    }
}

extension CorpusListing {
    var names: [BytePath] { items.map(\.listed) }
    /// Everything found, by kind.
    func lines(_ kind: ScanFinding.Kind) -> [String] {
        findings.flatMap(\.findings).filter { $0.kind == kind }.map(\.text)
    }
}
