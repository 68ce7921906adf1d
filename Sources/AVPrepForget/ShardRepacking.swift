import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepPolicy
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepWorkspace
import Foundation
import Synchronization

/// Carries out a ``ShardExcision``: new shards and their pairs, then the index, then the old files go. Killed in between,
/// the same again ends it: what the index names is there at every moment.
struct ShardRepacking {
    let workspace: Workspace
    let context: StageContext
    let excision: ShardExcision
    let ids: Set<String>
    /// What the policy drops now; nil where the shards are of other settings.
    let leftOut: ShardIndex.LeftOut?

    struct Result {
        var pairs = PairCounts()
        var notes: [String] = []
    }

    func run() throws -> Result {
        let folder = excision.folder
        let packed = Mutex([String: (entry: ShardIndex.Shard, pairs: RenewedPairs)]())
        let progress = ProgressReporter("forget", unit: "shards", style: context.progress)
        try WorkerPool.run(
            excision.fresh, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }
        ) { shard in
            let entry = try pack(shard)
            let pairs = try RenewedPairs(
                shard, entry, before: excision.shards, vanished: Set(excision.shards.index.vanishedVideos))
            let done = packed.withLock { packed in
                packed[shard.name] = (entry, pairs)
                return packed.count
            }
            progress.update(done: done, total: excision.fresh.count)
        }
        progress.finish()
        let fresh = packed.withLock { packed in excision.fresh.compactMap { packed[$0.name] } }
        var result = Result()
        for shard in fresh {
            result.pairs.add(shard.pairs.counts)
            result.notes += shard.pairs.notes
        }
        let index = try index(fresh.map { ($0.entry, $0.pairs.digest) }, &result.notes)
        if index.shards.isEmpty {
            try remove("\(folder)/\(ShardIndex.fileName)")
        } else {
            try index.save(folder)
        }
        for shard in excision.gone {
            try remove("\(folder)/\(shard.name)")
            try remove("\(folder)/\(PairFile.name(forShard: shard.name))")
            try remove("\(folder)/\(LabelFile.name(forShard: shard.name))")
        }
        return result
    }

    private func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw Failure(
                "cannot remove \(path): \(systemError()); make its folder writable, and run avprep forget again")
        }
    }

    // MARK: - Shards

    private func pack(_ fresh: ShardExcision.Fresh) throws -> ShardIndex.Shard {
        let path = "\(excision.folder)/\(fresh.name)\(ShardName.ending)"
        // Of a run that was killed; anything else was put there by somebody.
        if try ExistingFile.isThere(path) {
            guard try StoreError.unlessNewer({ try StoreReader(path: path).kind }) == .shard else {
                throw Failure(
                    "\(path) is in the way and no shard of avprep; move it away, and run avprep forget again",
                    exitStatus: .badInput)
            }
        }
        let source = try ShardReader(fresh.sources[0].shard, in: excision.folder)
        var attributes: [String: AttributeValue] = [:]
        for name in ["seed", "split_key", "config_json", IngestSettings.policyAttribute] {
            attributes[name] = source.attributes[name]
        }
        attributes["avprep_version"] = .string(Version.text)
        let videos = fresh.sources.flatMap(\.videos).map(\.videoID)
        attributes["content_key"] = .string(
            try ShardPlan.contentKey(settingsKey: try settingsKey(source), split: fresh.split, videoIDs: videos))
        let parts = fresh.sources.flatMap { source in
            source.videos.map {
                ShardPart(
                    path: "\(excision.folder)/\(source.shard.name)", rows: $0.rows, split: fresh.split,
                    groupID: $0.groupID)
            }
        }
        let digest = try AtomicFile.write(to: path) { temporary in
            try ShardPacker.pack(
                parts, to: temporary, pairsFile: PairFile.name(forShard: "\(fresh.name)\(ShardName.ending)"),
                labelsFile: excision.shards.index.labels == nil
                    ? nil : LabelFile.name(forShard: "\(fresh.name)\(ShardName.ending)"),
                attributes: attributes, cancellation: context.cancellation)
        }
        return try ShardIndex.Shard(path: path, split: fresh.split, sha256: digest.hex)
    }

    /// The settings in the key of a shard's content, so that avprep shard finds the new one to be what it plans. Where they
    /// are not known, the new key is that of other settings, as the old one was.
    private func settingsKey(_ reader: ShardReader) throws -> String {
        var videos: [String] = []
        for stored in reader.segments where stored.segment.videoID != videos.last {
            videos.append(stored.segment.videoID)
        }
        let key = reader.attributes["content_key"]?.text
        for settings in [workspace.settings.ingest, try? reader.store.ingestSettings].compactMap(\.self) {
            let candidate = try settings.decidedKey
            if try ShardPlan.contentKey(settingsKey: candidate, split: reader.entry.split, videoIDs: videos) == key {
                return candidate
            }
        }
        return key ?? ""
    }

    // MARK: - The index

    /// Labels go with their segments, under the numbers that they have.
    private func addLabels(to index: inout ShardIndex, _ notes: inout [String]) throws {
        let before = excision.shards.index
        guard let vocabulary = before.labels, !index.shards.isEmpty else { return }
        var labels: [String: [String]] = [:]
        do {
            for shard in before.shards {
                let own = try excision.shards.labels(of: shard)
                for (row, stored) in try excision.shards.reader(of: shard).segments.enumerated() {
                    labels[stored.segment.videoID] = own[row]
                }
            }
        } catch let error as StoreError where error.isDamage {
            notes.append("\(error); there are no labels beside the shards until avprep shard writes them")
            return
        }
        index.labelFiles = try LabelWriting(
            workspace: workspace, cancellation: context.cancellation, labels: labels, before: before
        ).run(index.shards, vocabulary)
        index.labels = vocabulary
    }

    private func index(_ fresh: [(entry: ShardIndex.Shard, pairs: String)], _ notes: inout [String]) throws
        -> ShardIndex
    {
        let before = excision.shards.index
        let shards = Split.allCases.flatMap { split in
            excision.kept.filter { $0.split == split } + fresh.map(\.entry).filter { $0.split == split }
        }
        var index = ShardIndex(
            createdBy: "avprep \(Version.text)", seed: before.seed, layout: before.layout, shards: shards,
            videos: excision.videos)
        for shard in excision.kept {
            let name = PairFile.name(forShard: shard.name)
            index.pairFiles[name] = before.pairFiles[name]
        }
        for (entry, digest) in fresh { index.pairFiles[PairFile.name(forShard: entry.name)] = digest }
        func without(_ videos: [String]) -> [String] { videos.filter { !ids.contains($0) } }
        index.vanishedVideos = without(before.vanishedVideos)
        index.straddlingVideos = before.straddlingVideos.map(without)
        let copies = before.leftOut?.nearDuplicates.map(without)
        index.leftOut = leftOut ?? before.leftOut
        index.leftOut?.nearDuplicates = copies?.isEmpty ?? true ? nil : copies
        try addLabels(to: &index, &notes)
        index.leaks = before.leaks.flatMap { $0.videos.contains(where: ids.contains) ? nil : $0 }
        index.pairSets = try PairTotals(shards, in: excision.folder, before: before).sets
        guard !shards.isEmpty else { return index }
        do {
            index.normalization = try ShardNormalization(
                folder: excision.folder, workers: workspace.workers, cancellation: context.cancellation
            ).measure(index, before: before)
        } catch let error as StoreError {
            notes.append("\(error); the spectrograms' normalization was not measured again: avprep shard does")
        }
        return index
    }
}
