import AVPrepCore
package import AVPrepTorch

/// How a network learns the classes of videos: `avprep finetune`.
///
/// What a run is besides (device, threads, precision, crop and jitter, the network where it begins from scratch) comes from
/// ``TrainSettings``. The defaults of optimiser and schedule are those of the published code of R(2+1)D for UCF101 (VMZ): 8
/// epochs, a tenth of the rate every two, weight decay 0.005. The AVTS paper does not say its own.
package struct FinetuneSettings: Sendable, Equatable, StoredSettings {
    /// Where classes and the division into training and test come from.
    package enum Source: String, Sendable, Codable, CaseIterable {
        /// The labels and splits of the shards, from a manifest.
        case labels
        /// The official lists of UCF101: `classInd.txt`, `trainlist01.txt`, `testlist01.txt` and so on.
        case ucf101
        /// The official lists of HMDB51: `CLASS_test_split1.txt` and so on.
        case hmdb51
    }

    /// The folder under runs.
    package var name = "finetune"
    package var source = Source.labels
    /// The folder of the official lists.
    package var lists = ""
    /// Which of the official divisions, from 1.
    package var splits = [1, 2, 3]
    /// The run whose network is taken, but for its answers; empty: none.
    package var run = ""
    /// A file of weights that the network of ``TrainSettings`` begins with; empty: none.
    package var weights = ""
    package var learns = LearntLayers.all
    /// Training videos of a class, drawn by the seed; 0: all.
    package var videosPerClass = 0
    /// Length of a clip; 0: that of `shard.pairs.clip_seconds`.
    package var clipSeconds = 0.0
    /// Clips of a training video in an epoch.
    package var trainClips = 1
    /// Clips of a test video, whose probabilities are averaged.
    package var testClips = 10
    package var epochs = 8
    package var batchSize = 32
    package var optimizer = Self.published

    package init() {}

    private static var published: OptimizerSettings {
        var settings = OptimizerSettings()
        settings.schedule = .step
        settings.stepEpochs = 2
        settings.weightDecay = 0.005
        settings.nesterov = true
        return settings
    }
}
