import AVPrepCore
import AVPrepCorpus
import Synchronization

/// The digests of files of which a task has several parts to do: each of them is read once.
final class FileDigests: Sendable {
    private struct Key: Hashable {
        let path: BytePath
        let inode: UInt64
        let size: Int64
        let modified: Int64
        let changed: Int64
    }

    /// One file: whoever comes second waits for the first.
    private final class File: Sendable {
        let digest = Mutex<SHA256Digest?>(nil)
    }

    private let files = Mutex<[Key: File]>([:])

    /// - Parameter read: reads the file. What fails is tried again by the next part.
    func digest(of item: CorpusItem, _ read: (CorpusItem) throws -> Result<SHA256Digest, ReadFailure>) throws
        -> Result<SHA256Digest, ReadFailure>
    {
        guard item.range != nil, let identity = item.identity else { return try read(item) }
        let key = Key(
            path: item.path, inode: identity.inode, size: identity.size, modified: identity.modifiedNanoseconds,
            changed: identity.statusNanoseconds)
        let file = files.withLock { files in
            if let known = files[key] { return known }
            let new = File()
            files[key] = new
            return new
        }
        return try file.digest.withLock { known in
            if let known { return .success(known) }
            let result = try read(item)
            if case .success(let digest) = result { known = digest }
            return result
        }
    }
}
