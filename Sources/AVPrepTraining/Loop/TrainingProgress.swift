/// How far a run has come: what a progress line shows. Words as in torchvision's training scripts.
package struct TrainingProgress: Sendable, Equatable {
    /// Steps taken of the whole run.
    package var step: Int
    package var totalSteps: Int
    /// Name of the stage.
    package var stage: String
    /// The epoch under way, from 1, through all stages.
    package var epoch: Int
    package var epochs: Int
    /// Whether the epoch's training is over and its validation begins; loss and rates are then those of the epoch.
    package var isValidating: Bool
    /// Pairs that the validation under way has measured, of so many.
    package var validated = 0
    package var toValidate = 0
    /// What the user should hear of, in words; nil for nothing.
    package var warning: String?
    /// Mean loss since the last report; these come every ``RunReports/stepsPerReport`` steps.
    package var loss: Double?
    package var learningRate: Double
    /// Pairs a second, since the last report.
    package var clipsPerSecond: Double?
    /// Share of the time since then that was spent waiting for data, 0…1.
    package var dataWait: Double?
    /// Seconds that the remaining steps and validations will take at the pace of this process so far. Before its first
    /// validation, one counts as much as the steps of as many pairs take.
    package var remainingSeconds: Double?
    /// Where the seconds of this process went.
    package var seconds = TrainingSeconds()
}

/// Seconds of a training, by what it did.
package struct TrainingSeconds: Sendable, Equatable, Codable {
    /// Batches were waited for.
    package var waiting = 0.0
    /// Steps, without that.
    package var computing = 0.0
    package var validating = 0.0
    /// Checkpoints were written.
    package var saving = 0.0

    package init() {}
}

/// Time and pairs since a moment: rates for reports.
struct TrainingPace {
    private var start = ContinuousClock.now
    private var pairs = 0
    private var waited = 0.0

    mutating func add(pairs: Int) { self.pairs += pairs }

    mutating func add(waited: Double) { self.waited += waited }

    private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Pairs a second; nil before the first.
    var clipsPerSecond: Double? { pairs == 0 || seconds <= 0 ? nil : Double(pairs) / seconds }
    /// Share of the time spent waiting.
    var dataWait: Double? { pairs == 0 || seconds <= 0 ? nil : min(1, waited / seconds) }
}
