import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import Foundation

/// What lies in the folder of shards before a run.
///
/// What was read and is damaged is made again; what could not be read, or is of a newer avprep, ends the run before it has
/// changed anything.
struct ExistingShards {
    /// The set; nil where there is no index, or a damaged one.
    let shardSet: ShardSet?
    var index: ShardIndex? { shardSet?.index }
    /// The shards that may stay as they are: all that the index names, or none.
    let shards: [ShardPlan.Existing]
    /// The pair sets that lie there, as they were ordered.
    let definitions: [PairSetDefinition]
    /// The pair sets that lie there whose order this avprep cannot read.
    let opaque: OpaquePairSets
    /// Why shards that lie there cannot stay, or nil.
    let obstacle: String?
    /// What is wrong with the index, where it is damaged.
    let indexDamage: String?
    /// Videos of shards that could be read, in a folder where something else is damaged; else none. They may lie nowhere
    /// else.
    let videosBesideDamage: Set<String>

    /// - Parameters:
    ///   - folder: where shards lie.
    ///   - settingsKey: of the ingest settings and the policy in force.
    ///   - splitKey: of the seed and the shares of the splits in force.
    /// - Throws: `StoreError` or ``Failure`` when something cannot be read, or is of a newer avprep: it is not to be
    ///   replaced.
    init(folder: String, settingsKey: String, splitKey: String) throws {
        var indexDamage: String?
        shardSet = try Self.unlessDamaged("\(folder)/\(ShardIndex.fileName)", { indexDamage = $0 }) { _ in
            try ShardSet(folder)
        }
        self.indexDamage = indexDamage
        let sets = try Self.sets(shardSet?.index, folder)
        try Self.refuseNewer(shardSet?.index, folder)
        var definitions: [PairSetDefinition] = []
        var opaque: [ShardIndex.PairSetSummary] = []
        for set in sets {
            let definition = try StoreError.unlessNewer {
                try PairSetDefinition(set.attributes, of: set.name, in: "\(folder)/\(ShardIndex.fileName)")
            }
            if let definition { definitions.append(definition) } else { opaque.append(set) }
        }
        self.definitions = definitions.sorted { $0.name < $1.name }
        self.opaque = OpaquePairSets(opaque)
        var survey = Survey(settingsKey: settingsKey, splitKey: splitKey)
        for shard in shardSet?.index.shards ?? [] { try survey.look(at: shard, in: folder) }
        if indexDamage != nil {
            for name in try ExistingFile.names(inFolder: folder) where ShardName(file: name) != nil {
                try survey.lookAtFile("\(folder)/\(name)")
            }
        }
        obstacle = survey.obstacle ?? survey.damage
        shards = obstacle == nil ? survey.existing : []
        let isDamagedAlone = survey.obstacle == nil && (survey.damage != nil || indexDamage != nil)
        videosBesideDamage = isDamagedAlone ? survey.videos : []
    }

    /// Looks at pair files, and at shards that the index does not name, before any file is replaced: none that a newer avprep
    /// has written may be.
    private static func refuseNewer(_ index: ShardIndex?, _ folder: String) throws {
        let known = Set((index?.shards ?? []).map(\.name))
        for name in try ExistingFile.names(inFolder: folder) where !known.contains(name) {
            let path = "\(folder)/\(name)"
            if ShardName(pairFile: name) != nil {
                let sets = try unlessDamaged(path, { _ in }, ShardSet.unindexedPairAttributes)
                for set in sets ?? [] { try set.attributes.refuseNewerPairSet(set.name, of: path) }
            } else if ShardName(file: name) != nil {
                let reader = try unlessDamaged(path, { _ in }, StoreReader.init(path:))
                _ = try StoreError.unlessNewer { try reader?.refuseNewerSettings() }
            }
        }
    }

    /// What `body` reads of a file; nil where there is no such file, or a damaged one.
    ///
    /// - Parameter damaged: gets the reason where it is damaged.
    static func unlessDamaged<Value>(
        _ path: String, _ damaged: (String) throws -> Void, _ body: (String) throws -> Value
    ) throws -> Value? {
        guard try ExistingFile.isThere(path) else { return nil }
        do {
            return try body(path)
        } catch let error as StoreError where error.isDamage {
            try damaged(error.description)
            return nil
        }
    }

    /// The sets by the index; where it is not to be had, by the pair files themselves.
    private static func sets(_ index: ShardIndex?, _ folder: String) throws -> [ShardIndex.PairSetSummary] {
        if let index { return index.pairSets }
        var found: [String: ShardIndex.PairSetSummary] = [:]
        for name in try ExistingFile.names(inFolder: folder) where ShardName(pairFile: name) != nil {
            // A damaged file gives none; it is set aside when its pairs are drawn again.
            let file = try unlessDamaged("\(folder)/\(name)", { _ in }, ShardSet.unindexedPairFile)
            for set in file?.sets ?? [] where found[set.name] == nil {
                found[set.name] = ShardIndex.PairSetSummary(
                    name: set.name, counts: [:], statistics: [:], attributes: set.attributes)
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }
}

/// Goes through shards and finds out whether they may stay.
private struct Survey {
    let settingsKey: String
    let splitKey: String
    var existing: [ShardPlan.Existing] = []
    var videos: Set<String> = []
    /// Why the shards have to be planned anew though they are whole: the first reason.
    var obstacle: String?
    /// What is wrong with the first damaged one.
    var damage: String?

    mutating func look(at shard: ShardIndex.Shard, in folder: String) throws {
        let path = "\(folder)/\(shard.name)"
        guard try ExistingFile.isThere(path) else {
            obstacle = obstacle ?? "\(path) is not there"
            return
        }
        var fault: String?
        let reader = try ExistingShards.unlessDamaged(path, { fault = $0 }) { _ in
            let store = try ShardReader(shard, in: folder).store
            try store.refuseNewerSettings()
            return store
        }
        guard let reader else {
            damage = damage ?? fault
            return
        }
        let own = add(reader, shard.split)
        let key = try ShardPlan.contentKey(
            settingsKey: settingsKey, split: shard.split, videoIDs: own.videoIDs)
        if reader.attributes["split_key"]?.text != splitKey {
            obstacle = obstacle ?? "\(shard.name) was made with another seed or other shares of the splits"
        } else if reader.attributes["content_key"]?.text != key {
            obstacle = obstacle ?? "\(shard.name) was made under other ingest settings or another policy"
        } else if shard.contentKey != key {
            obstacle = obstacle ?? "\(shard.name) is of a run that did not end"
        }
    }

    /// Takes the videos of a shard that no index names.
    mutating func lookAtFile(_ path: String) throws {
        let reader = try ExistingShards.unlessDamaged(path, { _ in }, StoreReader.init(path:))
        guard let reader, reader.kind == .shard else { return }
        videos.formUnion(reader.segments.map(\.segment.videoID))
    }

    private mutating func add(_ reader: StoreReader, _ split: Split) -> ShardPlan.Existing {
        var videoIDs: [String] = []
        var groups: [String: String] = [:]
        for segment in reader.segments where segment.segment.videoID != videoIDs.last {
            let video = segment.segment.videoID
            videoIDs.append(video)
            if segment.groupID != video { groups[video] = segment.groupID }
        }
        videos.formUnion(videoIDs)
        let name = String((reader.path as NSString).lastPathComponent.dropLast(ShardName.ending.count))
        let shard = ShardPlan.Existing(name: name, split: split, videoIDs: videoIDs, groups: groups)
        existing.append(shard)
        return shard
    }
}
