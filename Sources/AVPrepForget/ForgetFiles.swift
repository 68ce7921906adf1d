import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// Files of the workspace, other than shards that the index names, that came from some videos.
struct ForgetFiles {
    /// One file that is to go.
    struct Found {
        let path: String
        let bytes: Int
        /// What is said of it beside its name; nil where nothing is worth it.
        var note: String?
    }

    let workspace: Workspace
    let ids: Set<String>
    let cancellation: Cancellation

    // MARK: - Prepared files

    /// Prepared files under whatever settings, those set aside as damaged, and what writers left half done.
    ///
    /// - Parameter outputs: paths that the catalog knows beside.
    func prepared(_ outputs: [String]) throws -> [Found] {
        var found = try workspace.preparedFiles(ofVideos: ids).map { Self.file($0) }
        let known = Set(found.map(\.path))
        for path in outputs.map(workspace.path).sorted()
        where !known.contains(path) && ids.contains(String((path as NSString).lastPathComponent.prefix(32))) {
            if try ExistingFile.isThere(path) { found.append(Self.file(path)) }
        }
        return found
    }

    /// Downloaded files, of items that are listed by their addresses.
    func downloads(_ items: [BytePath]) throws -> [Found] {
        try items.filter(\.isWebAddress).sorted().compactMap { item in
            guard let path = workspace.path(item).text, try ExistingFile.isThere(path) else { return nil }
            return Self.file(
                path,
                note: "\(item) is listed: unless its address is taken out, it is fetched and removed again each time")
        }
    }

    private static func file(_ path: String, note: String? = nil) -> Found {
        var status = stat()
        return Found(path: path, bytes: lstat(path, &status) == 0 ? Int(status.st_size) : 0, note: note)
    }

    // MARK: - Beside the index

    /// What lies in the folder of shards and is not named by the index: shards of runs that did not end, temporary files and
    /// damaged ones that were set aside.
    ///
    /// - Parameters:
    ///   - index: nil where there is none that can be read.
    ///   - fresh: shards that are to be packed: what lies in their places is written over.
    func strays(_ index: ShardIndex?, packing fresh: [String]) throws -> [Found] {
        let named = Set((index?.shards ?? []).map(\.name) + fresh.map { $0 + ShardName.ending })
        let folder = workspace.shards
        var found: [Found] = []
        for name in try ExistingFile.names(inFolder: folder) where !named.contains(name) {
            try cancellation.check()
            let path = "\(folder)/\(name)"
            if ShardName(pairFile: name) != nil {
                // Of a run that was killed before it had removed the last of the old files.
                let shard = String(name.dropLast(ShardName.pairEnding.count)) + ShardName.ending
                if index != nil, !named.contains(shard),
                    try StoreError.unlessNewer({ try ShardSet.unindexedPairFile(path) }) != nil
                {
                    found.append(Self.file(path))
                }
                continue
            }
            guard let end = name.range(of: ShardName.ending), !name.contains(ShardName.pairEnding),
                ShardName(String(name[..<end.lowerBound])) != nil
            else {
                // Beside shards and pairs, which name no video, an index and copies of it.
                let isOurs = name == ShardIndex.fileName ? index == nil : name.hasPrefix(ShardIndex.fileName + ".")
                if isOurs, try holdsID(path) { found.append(Self.file(path)) }
                continue
            }
            if name.contains(AtomicFile.mark) {
                found.append(Self.file(path))
            } else if name.hasSuffix(ShardName.ending) {
                if let stray = try stray(path) { found.append(stray) }
            } else if name[end.upperBound...].hasPrefix(".damaged-") {
                found.append(Self.file(path, note: "\(path) is a damaged shard, of which nothing shows what it held"))
            } else if try holdsID(path) {
                found.append(Self.file(path))
            }
        }
        return found
    }

    private func stray(_ path: String) throws -> Found? {
        do {
            let holds = try StoreReader(path: path).segments.contains {
                ids.contains($0.segment.videoID) || ids.contains($0.groupID)
            }
            return holds ? Self.file(path) : nil
        } catch let error as StoreError where error.code == .newerFormat || error.code == .unreadable {
            throw error
        } catch let error as StoreError {
            return Self.file(path, note: "\(error); nothing shows that it does not hold one of the videos")
        }
    }

    private func holdsID(_ path: String) throws -> Bool {
        try !IDSearch(ids).hits(inFile: path) { cancellation.isCancelled }.isEmpty
    }

    // MARK: - Exports

    /// How deep below the workspace's folder exports are looked for.
    private static let exportDepth = 3
    private static let exportList = "export.json"

    /// Files of exports below the workspace's folder with one of the ids in them: tars and tables.
    func exports() throws -> [Found] {
        var found: [Found] = []
        for folder in try exportFolders() {
            guard let data = try ExistingFile.content("\(folder)/\(Self.exportList)"),
                let list = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
            else { continue }
            let files = list["files"] as? [String: Any] ?? list
            for name in files.keys.sorted() where !name.hasPrefix("/") && !name.split(separator: "/").contains("..") {
                try cancellation.check()
                let path = "\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, try holdsID(path) else { continue }
                found.append(Self.file(path, note: "\(path) was exported with it; avprep export writes it again"))
            }
        }
        return found
    }

    private func exportFolders() throws -> [String] {
        let own = Set([workspace.prepared, workspace.shards, workspace.runs].map(Self.standard))
        var found: [String] = []
        var level = [workspace.folder]
        for _ in 0...Self.exportDepth {
            var next: [String] = []
            for folder in level {
                try cancellation.check()
                // What cannot be listed is no export of ours that could be changed.
                for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                    if name == Self.exportList { found.append(folder) }
                    let path = folder == "." ? name : "\(folder)/\(name)"
                    var status = stat()
                    guard !name.hasPrefix("."), lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
                        !own.contains(Self.standard(path))
                    else { continue }
                    next.append(path)
                }
            }
            level = next
        }
        return found.sorted()
    }

    private static func standard(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// Runs that were trained, which may have learned from what is forgotten.
    func runs() throws -> [String] {
        try ExistingFile.names(inFolder: workspace.runs).filter {
            FileManager.default.fileExists(atPath: "\(workspace.runs)/\($0)/checkpoints")
        }
    }

    /// Removes files; one that is gone is gone.
    static func remove(_ files: [Found]) throws {
        for file in files {
            guard unlink(file.path) == 0 || errno == ENOENT else {
                throw Failure(
                    "cannot remove \(file.path): \(systemError()); make its folder writable, and run avprep forget again"
                )
            }
        }
    }
}
