import AVPrepClips
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import Foundation

/// What lies in the folder of shards before a run.
struct ExistingShards {
    /// The set, where its index can be read.
    let shardSet: ShardSet?
    var index: ShardIndex? { shardSet?.index }
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
        shardSet = try Self.unlessNewer { try ShardSet(folder) }
        definitions = Self.definitions(shardSet?.index, folder)
        var existing: [ShardPlan.Existing] = []
        var obstacle: String?
        for shard in shardSet?.index.shards ?? [] {
            let name = String(shard.name.dropLast(".h5".count))
            do {
                let reader = try ShardReader(shard, in: folder)
                var videoIDs: [String] = []
                var groups: [String: String] = [:]
                for segment in reader.segments where segment.segment.videoID != videoIDs.last {
                    let video = segment.segment.videoID
                    videoIDs.append(video)
                    if segment.groupID != video { groups[video] = segment.groupID }
                }
                let key = try ShardPlan.contentKey(settingsKey: settingsKey, split: shard.split, videoIDs: videoIDs)
                if reader.attributes["split_key"]?.text != splitKey {
                    obstacle = "\(shard.name) was made with another seed or other shares of the splits"
                } else if reader.attributes["content_key"]?.text != key {
                    obstacle = "\(shard.name) was made under other ingest settings or another policy"
                } else if shard.contentKey != key {
                    obstacle = "\(shard.name) is of a run that did not end"
                }
                existing.append(ShardPlan.Existing(name: name, split: shard.split, videoIDs: videoIDs, groups: groups))
            } catch let error as StoreError where error.code == .newerFormat {
                throw error
            } catch {
                obstacle = "\(error)"
            }
            if obstacle != nil { break }
        }
        self.obstacle = obstacle
        shards = obstacle == nil ? existing : []
    }

    /// What cannot be read is made again, but for what this avprep cannot know.
    private static func unlessNewer<Value>(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as StoreError where error.code == .newerFormat {
            throw error
        } catch {
            return nil
        }
    }

    /// From the index; where it is not to be had, from the pair files themselves.
    private static func definitions(_ index: ShardIndex?, _ folder: String) -> [PairSetDefinition] {
        if let index { return index.pairSets.compactMap { PairSetDefinition($0.attributes) } }
        var found: [String: PairSetDefinition] = [:]
        for set in ShardSet.unindexedPairSets(in: folder) where found[set.name] == nil {
            found[set.name] = PairSetDefinition(set.attributes)
        }
        return found.values.sorted { $0.name < $1.name }
    }
}
