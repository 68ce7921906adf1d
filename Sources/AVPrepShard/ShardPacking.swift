import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import Synchronization

/// A step on the way from prepared files to a shard.
package enum ShardStep: String, Sendable, CaseIterable {
    /// A prepared file is opened, and its segments are copied.
    case opening, copying
    /// A shard is begun under a temporary name, and complete there.
    case packing, finishing

    /// Whether it is a step of one prepared file.
    package var isOfVideo: Bool { self == .opening || self == .copying }
}

/// What is done at each step, with the path of the prepared file or of the shard. The commands give none; tests give one
/// that throws.
package typealias ShardHook = @Sendable (_ step: ShardStep, _ path: String) throws -> Void

/// Packs the shards of a plan, several at a time.
final class ShardPacking: Sendable {
    let workspace: Workspace
    let context: StageContext
    let plan: ShardPlan
    /// The group of each video that has one: near-duplicates, and others of its source.
    let groups: [String: String]
    let settingsKey: String
    let splitKey: String
    /// What the index says of shards that lie there.
    let known: [String: ShardIndex.Shard]
    /// Whether new shards get a link to their labels: without any, nothing would be there.
    private let linksLabels: Bool
    let setAside: SetAsideFiles
    private let hook: ShardHook?
    private let meter: WorkMeter?
    private let state = Mutex(State())

    private struct State {
        var packed = 0
        var done = 0
        var shards: [String: ShardIndex.Shard] = [:]
        /// Why videos could not be packed, by id.
        var failed: [String: String] = [:]
        /// The first shard, by name, that failed by itself.
        var trouble: (name: String, error: any Error)?
    }

