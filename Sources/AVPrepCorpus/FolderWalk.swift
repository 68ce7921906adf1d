import AVPrepCatalog
import AVPrepCore
import AVPrepSettings
import Foundation

/// Walks folders for videos.
///
/// Each folder is walked once, by device and inode, however many links and listed folders lead to it: first all that are no
/// links, then the links. The names are those of the first way, in byte order, so they do not depend on the order that a
/// file system lists in. One folder is open at a time, and nothing recurses: depth costs neither descriptors nor stack.
final class FolderWalk {
    /// What the walk of one listed folder has come to.
    struct Root {
        let name: BytePath
        var videos = 0
        /// Whether another listed folder contains it: its videos are counted there.
        var isCovered = false
        var findings: [ScanFinding] = []
    }

    private struct Folder {
        let path: BytePath
        let listed: BytePath
        /// Its components below the listed folder.
        let below: [ArraySlice<UInt8>]
        let root: Int
    }

    /// Each name once, in the order in which they were found.
    private(set) var items: [CorpusItem] = []
    private(set) var roots: [Root] = []
    private(set) var scope = ListingScope()
    /// Folders without any entry, and links that lead nowhere, with the root: something may be missing there.
    private(set) var hollow: [(listed: BytePath, root: Int)] = []

    private let extensions: Set<[UInt8]>
    private let exclude: [FilePattern]
    private let known: KnownRoots
    private let cancellation: Cancellation
    private var visited: [FolderIdentity: BytePath] = [:]
    private var failed: Set<FolderIdentity> = []
    private var links: [Folder] = []
    private var excluded: [Int: [String: ScanFinding]] = [:]

    init(_ settings: CorpusSettings, known: KnownRoots, cancellation: Cancellation) throws {
        extensions = Set(settings.extensions.map { Array($0.lowercased().utf8) })
        exclude = try settings.exclude.map { text in
            do throws(FilePattern.Invalid) { return try FilePattern(text) } catch {
                throw Failure(
                    "corpus.exclude: \"\(text)\" is not a valid pattern: \(error.reason)", exitStatus: .badInput)
            }
        }
        self.known = known
        self.cancellation = cancellation
    }

    /// Walks some folders: `path` to open, `listed` as named.
    ///
    /// - Throws: `CancellationError`. What cannot be read is a finding.
    func walk(_ folders: [(path: BytePath, listed: BytePath)]) throws {
        roots = folders.map { Root(name: $0.listed) }
        for (number, folder) in folders.enumerated() {
            try walk(from: Folder(path: folder.path, listed: folder.listed, below: [], root: number))
        }
        while !links.isEmpty {
            let next = links.sorted { $0.listed < $1.listed }
            links.removeAll()
            for link in next { try walk(from: link) }
        }
        for (root, found) in excluded { roots[root].findings += found.values.sorted { $0.name < $1.name } }
    }

    private func walk(from start: Folder) throws {
        var stack = [start]
        while let folder = stack.popLast() {
            try cancellation.check()
            // In reverse, so that the first in byte order is taken first.
            stack += try visit(folder, isRoot: folder.below.isEmpty).reversed()
        }
    }

