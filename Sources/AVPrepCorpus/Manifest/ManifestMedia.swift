import AVPrepCore
import AVPrepModel
import AVPrepSettings
import Foundation

/// Where the media files of a manifest's rows are.
final class ManifestMedia {
    /// What a row stands for.
    enum Found {
        /// A file, by the path that it is listed by; the row's times are within it, or it was cut to them.
        case file(BytePath, EntryStatus, isCut: Bool)
        /// There is none: the name it would have, and the reason.
        case missing(BytePath, isCut: Bool, reason: String)
        /// It is fetched from a web server, into the folder of downloads.
        case address(BytePath)
    }

    private let folder: BytePath
    private let layout: ManifestLayout
    private let extensions: [[UInt8]]
    private let place: (BytePath) -> BytePath
    private var folders: [BytePath: Bool] = [:]
    private var names: [BytePath: [String: [ArraySlice<UInt8>]]] = [:]

    /// More listings of folders than these are not kept.
    private static let mostListings = 64

    /// - Parameters:
    ///   - folder: where media lie, as listed.
    ///   - extensions: of videos, without the dot.
    ///   - place: where a listed path lies.
    init(
        _ folder: BytePath, _ layout: ManifestLayout, extensions: [String], place: @escaping (BytePath) -> BytePath
    ) {
        self.folder = folder
        self.layout = layout
        self.extensions = extensions.map { Array($0.lowercased().utf8) }
        self.place = place
    }

    /// The file of a row: the one place where what a manifest says becomes a path. Addresses are not followed here.
    func find(_ row: ManifestRow) -> Result<Found, MalformedRow> {
        switch row.target {
        case .id(let id): return .success(find(id: id, row))
        case .path(let cell):
            let bare = BytePath(String(decoding: cell, as: UTF8.self).trimmingBlanks)
            guard let address = WebAddress(bare) else { return .success(find(path: cell, row)) }
            // Not with its text: a password would get into reports.
            if let fault = address.fault {
                return .failure(MalformedRow("the address there cannot be fetched: \(fault)"))
            }
            return .success(.address(bare))
        }
    }

    private func find(path cell: [UInt8], _ row: ManifestRow) -> Found {
        let bare = Array(String(decoding: cell, as: UTF8.self).trimmingBlanks.utf8)
        let written = BytePath(cell).relative(to: folder)
        if let found = status(written) { return file(written, found, row) }
        let escaped = PathReading.path(BytePath(bare)) { self.place($0.relative(to: self.folder)) }.bytes
        let others = [bare, escaped, Self.unescaped(bare)]
        for other in others where other != cell {
            let path = BytePath(other).relative(to: folder)
            if let found = status(path) { return file(path, found, row) }
        }
        for other in [bare, Self.unescaped(bare)] {
            if let path = sibling(of: BytePath(other).relative(to: folder)), let found = status(path) {
                return file(path, found, row)
            }
        }
        let path = BytePath(bare).relative(to: folder)
        return .missing(path, isCut: isCut(path, row), reason: "there is no file \(path)")
    }

    private func find(id: [UInt8], _ row: ManifestRow) -> Found {
        var candidates: [(path: BytePath, isCut: Bool)] = []
        // An id is no path.
        for pattern in layout.patterns where !id.contains(UInt8(ascii: "/")) {
            guard let name = pattern.name(row, id: id) else { continue }
            candidates.append((BytePath(name).relative(to: folder), pattern.isCut))
        }
        guard let first = candidates.first else {
            return .missing(
                BytePath(id).relative(to: folder), isCut: false,
                reason: "no name of a file can be made of its cells; see corpus.manifest.patterns")
        }
        let there = candidates.filter { isFolder($0.path.folder) }
        for (path, isCut) in there where names[path.folder] == nil {
            if let found = status(path) { return .file(path, found, isCut: isCut) }
        }
        // Under another extension, or in another normal form.
        for (path, isCut) in there {
            if let other = sibling(of: path), let found = status(other) { return .file(other, found, isCut: isCut) }
        }
        let more = candidates.count > 1 ? ", nor \(candidates[candidates.count - 1].path)" : ""
        return .missing(first.path, isCut: first.isCut, reason: "there is no file \(first.path)\(more)")
    }

