package import AVPrepCore
import AVPrepSettings
import AVPrepWorkspace
import Foundation

/// The folders and lists that the catalog and the settings know, and the names that their videos are listed by.
///
/// A folder may be named in several ways: relative to the pipeline file or not, through a link, or by the folder around it.
/// Its videos keep the names that they were listed by first, so that they are not taken for others.
final class KnownRoots {
    private let workspace: Workspace
    private var names: [FolderIdentity: BytePath] = [:]
    /// The names by tidied absolute paths: of lists, and for folders that are not there.
    private var paths: [BytePath: BytePath] = [:]
    private var spellings: [BytePath: BytePath?] = [:]

    /// - Parameters:
    ///   - listed: the folders and lists of the catalog: their names go first.
    ///   - settings: the entries of `corpus.paths`.
    init(listed: [BytePath], settings: [BytePath], in workspace: Workspace) {
        self.workspace = workspace
        for name in listed + settings {
            let path = workspace.path(name)
            if let identity = FolderIdentity(at: path), EntryStatus(at: path).isFolder, names[identity] == nil {
                names[identity] = name
            }
            let absolute = path.absolute
            if paths[absolute] == nil { paths[absolute] = name }
        }
    }

    /// The name of a folder; nil if it is none of them.
    func name(of folder: FolderIdentity) -> BytePath? { names[folder] }

    /// The name of the folder at `path`, which is known or lies in a known one; nil outside of them.
    func name(ofRoot path: BytePath) -> BytePath? {
        if let name = paths[path.absolute] { return name }
        return EntryStatus(at: path).isFolder ? name(ofFolder: path) : name(ofFile: path)
    }

    /// The name of the file at `path` in a known folder; nil outside of them.
    func name(ofFile path: BytePath) -> BytePath? {
        // No file has a longer path, and the folders above it are asked one by one.
        guard path.bytes.count <= CorpusItem.maxPathBytes else { return nil }
        return name(ofFolder: path.folder).map { $0.appending(path.name) }
    }

    /// The name of a folder: a known one, or a folder in one.
    private func name(ofFolder folder: BytePath) -> BytePath? {
        if let known = spellings[folder] { return known }
        var name =
            FolderIdentity(at: folder.bytes.isEmpty ? "." : folder).flatMap { names[$0] } ?? paths[folder.absolute]
        // A relative path ends at the working directory: only what is written is looked at.
        if name == nil, !folder.bytes.isEmpty, folder != "/", folder != folder.folder,
            folder.name != Array("..".utf8)[...]
        {
            name = self.name(ofFolder: folder.folder).map { $0.appending(folder.name) }
        }
        spellings[folder] = .some(name)
        return name
    }
}

extension Workspace {
    /// `name` relative to the pipeline file's folder; of a web address, where its file is downloaded to.
    package func path(_ name: BytePath) -> BytePath {
        if let address = WebAddress(name) {
            return BytePath(path("\(settings.folders.downloads)/\(address.cachedName)"))
        }
        return folder == "." ? name : name.relative(to: BytePath(folder))
    }
}

extension BytePath {
    /// This path from the root folder, tidied, without `..` where no link makes that another file.
    package var absolute: BytePath {
        let path = fromRoot
        guard path.bytes.split(separator: UInt8(ascii: "/")).contains(Array("..".utf8)[...]) else { return path }
        var parts: [ArraySlice<UInt8>] = []
        for part in path.bytes.split(separator: UInt8(ascii: "/")) {
            if part == Array("..".utf8)[...] { _ = parts.popLast() } else { parts.append(part) }
        }
        let short = BytePath("/").appendingParts(parts)
        return FolderIdentity(at: short) == FolderIdentity(at: path) ? short : path
    }

    private func appendingParts(_ parts: [ArraySlice<UInt8>]) -> BytePath {
        BytePath(bytes + parts.joined(separator: [UInt8(ascii: "/")]))
    }

    private var fromRoot: BytePath {
        if isWebAddress { return self }
        if isAbsolute { return tidied }
        guard let text = getcwd(nil, 0) else { return tidied }
        defer { free(text) }
        let folder = BytePath(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) })
        return folder.appending(bytes).tidied
    }
}
