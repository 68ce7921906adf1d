import AVPrepCatalog
package import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation

/// What a user means by the items of `avprep forget`.
struct ForgetTargets {
    /// The listed files of each content, by its id; none for one that the catalog does not know.
    private(set) var videos: [String: [BytePath]] = [:]
    /// Listed files whose content is not known, since they could never be read.
    private(set) var unread: [BytePath] = []
    /// Videos that are meant as parts of a file that is.
    private(set) var parts: Set<String> = []
    /// Names that stand for nothing.
    private(set) var unknown: [String] = []

    private let catalog: Catalog
    private let search: ItemSearch
    private let folder: BytePath
    private let forgotten: [String]
    private let cancellation: Cancellation
    /// All items, once a pattern asks for them.
    private var all: [CatalogItem]?

    /// - Throws: ``Failure`` when a name may mean several contents; ``CatalogError``; `CancellationError`.
    init(_ names: [BytePath], _ catalog: Catalog, _ workspace: Workspace, _ cancellation: Cancellation) throws {
        self.catalog = catalog
        self.cancellation = cancellation
        search = ItemSearch(catalog: catalog, workspace: workspace)
        folder = BytePath(workspace.folder).absolute
        forgotten = try catalog.forgotten().map(\.videoID)
        for name in names {
            try cancellation.check()
            if try !add(name) { unknown.append(name.escaped) }
        }
        parts = Set(try catalog.parts(ofContents: videos.keys)).subtracting(videos.keys)
        for part in parts { videos[part] = [] }
        for video in videos.keys {
            videos[video] = try catalog.items(withVideoPrefix: video, limit: .max).map(\.file.path)
        }
    }

    private mutating func add(_ name: BytePath) throws -> Bool {
        // A file of exactly this name goes first, whatever else the name may mean.
        if let item = try search.item(atPath: name) { return try add(item) }
        if let digits = ItemSearch.digits(ofID: name.escaped) { if try add(id: digits) { return true } }
        let path = PathReading.path(name)
        if try isFile(path) { return add(try content(of: path)) }
        if try add(partsOf: name) { return true }
        return try add(pattern: name)
    }

    /// The file of listed parts, which is not here itself or not listed as a whole.
    private mutating func add(partsOf file: BytePath) throws -> Bool {
        let items = try all ?? catalog.allItems()
        all = items
        let parts = items.filter { item in
            let name = ItemName(listed: item.file.path)
            return name.range != nil && name.file == file
        }
        for part in parts {
            if let content = try catalog.contentID(of: part.file.path) { _ = add(content) } else { _ = try add(part) }
        }
        return !parts.isEmpty
    }

    private mutating func add(_ video: String) -> Bool {
        videos[video] = videos[video] ?? []
        return true
    }

    private mutating func add(_ item: CatalogItem) throws -> Bool {
        if let video = item.videoID { return add(video) }
        let path = item.file.path.relative(to: folder)
        if try isFile(path) { return add(try content(of: path)) }
        if !unread.contains(item.file.path) { unread.append(item.file.path) }
        return true
    }

    private mutating func add(id digits: String) throws -> Bool {
        let length = PreparedPath.videoIDLength
        let found = Set(try catalog.items(withVideoPrefix: digits, limit: 1000).compactMap(\.videoID))
            .union(forgotten.filter { $0.hasPrefix(digits) })
        guard found.count < 2 else {
            throw Failure(
                "\(found.count) videos have an id that begins with \(digits), among them \(found.sorted().prefix(ItemSearch.shown).joined(separator: ", ")); give more digits",
                exitStatus: .badInput)
        }
        if let video = found.first { return add(video) }
        // A whole id needs no catalog: the video may lie in files alone, or be one that is never to come.
        return digits.count == length ? add(digits) : false
    }

    private mutating func add(pattern name: BytePath) throws -> Bool {
        guard name.bytes.contains(where: { Array("*?[".utf8).contains($0) }), let text = name.text else { return false }
        let patterns: [FilePattern]
        do {
            // As the path is listed; and, for listed absolute paths, from the working directory.
            patterns = [try FilePattern(text), try FilePattern(name.absolute.text ?? text)]
        } catch {
            throw Failure("\(name.escaped) is no pattern: \(error.reason)", exitStatus: .usage)
        }
        let items = try all ?? catalog.allItems()
        all = items
        var isFound = false
        let nobody = SiblingNames([])
        for item in items {
            try cancellation.check()
            let path = item.file.path
            let isMeant =
                patterns[0].matches(Self.parts(path), isFolder: false, siblings: nobody)
                || text.contains("/")
                    && patterns[1].matches(Self.parts(path.relative(to: folder)), isFolder: false, siblings: nobody)
            if isMeant, try add(item) { isFound = true }
        }
        return isFound
    }

    private static func parts(_ path: BytePath) -> [ArraySlice<UInt8>] {
        path.bytes.split(separator: UInt8(ascii: "/"))
    }

    private func isFile(_ path: BytePath) throws -> Bool {
        var status = stat()
        return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private func content(of path: BytePath) throws -> String {
        let cancellation = cancellation
        return PreparedPath.videoID(try SHA256.digest(ofFile: path) { cancellation.isCancelled })
    }
}

/// The names in a list: separated by NUL, or one a line.
package enum ForgetList {
    /// - Throws: ``Failure`` when the file cannot be read.
    package static func names(in path: String) throws -> [BytePath] {
        guard let data = try ExistingFile.content(path) else {
            throw Failure("there is no list \(path)", exitStatus: .usage)
        }
        if data.contains(0) { return data.split(separator: 0).map { BytePath($0) } }
        return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            var line = line
            // avprep status --list writes a path and, after a tab, why.
            if let tab = line.firstIndex(of: UInt8(ascii: "\t")) { line = line[..<tab] }
            while let last = line.last, Array(" \r".utf8).contains(last) { line = line.dropLast() }
            return line.isEmpty || line.first == UInt8(ascii: "#") ? nil : BytePath(line)
        }
    }
}
