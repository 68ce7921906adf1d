import AVPrepCore
import AVPrepWorkspace
import Foundation

/// Accuracies by fold, of features and of a random network's, and what they are worth.
package struct ClassifyReport: Sendable, Codable {
    /// One fold's accuracy.
    package struct Fold: Sendable, Codable {
        package let fold: String
        package let trainingRecordings: Int
        package let testRecordings: Int
        package let correct: Int
        package let accuracy: Double
        /// Wilson's interval of 95 %, of recordings.
        package let interval: [Double]
        /// The penalty, chosen inside the training folds.
        package let c: Double
        /// By which it was chosen; nil where it was given.
        package let cAccuracy: Double?

        private enum CodingKeys: String, CodingKey {
            case fold, correct, accuracy, interval, c
            case trainingRecordings = "training_recordings"
            case testRecordings = "test_recordings"
            case cAccuracy = "c_accuracy"
        }
    }

    /// What one features file reaches.
    package struct Side: Sendable, Codable {
        package let features: String
        package let dimensions: Int
        package let clips: Int
        package let folds: [Fold]
        /// The mean over the folds.
        package let accuracy: Double
        /// Of 95 %: Student's t over the folds; of one fold, Wilson's of its recordings.
        package let interval: [Double]
        /// Rows: what recordings are; columns: what they are taken for.
        package let confusion: [[Int]]
    }

    /// Features less random network, over the folds.
    package struct Difference: Sendable, Codable {
        package let mean: Double
        /// Student's t of 95 %, of the folds' differences; nil for one fold.
        package let interval: [Double]?
    }

    package let manifest: String
    package let layout: String
    package let classes: [String]
    package let recordings: Int
    package let chance: Double
    package let tolerance: Double
    package let seed: UInt64
    package let features: Side
    package let control: Side?
    package let difference: Difference?
    /// Of the manifest and of the features, by reason.
    package let leftOut: [String: Int]
    package internal(set) var notes: [String]
    package let files: [String]

    private enum CodingKeys: String, CodingKey {
        case manifest, layout, classes, recordings, chance, tolerance, seed, features, control, difference, notes, files
        case leftOut = "left_out"
    }

    package var text: String {
        var rows = [["fold", "training", "test", "C", "accuracy", "95 % interval"]]
        if control != nil { rows[0] += ["random network", "95 % interval"] }
        for (place, fold) in features.folds.enumerated() {
            rows.append(
                [fold.fold, String(fold.trainingRecordings), String(fold.testRecordings), fold.c.shortText]
                    + Self.cells(fold.accuracy, fold.interval)
                    + (control.map { Self.cells($0.folds[place].accuracy, $0.folds[place].interval) } ?? []))
        }
        if features.folds.count > 1 {
            rows.append(
                ["mean", "", "", ""] + Self.cells(features.accuracy, features.interval)
                    + (control.map { Self.cells($0.accuracy, $0.interval) } ?? []))
        }
        var lines = [TextTable.text(rows)]
        lines.append(
            "\(recordings) recordings of \(classes.count) classes, \(features.clips) clips of \(features.dimensions) numbers; "
                + "one class by chance: \(Self.percent(chance))")
        if let difference {
            let interval = difference.interval.map { " (95 %: \($0.map(Self.points).joined(separator: " to ")))" } ?? ""
            lines.append("more than the random network: \(Self.points(difference.mean)) points\(interval)")
        }
        if !leftOut.isEmpty {
            let reasons = leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            lines.append("left out: \(reasons.joined(separator: "; "))")
        }
        return (lines + notes + files).joined(separator: "\n")
    }

    private static func cells(_ accuracy: Double, _ interval: [Double]) -> [String] {
        [percent(accuracy), interval.map(percent).joined(separator: " to ")]
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
    private static func points(_ share: Double) -> String { String(format: "%+.1f", share * 100) }
}
