import AVPrepClips
package import AVPrepCore
package import AVPrepModel
import AVPrepStore

/// What a set of shards says of itself: the part of a run's and of an evaluation's record that tells which shards were
/// read. It comes from the files that were read, whatever the pipeline file says.
package struct ShardRecord: Sendable, Equatable, Codable {
    /// One pair set, by its pair files.
    package struct PairSet: Sendable, Equatable, Codable {
        package let name: String
        /// The splits in which it was read: `train`, `val`, `test`.
        package let splits: [String]
        /// How it was drawn: the stored `definition_json`. Nil in a set that carries none.
        package let definition: JSONValue?
        /// The set's other attributes, one by one.
        package let attributes: [String: AttributeValue]
    }

    /// Shards that were made with the same settings.
    package struct Ingest: Sendable, Equatable, Codable {
        package let shards: [String]
        /// The stored `config_json`: how the videos were prepared and what the policy was. Nil where there is none.
        package let settings: JSONValue?
    }

    package let folder: String
    /// SHA-256 of `index.json`, 64 hexadecimal digits.
    package let indexSHA256: String
    /// Stands for the bytes of the shards and the pairs that were read: twelve hexadecimal digits. Sets beside them leave
    /// no trace in it.
    package let contentKey: String
    /// The avprep that wrote the index.
    package let createdBy: String
    package let formatVersion: String
    package let seed: Int
    /// Stands for the seed, the shares of the splits and the source pattern that videos were divided by; nil where the
    /// shards do not say.
    package let splitKey: String?
    /// By name.
    package let pairSets: [PairSet]
    package let ingest: [Ingest]

    private enum CodingKeys: String, CodingKey {
        case folder, seed, ingest
        case indexSHA256 = "index_sha256"
        case contentKey = "content_key"
        case createdBy = "created_by"
        case formatVersion = "format_version"
        case splitKey = "split_key"
        case pairSets = "pair_sets"
    }

    /// - Parameter datasets: what is read of the folder.
    init(_ folder: ShardSet, reading datasets: [ShardDataset]) throws {
        self.folder = folder.folder
        indexSHA256 = folder.digest.hex
        contentKey = try ShardDataset.contentKey(of: datasets)
        createdBy = folder.index.createdBy
        formatVersion = folder.index.formatVersion
        seed = folder.index.seed
        pairSets = Dictionary(grouping: datasets, by: \.set).sorted { $0.key < $1.key }.map { name, datasets in
            var attributes = datasets[0].attributes
            let definition = attributes.removeValue(forKey: "definition_json")?.text
            return PairSet(
                name: name, splits: Split.allCases.filter { datasets.map(\.split).contains($0) }.map(\.rawValue),
                definition: definition.flatMap(JSONValue.init(text:)), attributes: attributes)
        }
        let splits = Set(datasets.map(\.split))
        var ingest: [(settings: JSONValue?, shards: [String])] = []
        var splitKey: String?
        for shard in folder.index.shards where splits.contains(shard.split) {
            let attributes = try folder.reader(of: shard).attributes
            splitKey = splitKey ?? attributes["split_key"]?.text
            let settings = attributes["config_json"]?.text.flatMap(JSONValue.init(text:))
            if let place = ingest.firstIndex(where: { $0.settings == settings }) {
                ingest[place].shards.append(shard.name)
            } else {
                ingest.append((settings, [shard.name]))
            }
        }
        self.splitKey = splitKey
        self.ingest = ingest.map { Ingest(shards: $0.shards, settings: $0.settings) }
    }
}

extension ShardDataset {
    /// Stands for the shards and pairs of several sets, in this order.
    static func contentKey(of datasets: [ShardDataset]) throws -> String {
        try CanonicalJSON.key(of: datasets.map(\.contentKey))
    }
}
