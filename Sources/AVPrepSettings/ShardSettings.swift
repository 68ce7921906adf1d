import AVPrepCore
package import AVPrepModel
package import AVPrepPairs

/// How prepared files are packed into shards with pair sets.
package struct ShardSettings: Sendable, Equatable, StoredSettings {
    /// Size at which a shard is full, in MiB.
    package var shardMegabytes = 1024
    package var split = SplitSettings()
    package var pairs = PairSettings()
    /// Whether all near-duplicates are packed (`keep`) or one of each group (`drop`).
    package var nearDuplicates = PolicyAction.keep

    package init() {}
}

extension PipelineSettings {
    /// Key of everything that decides which split a video is in: twelve hexadecimal digits.
    package var splitKey: String {
        get throws {
            // Shards that were divided by the first default stay: the present one joins less, and tears nothing apart.
            let pattern =
                corpus.sourcePattern == CorpusSettings().sourcePattern
                ? CorpusSettings.firstSourcePattern : corpus.sourcePattern
            return try CanonicalJSON.key(of: [String(seed), CanonicalJSON.encode(shard.split), pattern])
        }
    }
}
