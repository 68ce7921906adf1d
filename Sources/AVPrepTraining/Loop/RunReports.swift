import AVPrepCore

/// Writes what a run measures, to `metrics.csv` and to TensorBoard alike.
///
/// A line with `report` = `step` comes every ``stepsPerReport`` steps of an epoch, one with `epoch` at its end.
final class RunReports {
    static let stepsPerReport = 20

    private let metrics: MetricsWriter
    private let events: TensorBoardWriter

    /// - Parameters:
    ///   - sets: the pair sets that are measured on the validation split, where it has them: they have columns of their own.
    ///   - step: where the run stands; what was reported of later steps is dropped.
    init(folder: RunFolder, sets: [String], step: Int) throws {
        let columns =
            ["report", "stage", "epoch", "loss", "learning_rate", "clips_per_second", "data_wait"]
            + sets.flatMap { ["val_\($0)_accuracy", "val_\($0)_threshold", "val_\($0)_auc"] }
        metrics = try MetricsWriter(path: folder.metrics, columns: columns, lastStep: step)
        events = try TensorBoardWriter(folder: folder.path, firstStep: step == 0 ? 0 : step + 1)
    }

    /// Reports the steps since the last report.
    func write(_ progress: TrainingProgress) throws {
        try write(progress, report: "step", tag: "train", extra: [:], tagged: [])
    }

    /// Reports an epoch, and what validation measured after it.
    ///
    /// - Parameter scoreName: the field's word for what the model says of a pair.
    func write(
        epoch progress: TrainingProgress, validation: [(set: String, scores: PairScores)], scoreName: String
    ) throws {
        var extra: [String: MetricsWriter.Value] = [:]
        var tagged: [(tag: String, value: Double)] = []
        var histograms: [(tag: String, values: [Float])] = []
        for (set, scores) in validation {
            let roc = scores.roc
            for (label, kind) in [(UInt8(1), "positive"), (0, "negative")] {
                let own = zip(scores.scores, scores.labels).filter { $0.1 == label }.map(\.0)
                histograms.append(("val/\(set)_\(kind)_\(scoreName)", own))
            }
            let threshold = roc.bestThreshold
            let values = [
                ("accuracy", threshold.flatMap { roc.accuracy(at: $0) }), ("threshold", threshold.map { $0.asWritten }),
                ("auc", roc.areaUnderCurve),
            ]
            for (name, value) in values {
                guard let value else { continue }
                extra["val_\(set)_\(name)"] = .number(value)
                tagged.append(("val/\(set)_\(name)", value))
            }
        }
        try write(progress, report: "epoch", tag: "epoch", extra: extra, tagged: tagged, histograms: histograms)
    }

    /// Adds pictures to those of TensorBoard.
    func write(pictures: [(tag: String, picture: EncodedPicture)], step: Int) throws {
        guard !pictures.isEmpty else { return }
        try events.write([], pictures: pictures, step: step)
    }

    private func write(
        _ progress: TrainingProgress, report: String, tag: String,
        extra: [String: MetricsWriter.Value], tagged: [(tag: String, value: Double)],
        histograms: [(tag: String, values: [Float])] = []
    ) throws {
        let measured = [
            ("loss", progress.loss), ("learning_rate", progress.learningRate),
            ("clips_per_second", progress.clipsPerSecond),
            ("data_wait", progress.dataWait),
        ]
        var row = extra
        row["report"] = .text(report)
        row["stage"] = .text(progress.stage)
        row["epoch"] = .integer(progress.epoch)
        var scalars = tagged
        for (name, value) in measured {
            guard let value else { continue }
            row[name] = .number(value)
            scalars.append(("\(tag)/\(name)", value))
        }
        try metrics.write(step: progress.step, row)
        try events.write(scalars, histograms: histograms, step: progress.step)
    }
}
