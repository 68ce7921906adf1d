import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch
import Foundation
import Synchronization

/// How far the check of a run's shards is: what a progress line shows.
package struct ShardCheckProgress: Sendable {
    package let doneBytes: Int
    package let totalBytes: Int
}

/// Which shards have the bytes that their index names: a flipped bit in a picture or a spectrogram is data like any other
/// to a decoder, so only the SHA-256 tells.
///
/// What was found whole is noted in the run's folder, and not read again as long as size, time and inode stay: a run
/// that goes on, and its evaluation, begin at once.
struct ShardChecksumCache {
    /// The note's name in the run's folder.
    static let fileName = "checked-shards.json"

    /// A file as it was when its bytes were right.
    private struct State: Codable, Equatable {
        var sha256: String
        var bytes: Int
        var modifiedNanoseconds: Int64
        var inode: UInt64
    }

    private let note: String
    private var known: [String: State] = [:]

    /// - Parameter run: the run's folder. A note that is absent or damaged is as good as none: the shards are read again.
    /// - Throws: ``TrainingError`` when a newer avprep has written the note.
    init(run: RunFolder) throws {
        note = "\(run.path)/\(Self.fileName)"
        guard let content = FileManager.default.contents(atPath: note) else { return }
        do {
            known = try StoredJSON.decode(StoredTable<State>.self, from: content).entries
        } catch StoredJSONError.newer(let what) {
            throw TrainingError(
                .checkpoint,
                """
                \(note) was written by a newer avprep: this one does not know \(what); continue with the avprep that wrote it, \
                or remove the file, and the shards are checked again
                """)
        } catch {}
    }

    /// Compares the shards of these splits with the index.
    ///
    /// Of several processes rank 0 does so, and the first one of each machine that has other files: copies of its own.
    /// Rank 0 alone writes the note. All wait for each other.
    ///
    /// - Parameter threads: shards read at a time; 0 for one per core.
    /// - Throws: ``TrainingError`` naming the shard that differs; `StoreError` for one that cannot be read;
    ///   `CancellationError`.
    mutating func check(
        _ shards: ShardSet, splits: Set<Split>, threads: Int, ranks: TrainingRanks = TrainingRanks(),
        cancellation: Cancellation, progress: @Sendable (ShardCheckProgress) -> Void
    ) throws {
        guard let group = ranks.group else {
            return try check(shards, splits: splits, threads: threads, cancellation, progress)
        }
        let own = try ranks.together { try Self.states(of: shards, splits).map { "\($0.state)" }.joined() }
        let all = try group.gather(Data(SHA256.digest(of: own).hex.utf8))
        try ranks.together {
            guard ranks.leads || group.localRank == 0 && all[group.rank] != all[0] else { return }
            try check(shards, splits: splits, threads: threads, writes: ranks.leads, cancellation, progress)
        }
    }

    private mutating func check(
        _ shards: ShardSet, splits: Set<Split>, threads: Int, writes: Bool = true, _ cancellation: Cancellation,
        _ progress: @Sendable (ShardCheckProgress) -> Void
    ) throws {
        let states = try Self.states(of: shards, splits)
        let open = states.filter { known[$0.name] != $0.state }
        guard !open.isEmpty else { return }
        let total = open.reduce(0) { $0 + $1.state.bytes }
        let done = Mutex(0)
        let workers = threads > 0 ? threads : AvailableProcessors.count
        try WorkerPool.run(open, workers: workers, isCancelled: { cancellation.isCancelled }) { shard in
            let found = try SHA256.digest(ofFile: shard.path, isCancelled: { cancellation.isCancelled }).hex
            guard found == shard.state.sha256 else {
                throw TrainingError(
                    .data,
                    """
                    \(shard.path) is not as avprep shard wrote it: its SHA-256 differs from the index's; \
                    run avprep verify, remove the file and run avprep shard again
                    """)
            }
            let bytes = done.withLock { done in
                done += shard.state.bytes
                return done
            }
            progress(ShardCheckProgress(doneBytes: bytes, totalBytes: total))
        }
        for shard in open { known[shard.name] = shard.state }
        guard writes else { return }
        try AtomicFile.write(Data((try CanonicalJSON.encode(StoredTable(known), pretty: true) + "\n").utf8), to: note)
    }

    private static func states(of shards: ShardSet, _ splits: Set<Split>) throws -> [(
        path: String, name: String, state: State
    )] {
        try shards.index.shards.filter { splits.contains($0.split) }.map { shard in
            (path: "\(shards.folder)/\(shard.name)", name: shard.name, state: try state(of: shard, in: shards.folder))
        }
    }

    private static func state(of shard: ShardIndex.Shard, in folder: String) throws -> State {
        let path = "\(folder)/\(shard.name)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw StoreError(.unreadable, "cannot read \(path): \(systemError()); run avprep shard again")
        }
        return State(
            sha256: shard.sha256, bytes: Int(status.st_size),
            modifiedNanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            inode: UInt64(status.st_ino))
    }
}