    /// - Returns: the folders in it.
    private func visit(_ folder: Folder, isRoot: Bool) throws -> [Folder] {
        guard let handle = FolderHandle(folder.path) else {
            // Removed since its parent was read.
            if !isRoot, errno == ENOENT || errno == ENOTDIR { return [] }
            fail(folder.listed, folder.root, "cannot read this folder: \(systemError())")
            return []
        }
        if let first = visited[handle.identity] {
            if isRoot { roots[folder.root].isCovered = true }
            if failed.contains(handle.identity) {
                scope.unreachable.append(folder.listed)
            } else {
                scope.walked.append(folder.listed)
            }
            if first != folder.listed {
                roots[folder.root].findings.append(
                    ScanFinding(.repeated, folder.listed.escaped, first.escaped, folders: 1))
            }
            return []
        }
        var listed = folder.listed
        if let name = known.name(of: handle.identity), name != listed {
            // It has names in the catalog already.
            scope.walked.append(listed)
            listed = name
        }
        visited[handle.identity] = listed
        if isRoot || listed != folder.listed { scope.walked.append(listed) }
        let entries: [FolderHandle.Entry]
        do {
            entries = try handle.entries(isCancelled: { cancellation.isCancelled })
        } catch let error as Failure {
            failed.insert(handle.identity)
            fail(listed, folder.root, "cannot read this folder to its end: \(error.description)")
            return []
        }
        if entries.isEmpty { hollow.append((listed, folder.root)) }
        let place = Folder(path: folder.path, listed: listed, below: folder.below, root: folder.root)
        let siblings = SiblingNames(entries.map(\.name))
        return try entries.enumerated().compactMap { number, entry in
            if number % 1024 == 0 { try cancellation.check() }
            return take(entry, in: place, handle, siblings)
        }
    }

    /// Lists a video; returns a folder that is to be walked.
    private func take(_ entry: FolderHandle.Entry, in folder: Folder, _ handle: FolderHandle, _ siblings: SiblingNames)
        -> Folder?
    {
        let listed = folder.listed.appending(entry.name)
        let below = folder.below + [entry.name[...]]
        let isVideo = entry.name.fileExtension.map(extensions.contains) ?? false
        guard entry.mayBeFolder || isVideo || mentionsVideo(entry.name) else { return nil }
        let status = handle.status(of: entry)
        if status.isFolder {
            if let pattern = exclude.first(where: { $0.matches(below, isFolder: true, siblings: siblings) }) {
                count(pattern, listed, folder.root, folders: 1)
                return nil
            }
            let next = Folder(
                path: folder.path.appending(entry.name), listed: listed, below: below, root: folder.root)
            if entry.isLink { links.append(next) }
            return entry.isLink ? nil : next
        }
        if entry.isLink, case .broken = status { hollow.append((listed, folder.root)) }
        guard isVideo || mentionsVideo(entry.name) else { return nil }
        if let pattern = exclude.first(where: { $0.matches(below, isFolder: false, siblings: siblings) }) {
            count(pattern, listed, folder.root, files: 1)
            return nil
        }
        guard isVideo else { return nil }
        switch status {
        case .gone: break
        case .unknown(let reason):
            // A folder that may not be searched says so of each of its files.
            if scope.unreachable.last != folder.listed {
                fail(folder.listed, folder.root, "cannot look at \(BytePath(entry.name)) in this folder: \(reason)")
            }
        case .regular, .other, .broken, .folder:
            roots[folder.root].videos += 1
            items.append(
                CorpusItem(
                    listed: listed, in: folder.path, root: CorpusRoot(roots[folder.root].name, .folder), status))
        }
        return nil
    }

    /// Hands over the items, which are millions.
    func takeItems() -> [CorpusItem] {
        defer { items = [] }
        return items
    }

    /// Whether a name is a video's with something behind it, as of half a download.
    private func mentionsVideo(_ name: [UInt8]) -> Bool {
        name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).dropFirst()
            .contains { extensions.contains($0.map(\.lowerASCII)) }
    }

    private func count(_ pattern: FilePattern, _ listed: BytePath, _ root: Int, files: Int = 0, folders: Int = 0) {
        var finding =
            excluded[root, default: [:]][pattern.text] ?? ScanFinding(.excluded, pattern.text, listed.escaped)
        finding.files += files
        finding.folders += folders
        excluded[root, default: [:]][pattern.text] = finding
    }

    /// Notes what cannot be looked at: what is known there stays listed.
    func fail(_ listed: BytePath, _ root: Int, _ reason: String) {
        roots[root].findings.append(ScanFinding(.unreadable, listed.escaped, reason))
        scope.unreachable.append(listed)
    }
}
