import AVPrepClips
package import AVPrepCore
import AVPrepModel
package import AVPrepStore
import Synchronization

/// Mean and deviation of each bin of each spectrogram over the training shards, in one pass over their rows.
package struct ShardNormalization {
    let folder: String
    let workers: Int
    let cancellation: Cancellation

    package init(folder: String, workers: Int, cancellation: Cancellation) {
        self.folder = folder
        self.workers = workers
        self.cancellation = cancellation
    }

    /// The numbers for an index, or those of the index before it where its training shards are the same.
    ///
    /// Shards are measured at the same time and put together in the order of the index, so that the number of workers
    /// leaves no trace.
    package func measure(_ index: ShardIndex, before: ShardIndex?) throws -> [String: ShardIndex.Normalization] {
        let shards = Self.training(index)
        if let before, let known = before.normalization, before.layout == index.layout,
            Self.training(before) == shards
        {
            return known
        }
        let kinds = index.layout.spectrograms
        let found = Mutex<[String: [String: BinMoments]]>([:])
        try WorkerPool.run(shards, workers: workers, isCancelled: { cancellation.isCancelled }) { shard in
            let reader = try ShardReader(shard, in: folder)
            var moments: [String: BinMoments] = [:]
            for kind in kinds { moments[kind.name] = try reader.store.moments(kind) }
            found.withLock { $0[shard.name] = moments }
        }
        try cancellation.check()
        return found.withLock { found in
            var numbers: [String: ShardIndex.Normalization] = [:]
            for kind in kinds {
                var total = BinMoments(bins: kind.bins)
                for shard in shards { if let own = found[shard.name]?[kind.name] { total.merge(own) } }
                if total.rows > 0 { numbers[kind.name] = ShardIndex.Normalization(total) }
            }
            return numbers
        }
    }

    /// What tells the training shards apart from others: their names and content.
    private static func training(_ index: ShardIndex) -> [ShardIndex.Shard] {
        index.shards.filter { $0.split == .train }
    }
}
