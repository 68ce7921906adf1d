import AVPrepCore
import AVPrepSettings
package import AVPrepWorkspace
import Foundation

/// A video as the corpus lists it, and the file it names.
package struct CorpusItem: Sendable, Equatable {
    /// The path as the corpus gives it: below a folder or list, from there; its name in the catalog.
    package let listed: String
    /// The path to open.
    package let path: String

    package init(listed: String, path: String) {
        self.listed = listed
        self.path = path
    }
}

/// Finds the videos of a corpus.
package enum CorpusScan {
    /// Every video under `paths`, each once, sorted by its listed path: the order of listing does not matter.
    ///
    /// A folder gives the files below it with one of the extensions (hidden ones left out); a `.txt` file gives one path
    /// a line, seen from the list's folder, `#` starting a comment; anything else is a video. Named files need not
    /// exist: what is missing becomes a failed item, not a lost one.
    ///
    /// - Throws: ``Failure`` with exit status 65 when a folder or list cannot be read, or nothing is found at all.
    package static func items(in workspace: Workspace) throws -> [CorpusItem] {
        let settings = workspace.settings.corpus
        let extensions = Set(settings.extensions.map { $0.lowercased() })
        var found: [String: CorpusItem] = [:]
        for name in settings.paths {
            for item in try items(under: name, in: workspace, extensions: extensions) where found[item.listed] == nil {
                found[item.listed] = item
            }
        }
        guard !found.isEmpty else {
            throw Failure(
                "no videos in \(settings.paths.joined(separator: ", ")); looked for files with the extensions \(settings.extensions.joined(separator: " ")): put videos there, or set corpus.paths or corpus.extensions",
                exitStatus: .badInput)
        }
        return found.values.sorted { $0.listed < $1.listed }
    }

    private static func items(under name: String, in workspace: Workspace, extensions: Set<String>) throws
        -> [CorpusItem]
    {
        let path = workspace.path(name)
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, isFolder.boolValue { return try walk(path, listed: name, extensions) }
        if exists, name.lowercased().hasSuffix(".txt") { return try list(path, name, workspace) }
        return [CorpusItem(listed: name, path: path)]
    }

    private static func walk(_ folder: String, listed: String, _ extensions: Set<String>) throws -> [CorpusItem] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw Failure("cannot read the folder \(folder): \(systemError())", exitStatus: .badInput)
        }
        return try names.filter { !$0.hasPrefix(".") }.flatMap { name -> [CorpusItem] in
            let path = "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            if isFolder.boolValue { return try walk(path, listed: "\(listed)/\(name)", extensions) }
            let ending = (name as NSString).pathExtension.lowercased()
            return extensions.contains(ending) ? [CorpusItem(listed: "\(listed)/\(name)", path: path)] : []
        }
    }

    private static func list(_ path: String, _ name: String, _ workspace: Workspace) throws -> [CorpusItem] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read the list \(path): \(systemError())", exitStatus: .badInput)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw Failure("the list \(path) is not UTF-8 text", exitStatus: .badInput)
        }
        let folder = (name as NSString).deletingLastPathComponent
        return text.split(whereSeparator: \.isNewline).compactMap { line in
            let entry = line.trimmingCharacters(in: .whitespaces)
            guard !entry.isEmpty, !entry.hasPrefix("#") else { return nil }
            let listed = entry.hasPrefix("/") || folder.isEmpty ? entry : "\(folder)/\(entry)"
            return CorpusItem(listed: listed, path: workspace.path(listed))
        }
    }
}
