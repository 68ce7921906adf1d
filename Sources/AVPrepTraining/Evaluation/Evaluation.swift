import AVPrepCore

/// What a trained network can tell: the result of an ``Evaluator``, as `--json` prints it.
package struct Evaluation: Sendable, Equatable, StoredRecord {
    /// A decision between in sync and out of sync, and how often it was right on the test split.
    package struct Decision: Sendable, Equatable, Codable {
        /// Pairs on one side of this are taken for in sync: ``Evaluation/thresholdRule`` says which.
        package var threshold: Float
        /// Share of validation pairs of the set it was chosen on that it decides right.
        package var validationAccuracy: Double
        /// Test pairs decided right.
        package var correct: Int
        /// Share of test pairs decided right; chance is 0.5, because half of them are in sync.
        package var accuracy: Double
        /// Wilson's interval of that share at 95 %: lower and upper end.
        package var interval: [Double]
        /// The interval that counts videos, not pairs (``VideoBootstrap``); nil with fewer than two videos, and in
        /// evaluations of before.
        package var videoInterval: [Double]?

        private enum CodingKeys: String, CodingKey {
            case threshold, correct, accuracy, interval
            case videoInterval = "video_interval"
            case validationAccuracy = "validation_accuracy"
        }
    }

    /// One test set: `easy` and `l3` hold pairs in sync and sounds of other videos, `hard` pairs in sync and the same
    /// video's sound at another time.
    package struct Condition: Sendable, Equatable, Codable {
        package var set: String
        /// Pairs of the test split.
        package var pairs: Int
        package var inSync: Int
        package var outOfSync: Int
        /// Area under the ROC curve: needs no threshold. Nil when one kind is missing.
        package var auc: Double?
        /// Its 95 % interval, counting videos.
        package var aucInterval: [Double]?
        /// Test videos, by their pictures.
        package var videos: Int?
        /// The threshold chosen on the validation pairs of this set.
        package var ownThreshold: Decision
        /// The threshold chosen on the validation pairs of ``Evaluation/commonSet``, as one decision for all sets.
        package var commonThreshold: Decision

        private enum CodingKeys: String, CodingKey {
            case set, pairs, auc, videos
            case aucInterval = "auc_interval"
            case inSync = "in_sync"
            case outOfSync = "out_of_sync"
            case ownThreshold = "own_threshold"
            case commonThreshold = "common_threshold"
        }
    }

    /// `best` or `last`.
    package var weights: RunFolder.Weights
    /// Steps and epochs that these weights were trained for.
    package var steps: Int
    package var epochs: Int
    /// How thresholds are chosen, in words.
    package var thresholdRule: String
    /// The set whose validation pairs chose the common threshold.
    package var commonSet: String
    /// Whether the shards are those that the run was trained on: on others, the test split may hold training videos.
    package var sameShards: Bool
    // An evaluation that was written before there were these keys has none of them.

    /// The shards that it was measured on.
    package var shards: ShardRecord?
    package var engine: EngineRecord?
    /// The avprep that measured it.
    package var avprep: String? = Version.text
    /// `KEY=VALUE` of the command line, beside the pipeline file.
    package var overrides: [String]? = []
    package var conditions: [Condition]
    /// Nil where it was not asked for, or no test clip has room for the offsets.
    package var offsets: OffsetHistogram?
    /// Of a run that separates sounds: what it makes of mixtures. There are no conditions then.
    package var separation: SeparationResult?

    private enum CodingKeys: String, CodingKey {
        case weights, steps, epochs, conditions, shards, engine, avprep, overrides, offsets, separation
        case thresholdRule = "threshold_rule"
        case commonSet = "common_set"
        case sameShards = "same_shards"
    }
}
