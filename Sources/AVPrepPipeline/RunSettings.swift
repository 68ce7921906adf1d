import AVPrepCore
import AVPrepPairs
import AVPrepSettings
import AVPrepTraining
import AVPrepWorkspace
import Foundation

/// The settings of a run as they were in truth: `config.yaml` in its folder.
///
/// What the pipeline file says of shards is what the next `avprep shard` would make. What the run has read was made with
/// the settings that shards and pair sets carry; those stand here in its place.
struct RunSettings {
    static let fileName = "config.yaml"

    let settings: PipelineSettings
    /// Lines above them that say where they come from.
    let heading: [String]

    init(_ beginning: RunBeginning, _ workspace: Workspace) throws {
        var settings = workspace.settings
        let shards = beginning.shards
        settings.train = beginning.settings
        var heading = [
            "The settings of this run, by avprep \(Version.text), written before its first step. What changed when it was",
            "resumed stands in \(RunRecord.fileName).", "",
        ]
        func note(_ part: String, isStored: Bool, _ stored: String) {
            heading.append(
                isStored
                    ? "\(part): as the shards have it, \(stored)."
                    : "\(part): as the pipeline file has it. The shards do not say in words of this avprep; see \(RunRecord.fileName)."
            )
        }
        let ingest = try shards.ingest.first?.settings.flatMap { try Self.decode(IngestSettings.self, $0) }
        if let ingest { settings.ingest = ingest }
        note("ingest, policy", isStored: ingest != nil, "by their config_json")
        let definitions = try shards.pairSets.map { set in
            (
                name: set.name,
                pairs: try set.definition.flatMap { try Self.decode(PairSetDefinition.self, $0)?.settings }
            )
        }
        // A curriculum may read sets that were drawn in several ways: the last stage's stand for all, and the others beside.
        let last = settings.train.stages.last?.set
        let pairs = definitions.first { $0.name == last }?.pairs
        if let pairs { settings.shard.pairs = pairs }
        note("shard.pairs", isStored: pairs != nil, "by the definition_json of the pair set \(last ?? "")")
        for (name, other) in definitions where other != nil && other != pairs {
            heading.append(
                "shard.pairs: the pair set \(name) was drawn with other settings; see \(RunRecord.fileName).")
        }
        if try shards.splitKey != workspace.settings.splitKey {
            heading.append(
                "seed, shard.split, corpus.source_pattern: as the pipeline file has them. The shards were divided by others."
            )
        }
        self.settings = settings
        self.heading = heading
    }

    /// Writes the file whole.
    func save(_ folder: String) throws {
        try AtomicFile.write(
            Data(PipelineFile.text(of: settings, heading: heading).utf8), to: "\(folder)/\(Self.fileName)")
    }

    /// A stored value as this avprep knows it; nil when it does not.
    private static func decode<Value: Decodable>(_ type: Value.Type, _ stored: JSONValue) throws -> Value? {
        try? StoredJSON.decode(type, from: try CanonicalJSON.encode(stored))
    }
}
