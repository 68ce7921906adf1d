import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import Foundation

/// What lies in the folder of shards before a run.
struct ExistingShards {
    /// The index, where it can be read.
    let index: ShardIndex?
    /// The shards that may stay as they are: all that the index names, or none.
    let shards: [ShardPlan.Existing]
    /// The pair sets that lie there, as they were ordered.
    let definitions: [PairSetDefinition]
    /// Why shards that lie there cannot stay, or nil.
    let obstacle: String?

    /// - Parameters:
    ///   - folder: where shards lie.
    ///   - settingsKey: of the ingest settings and the policy in force.
    ///   - splitKey: of the seed and the shares of the splits in force.
    /// - Throws: `StoreError` when they are of a newer avprep: those are not to be replaced.
    init(folder: String, settingsKey: String, splitKey: String) throws {
        index = try StoreError.unlessNewer { try ShardIndex.load(folder) }
        try Self.refuseNewer(index, folder)
        definitions = try Self.definitions(index, folder)
        var existing: [ShardPlan.Existing] = []
        var obstacles: [String] = []
        for shard in index?.shards ?? [] {
            let name = String(shard.name.dropLast(".h5".count))
            do {
                let reader = try shard.open(in: folder)
                try reader.refuseNewerSettings()
                var videoIDs: [String] = []
                var groups: [String: String] = [:]
                for segment in reader.segments where segment.segment.videoID != videoIDs.last {
                    let video = segment.segment.videoID
                    videoIDs.append(video)
                    if segment.groupID != video { groups[video] = segment.groupID }
                }
                let key = try ShardPlan.contentKey(settingsKey: settingsKey, split: shard.split, videoIDs: videoIDs)
                if reader.attributes["split_key"]?.text != splitKey {
                    obstacles.append("\(shard.name) was made with another seed or other shares of the splits")
                } else if reader.attributes["content_key"]?.text != key {
                    obstacles.append("\(shard.name) was made under other ingest settings or another policy")
                } else if shard.contentKey != key {
                    obstacles.append("\(shard.name) is of a run that did not end")
                }
                existing.append(ShardPlan.Existing(name: name, split: shard.split, videoIDs: videoIDs, groups: groups))
            } catch let error as StoreError where error.code == .newerFormat {
                throw error
            } catch {
                obstacles.append("\(error)")
            }
        }
        obstacle = obstacles.first
        shards = obstacle == nil ? existing : []
    }

    /// Looks at pair files, and at shards that the index does not name, before any file is replaced: none that a newer avprep
    /// has written may be.
    private static func refuseNewer(_ index: ShardIndex?, _ folder: String) throws {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".h5")
        }
        let known = Set((index?.shards ?? []).map(\.name))
        for name in names.sorted() where !known.contains(name) {
            let path = "\(folder)/\(name)"
            _ = try StoreError.unlessNewer {
                if name.hasSuffix(".pairs.h5") {
                    for set in try PairFile.attributes(path) {
                        try set.attributes.refuseNewerPairSet(set.name, of: path)
                    }
                } else {
                    try StoreReader(path: path).refuseNewerSettings()
                }
            }
        }
    }

    /// From the index; where it is not to be had, from the pair files themselves.
    private static func definitions(_ index: ShardIndex?, _ folder: String) throws -> [PairSetDefinition] {
        func definition(_ name: String, _ attributes: [String: AttributeValue], _ file: String) throws
            -> PairSetDefinition?
        {
            try StoreError.unlessNewer { try PairSetDefinition(attributes, of: name, in: "\(folder)/\(file)") }
        }
        if let index {
            return try index.pairSets.compactMap { try definition($0.name, $0.attributes, ShardIndex.fileName) }
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".pairs.h5") }.sorted()
        var found: [String: PairSetDefinition] = [:]
        for name in names {
            for set in (try? PairFile.read("\(folder)/\(name)")) ?? [] where found[set.name] == nil {
                found[set.name] = try definition(set.name, set.attributes, name)
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }
}
