import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation

/// Shards and pair files that the new index does not name, once it is in place.
///
/// Those that the index before it named, and those that prove to be avprep's, are removed: their content is in the new
/// ones. All else stays.
enum StaleShards {
    /// - Returns: a line for each file that has a shard's name and stays.
    static func remove(_ index: ShardIndex, before: ShardIndex?, in folder: String, _ setAside: SetAsideFiles) throws
        -> [String]
    {
        func files(_ index: ShardIndex?) -> Set<String> {
            Set((index?.shards ?? []).map(\.name)).union((index?.pairFiles ?? [:]).keys)
                .union((index?.labelFiles ?? [:]).keys)
        }
        let kept = files(index)
        let named = files(before)
        var notes: [String] = []
        for name in try ExistingFile.names(inFolder: folder) where !kept.contains(name) {
            let path = "\(folder)/\(name)"
            do {
                if ShardName(pairFile: name) != nil {
                    _ = try ShardSet.unindexedPairFile(path)
                } else if ShardName(labelFile: name) != nil {
                    try ShardSet.checkUnindexedLabelFile(path)
                } else if ShardName(file: name) != nil {
                    let known = before?.shards.first { $0.name == name }
                    let reader = try known.map { try ShardReader($0, in: folder).store } ?? StoreReader(path: path)
                    guard reader.kind == .shard else {
                        throw StoreError(.foreign, "\(path) is not a shard but a prepared file")
                    }
                } else {
                    continue
                }
                guard unlink(path) == 0 else { throw Failure("cannot remove \(path): \(systemError()); remove it") }
            } catch let error as StoreError where error.isDamage && named.contains(name) {
                try setAside.setAside(path, because: error.description)
            } catch let error as StoreError {
                notes.append("\(path) is not in the index, and stays: \(error)")
            }
        }
        return notes
    }
}
