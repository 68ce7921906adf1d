import AVPrepCore
package import AVPrepDuplicates
package import AVPrepSynth
package import AVPrepTraining

/// Everything a pipeline file can say. Each part is the settings type of the module it is for.
package struct PipelineSettings: Sendable, Equatable, StoredSettings {
    /// Everything random is drawn from this.
    package var seed = 1
    /// Videos prepared, or shards packed, at a time; 0 takes one a core.
    package var workers = 0
    package var corpus = CorpusSettings()
    package var folders = FolderSettings()
    package var ingest = IngestSettings()
    package var duplicates = DuplicateSettings()
    package var shard = ShardSettings()
    package var train = TrainSettings()
    package var synth = SynthSettings()

    package init() {}
}