    private func file(_ path: BytePath, _ status: EntryStatus, _ row: ManifestRow) -> Found {
        .file(path, status, isCut: isCut(path, row))
    }

    /// Whether the name of a file says that it was cut to exactly the times of its row.
    private func isCut(_ path: BytePath, _ row: ManifestRow) -> Bool {
        guard row.start != nil else { return false }
        let stem = Self.stem(path.name)
        return Self.endings.contains { ending in
            guard let end = ending.name(row, id: []) else { return false }
            return stem.count > end.count && stem.suffix(end.count).elementsEqual(end)
        }
    }

    private static let endings = [
        "_{start:06}_{end:06}", "_{start:.3}_{end:.3}", "_{start:ms}_{end:ms}", "_{start:06}",
    ].compactMap { try? NamePattern($0) }

    // MARK: - Folders

    /// nil where nothing lies there.
    private func status(_ path: BytePath) -> EntryStatus? {
        let status = EntryStatus(at: place(path))
        switch status {
        case .gone, .folder: return nil
        default: return status
        }
    }

    private func isFolder(_ folder: BytePath) -> Bool {
        if let known = folders[folder] { return known }
        let isFolder = EntryStatus(at: place(folder.bytes.isEmpty ? "." : folder)).isFolder
        folders[folder] = isFolder
        return isFolder
    }

    /// The file beside `path` that has its name but for the extension, and for the normal form of its letters.
    private func sibling(of path: BytePath) -> BytePath? {
        guard isFolder(path.folder) else { return nil }
        let listing: [String: [ArraySlice<UInt8>]]
        if let known = names[path.folder] {
            listing = known
        } else {
            listing = list(path.folder)
            if names.count == Self.mostListings { names.removeAll() }
            names[path.folder] = listing
        }
        return choice(of: path, in: listing)
    }

    private func list(_ folder: BytePath) -> [String: [ArraySlice<UInt8>]] {
        var found: [String: [ArraySlice<UInt8>]] = [:]
        let path = place(folder.bytes.isEmpty ? "." : folder)
        // What cannot be listed has no siblings; the file itself was looked for.
        guard let handle = FolderHandle(path), let entries = try? handle.entries(isCancelled: { false }) else {
            return found
        }
        for entry in entries {
            guard let suffix = entry.name.fileExtension, extensions.contains(suffix) else { continue }
            // Swift's texts are equal whatever their normal form.
            found[String(decoding: Self.stem(entry.name[...]), as: UTF8.self), default: []].append(entry.name[...])
        }
        return found
    }

    private func choice(of path: BytePath, in listing: [String: [ArraySlice<UInt8>]]) -> BytePath? {
        guard let found = listing[String(decoding: Self.stem(path.name), as: UTF8.self)] else { return nil }
        if found.contains(where: { $0.elementsEqual(path.name) }) { return path }
        func rank(_ name: ArraySlice<UInt8>) -> Int {
            let suffix = Array(name).fileExtension ?? []
            return extensions.firstIndex(of: suffix) ?? extensions.count
        }
        let best = found.min { (rank($0), BytePath($0)) < (rank($1), BytePath($1)) }
        return best.map { name in
            path.folder.bytes.isEmpty ? BytePath(name) : path.folder.appending(name)
        }
    }

    /// A name without its extension.
    private static func stem(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return name }
        return name[..<dot]
    }

    /// With the bytes that `%20` and the like stand for.
    private static func unescaped(_ path: [UInt8]) -> [UInt8] {
        guard path.contains(UInt8(ascii: "%")) else { return path }
        var found: [UInt8] = []
        var place = 0
        while place < path.count {
            if path[place] == UInt8(ascii: "%"), place + 2 < path.count,
                let byte = UInt8(String(decoding: path[(place + 1)...(place + 2)], as: UTF8.self), radix: 16), byte != 0
            {
                found.append(byte)
                place += 3
            } else {
                found.append(path[place])
                place += 1
            }
        }
        return found
    }
}
