import AVPrepCore
package import AVPrepDownload
package import AVPrepDuplicates
package import AVPrepSynth
package import AVPrepTraining

/// All settings of a pipeline file. Each part is the settings type of one module.
package struct PipelineSettings: Sendable, Equatable, StoredSettings {
    /// The seed of every random choice.
    package var seed = 1
    /// Videos prepared, or shards packed, at the same time; 0 means one per core.
    package var workers = 0
    package var corpus = CorpusSettings()
    package var download = DownloadSettings()
    package var folders = FolderSettings()
    package var ingest = IngestSettings()
    package var duplicates = DuplicateSettings()
    package var shard = ShardSettings()
    package var train = TrainSettings()
    package var finetune = FinetuneSettings()
    package var refresh = RefreshSettings()
    package var metrics = MetricsSettings()
    package var synth = SynthSettings()

    /// The run that is trained and evaluated.
    package var runName: String { train.name }

    package init() {}
}
