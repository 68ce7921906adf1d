import Foundation

/// Where a run stood at the end of one stage of its curriculum: the stage's last line in `metrics.csv`.
package struct StageSummary: Sendable, Equatable, Codable {
    package let stage: String
    /// The last epoch of the stage, counted through the whole run from 1.
    package let epoch: Int
    /// Mean training loss of that epoch.
    package let loss: Double?
    /// Accuracy on the validation split with the threshold that is best there, by pair set; absent where the split has
    /// no such set.
    package let validationAccuracy: [String: Double]
    /// Area under the ROC curve on the validation split, by pair set.
    package let validationAUC: [String: Double]

    private enum CodingKeys: String, CodingKey {
        case stage, epoch, loss
        case validationAccuracy = "validation_accuracy"
        case validationAUC = "validation_auc"
    }
}

extension RunFolder {
    /// The stages that this run has gone through, in order, by its `metrics.csv`; a stage under way stands with its
    /// latest finished epoch.
    ///
    /// - Throws: ``TrainingError`` when the file is not one that training wrote.
    package func stageSummaries() throws -> [StageSummary] {
        guard let data = FileManager.default.contents(atPath: metrics) else { return [] }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let header = lines.first, Set(["report", "stage", "epoch", "loss"]).isSubset(of: header) else {
            throw TrainingError(.settings, "\(metrics) has other columns than training writes; remove the run's folder")
        }
        var summaries: [StageSummary] = []
        for line in lines.dropFirst() where line.count == header.count {
            let row = Dictionary(zip(header, line), uniquingKeysWith: { first, _ in first })
            guard row["report"] == "epoch", let stage = row["stage"], let epoch = row["epoch"].flatMap({ Int($0) })
            else { continue }
            func values(_ ending: String) -> [String: Double] {
                var found: [String: Double] = [:]
                for (column, text) in row where column.hasPrefix("val_") && column.hasSuffix("_" + ending) {
                    found[String(column.dropFirst("val_".count).dropLast(ending.count + 1))] = Double(text)
                }
                return found
            }
            let summary = StageSummary(
                stage: stage, epoch: epoch, loss: row["loss"].flatMap { Double($0) },
                validationAccuracy: values("accuracy"), validationAUC: values("auc"))
            if summaries.last?.stage == stage { summaries.removeLast() }
            summaries.append(summary)
        }
        return summaries
    }
}
