import AVPrepCore
import AVPrepPairs
import AVPrepStore
import Synchronization

/// Draws the pair sets of all shards and writes each shard's pair file.
///
/// Training shards get `easy` and `mixed`, the sets of the curriculum; validation and test shards get `easy` and `hard`,
/// the two conditions that a model is measured under.
final class PairDrawing: Sendable {
    /// What came of it.
    struct Result {
        var sets: [ShardIndex.Pairs] = []
        /// SHA-256 by file name.
        var files: [String: String] = [:]
        /// Sets that could not be drawn, each with its reason.
        var refusals: [String] = []
    }

    private struct Drawn: Sendable {
        let split: Split
        let statistics: [String: PairStatistics]
        let refusals: [PairError]
        let fileName: String
        let digest: String
    }

    private let workspace: Workspace
    private let context: StageContext
    private let shards: [String]

    init(workspace: Workspace, context: StageContext, shards: [String]) {
        self.workspace = workspace
        self.context = context
        self.shards = shards
    }

    func run(splits: [Split]) throws -> Result {
        let progress = ProgressReporter("pairs", unit: "shards", style: context.progress)
        let drawn = Mutex([String: Drawn]())
        try WorkerPool.run(
            Array(zip(shards, splits)), workers: workspace.workers,
            isCancelled: { self.context.cancellation.isCancelled }
        ) { shard, split in
            let result = try self.draw(shard, split)
            let done = drawn.withLock { drawn in
                drawn[shard] = result
                return drawn.count
            }
            progress.update(done: done, total: self.shards.count)
        }
        progress.finish()
        return try collect(shards.compactMap { name in drawn.withLock { $0[name] } })
    }

    private func plans(_ split: Split) -> [PairPlan] {
        split == .train ? [.easy, .mixed(workspace.settings.shard.pairs)] : [.easy, .hard]
    }

    private func draw(_ shard: String, _ split: Split) throws -> Drawn {
        let reader = try StoreReader(path: "\(workspace.shards)/\(shard)")
        let fps = reader.layout.fps
        let sources = reader.segments.enumerated().map { row, stored in
            PairSource(
                stored.segment, row: Int32(row), soundSeconds: Double(stored.segment.frameCount) / fps, fps: fps)
        }
        let name = String(shard.dropLast(".h5".count))
        let sampler = try PairSampler(
            sources, settings: workspace.settings.shard.pairs, shard: name, seed: UInt64(workspace.settings.seed))
        var sets: [AVPrepStore.PairSet] = []
        var statistics: [String: PairStatistics] = [:]
        var refusals: [PairError] = []
        for plan in plans(split) {
            do {
                let set = try sampler.draw(plan)
                sets.append(
                    AVPrepStore.PairSet(name: plan.name, attributes: attributes(plan), pairs: set.pairs))
                statistics[plan.name] = set.statistics
            } catch let refusal as PairError where refusal.code != .settings && refusal.code != .source {
                refusals.append(refusal)
            }
        }
        let fileName = PairFile.name(forShard: shard)
        let path = "\(workspace.shards)/\(fileName)"
        try PairFile.write(sets, to: path)
        return Drawn(
            split: split, statistics: statistics, refusals: refusals, fileName: fileName,
            digest: try SHA256.digest(ofFile: path).hex)
    }

    private func attributes(_ plan: PairPlan) -> [String: AttributeValue] {
        let settings = workspace.settings.shard.pairs
        return [
            "hard_ratio": .double(plan.hardShare), "super_hard_ratio": .double(plan.superHardShare),
            "seed": .int(workspace.settings.seed), "clip_seconds": .double(settings.clipSeconds),
            "gap_seconds": .double(settings.gapSeconds), "gap_measure": .string(settings.gapMeasure.rawValue),
            "max_shift_seconds": .double(settings.maxShiftSeconds),
            "pairs_per_segment": .int(settings.pairsPerSegment),
        ]
    }

    private func collect(_ drawn: [Drawn]) throws -> Result {
        var result = Result()
        for shard in drawn {
            result.files[shard.fileName] = shard.digest
            result.refusals += shard.refusals.map(\.description)
        }
        let settings = workspace.settings.shard.pairs
        for plan in [PairPlan.easy, .mixed(settings), .hard] {
            var counts: [String: [String: Int]] = [:]
            for split in Split.allCases {
                var total = PairStatistics()
                for shard in drawn where shard.split == split {
                    if let statistics = shard.statistics[plan.name] { total.add(statistics) }
                }
                if total.pairs > 0 { counts[split.rawValue] = total.kinds.filter { $0.value > 0 } }
            }
            if !counts.isEmpty {
                result.sets.append(ShardIndex.Pairs(name: plan.name, counts: counts, attributes: attributes(plan)))
            }
        }
        let easy = result.sets.first { $0.name == PairPlan.easy.name }
        if easy?.counts[Split.train.rawValue] == nil {
            throw Failure(
                result.refusals.first ?? "no pairs can be drawn from the training shards", exitStatus: .badInput)
        }
        return result
    }
}
