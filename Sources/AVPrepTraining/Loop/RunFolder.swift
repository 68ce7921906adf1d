import AVPrepCore
import Foundation

/// What a run's folder holds, by name.
package struct RunFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// One line a report: ``MetricsWriter``.
    package var metrics: String { "\(path)/metrics.csv" }
    /// The folder of checkpoints.
    package var checkpoints: String { "\(path)/checkpoints" }
    /// One of the recipe's ``TrainingRecipe/weightFiles``, written at the end.
    package func weights(_ file: String) -> String { "\(path)/\(file)" }

    /// Which of a run's weights.
    package enum Weights: String, Sendable, Codable, CaseIterable {
        /// Those of the epoch with the highest validation score.
        case best
        /// The latest.
        case last
    }

    /// The checkpoint file of these weights.
    package func checkpoint(_ weights: Weights) -> String { "\(checkpoints)/\(weights.rawValue).safetensors" }

    /// Whether there is such a checkpoint.
    ///
    /// - Throws: `Failure` when the system cannot say: a run would else begin anew, over the one that is there.
    package func has(_ weights: Weights) throws -> Bool { try ExistingFile.isThere(checkpoint(weights)) }

    /// Makes the folders, and removes what a writer that was killed has left.
    func prepare() throws {
        try AtomicFile.makeFolder(checkpoints)
        AtomicFile.removeLitter(in: path)
        AtomicFile.removeLitter(in: checkpoints)
    }
}