    init(
        workspace: Workspace, context: StageContext, plan: ShardPlan, groups: [String: String], settingsKey: String,
        splitKey: String, known: [ShardIndex.Shard], linksLabels: Bool = false, setAside: SetAsideFiles,
        meter: WorkMeter? = nil, hook: ShardHook?
    ) {
        self.hook = hook
        self.meter = meter
        self.linksLabels = linksLabels
        self.setAside = setAside
        self.groups = groups
        self.workspace = workspace
        self.context = context
        self.plan = plan
        self.settingsKey = settingsKey
        self.splitKey = splitKey
        self.known = Dictionary(known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Shards that were packed by this run; the others were there.
    var packedCount: Int { state.withLock { $0.packed } }

    /// Why videos could not be packed, by id. A plan with one of them is not carried out to its end.
    var failed: [String: String] { state.withLock { $0.failed } }

    /// Packs all shards. A prepared file that cannot be packed costs its shard, until there is a plan without it.
    ///
    /// - Returns: the index's entries, in the plan's order.
    /// - Throws: errors that concern the whole run, at once; and, after all other shards, that of a shard itself.
    func run() throws -> [ShardIndex.Shard] {
        let progress = ProgressReporter("shard", unit: "shards", style: context.progress)
        try WorkerPool.run(
            plan.shards, workers: workspace.workers, isCancelled: { self.context.cancellation.isCancelled }
        ) { shard in
            var entry: ShardIndex.Shard?
            do {
                entry = try self.entry(for: shard)
            } catch {
                if error.isOfRun { throw error }
                self.state.withLock { state in
                    if state.trouble.map({ shard.name < $0.name }) ?? true { state.trouble = (shard.name, error) }
                }
            }
            let done = self.state.withLock { state in
                state.shards[shard.name] = entry
                state.done += 1
                return state.done
            }
            progress.update(done: done, total: self.plan.shards.count)
        }
        progress.finish()
        return try state.withLock { state in
            if state.failed.isEmpty, let (name, error) = state.trouble {
                throw Failure(
                    "cannot make the shard \(name): \(error); the others are made, and the next avprep shard goes on",
                    exitStatus: (error as? any ActionableError)?.exitStatus ?? .failed)
            }
            return plan.shards.compactMap { state.shards[$0.name] }
        }
    }

    /// - Returns: nil when some of its videos cannot be packed.
    private func entry(for shard: ShardPlan.Shard) throws -> ShardIndex.Shard? {
        let path = "\(workspace.shards)/\(shard.name).h5"
        let key = try shard.contentKey(settingsKey: settingsKey)
        if let entry = try existingEntry(shard, path, key) { return entry }
        let clock = WorkClock()
        let policy = try CanonicalJSON.encode(workspace.settings.ingest.policy)
        guard let sources = shard.sources else {
            throw Failure(
                "\(path) changed while avprep shard looked at it; leave the folder to avprep and run avprep shard again"
            )
        }
        var parts: [ShardPart] = []
        for video in sources {
            try contained(video) { parts.append(try part(video, shard.split)) }
        }
        guard parts.count == sources.count else { return nil }
        let digest: SHA256Digest
        do {
            digest = try pack(parts, of: sources, to: path, key: key, policy: policy, clock)
        } catch let error as ShardPartError {
            guard let video = sources.first(where: { $0.path == error.path }) else { throw error.cause }
            try contained(video) { throw error.cause }
            return nil
        }
        state.withLock { $0.packed += 1 }
        try meter?.add { PackSeconds(clock.restart()).add(to: &$0) }
        return try ShardIndex.Shard(path: path, split: shard.split, sha256: digest.hex)
    }

    /// Does what concerns one video. An error of its own is noted, and a prepared file that is damaged is set aside, so that
    /// the next ingest makes it again.
    ///
    /// - Throws: errors that concern the whole run, see `RunEndingError`.
    private func contained(_ video: ShardPlan.Video, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            if error.isOfRun { throw error }
            var reason = "\(error)"
            if !reason.contains(video.path) { reason = "\(video.path): \(reason)" }
            if let damage = error as? StoreError, damage.isDamage {
                do {
                    reason = try setAside.setAside(video.path, because: reason) + "; avprep ingest makes it again"
                } catch {
                    reason += "; \(error)"
                }
            }
            state.withLock { $0.failed[video.videoID] = reason }
        }
    }

    private func part(_ video: ShardPlan.Video, _ split: Split) throws -> ShardPart {
        try hook?(.opening, video.path)
        guard try ExistingFile.isThere(video.path) else {
            throw Failure(
                "the prepared file \(video.path) is gone; avprep ingest makes it again", exitStatus: .badInput)
        }
        let reader = try StoreReader(path: video.path)
        try reader.refuseNewerSettings()
        guard try reader.policy == workspace.settings.ingest.policy else {
            throw Failure(
                "\(video.path) was decided by another policy than the catalog says; remove it and run avprep ingest",
                exitStatus: .badInput)
        }
        let rows = reader.segments.indices.filter { !reader.segments[$0].segment.decision.isDropped }
        return ShardPart(path: video.path, rows: Array(rows), split: split, groupID: groups[video.videoID])
    }

    private func pack(
        _ parts: [ShardPart], of sources: [ShardPlan.Video], to path: String, key: String, policy: String,
        _ clock: WorkClock
    ) throws -> SHA256Digest {
        try AtomicFile.write(to: path) { temporary in
            try hook?(.packing, path)
            let name = (path as NSString).lastPathComponent
            let digest = try ShardPacker.pack(
                parts, to: temporary, pairsFile: PairFile.name(forShard: name),
                labelsFile: linksLabels ? LabelFile.name(forShard: name) : nil,
                attributes: [
                    "avprep_version": .string(Version.text), "seed": .int(workspace.settings.seed),
                    "content_key": .string(key), "split_key": .string(splitKey),
                    "config_json": .string(try CanonicalJSON.encode(workspace.settings.ingest)),
                    IngestSettings.policyAttribute: .string(policy),
                ], cancellation: context.cancellation, clock: clock, willCopy: { try self.hook?(.copying, $0.path) })
            try hook?(.finishing, path)
            return digest
        }
    }

    /// The entry of a shard that lies there with this content, else nil: what is damaged is set aside.
    private func existingEntry(_ shard: ShardPlan.Shard, _ path: String, _ key: String) throws -> ShardIndex.Shard? {
        let entry = known["\(shard.name).h5"]
        let isCancelled = { self.context.cancellation.isCancelled }
        let reader = try ExistingShards.unlessDamaged(path, { try setAside.setAside(path, because: $0) }) { path in
            try entry.map { try ShardReader($0, in: workspace.shards) }
                ?? ShardReader(unlisted: path, split: shard.split, isCancelled: isCancelled)
        }
        guard let reader, reader.attributes["content_key"]?.text == key,
            reader.attributes["split_key"]?.text == splitKey
        else { return nil }
        // The checksums of a file that has not changed its size, structure or content key are those that were measured. What
        // the index says beside them is counted again.
        if let entry, entry.contentKey == key, let structure = entry.structure {
            return ShardIndex.Shard(
                reader.store, split: shard.split, bytes: entry.bytes, sha256: entry.sha256, structure: structure)
        }
        return entry == nil
            ? reader.entry : try ShardIndex.Shard(path: path, split: shard.split, isCancelled: isCancelled)
    }
}
