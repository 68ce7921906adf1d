import AVPrepCore
import AVPrepModel
import AVPrepStore
package import AVPrepTraining
import Foundation

/// How features were made.
package struct EmbedProvenance: Sendable, Equatable, Codable {
    package let avprep: String
    package let run: String
    /// In words.
    package let weights: String
    package let recipe: TrainSettings.RecipeName
    package let side: FeatureModel.Side
    package let layer: String
    package let pool: GridPool.Kind
    /// Of time and frequency.
    package let cells: [Int]
    /// Of a file.
    package let clips: Int
    package let clipSeconds: Double
    package let spectrogram: String
    package let precision: String
}

/// What was written.
package struct EmbedReport: Sendable, Codable {
    package struct Failed: Sendable, Codable, Equatable {
        package let path: String
        package let reason: String
    }

    package let output: String
    /// The same for numpy; nil where none was asked for.
    package internal(set) var npz: String?
    package let provenance: EmbedProvenance
    /// What the recordings were recognised as; nil for files, and tables of one's own.
    package internal(set) var dataset: String?
    package internal(set) var files = 0
    package internal(set) var clips = 0
    /// Numbers a clip.
    package internal(set) var dimensions = 0
    /// Files that are shorter than a clip: silence follows.
    package internal(set) var padded = 0
    /// Files with the bytes of another one.
    package internal(set) var repeated = 0
    package internal(set) var classes = 0
    package internal(set) var folds = 0
    package internal(set) var failed: [Failed] = []
    package internal(set) var notes: [String] = []
    /// Whether an earlier call had written it, and nothing has changed since.
    package internal(set) var wasThere = false

    init(_ file: FeatureFile, _ provenance: EmbedProvenance) {
        output = file.path
        self.provenance = provenance
        files = file.items.count
        clips = file.clips.count
        dimensions = file.dimensions
        if case .int(let count) = file.attributes[EmbedStage.Attribute.padded] { padded = count }
        let ids = file.items.map(\.id)
        repeated = ids.count - Set(ids).count
        classes = Set(file.items.map(\.label)).subtracting([""]).count
        folds = Set(file.items.map(\.fold)).subtracting([""]).count
        failed = file.failed.map { Failed(path: $0.path, reason: $0.reason) }
    }

    package var text: String {
        var lines = failed.map { "  failed: \($0.path): \($0.reason)" }
        if let dataset { lines.append("recognised: \(dataset)") }
        let short = padded > 0 ? ", \(padded) of them shorter than a clip, with silence after" : ""
        lines.append(
            "\(files + failed.count) files = \(files) embedded\(short) + \(failed.count) failed; \(clips) clips of "
                + "\(provenance.clipSeconds.shortText) s, \(dimensions) numbers each, in \(output)"
                + (npz.map { " and \($0)" } ?? "") + (wasThere ? ", which an earlier call had written" : ""))
        if classes > 0 { lines.append("\(classes) classes in \(folds) folds") }
        if repeated > 0 { lines.append("\(repeated) files have the very bytes of another one") }
        let grid = provenance.cells.map(String.init).joined(separator: " × ")
        lines.append(
            "\(provenance.layer) of \(provenance.recipe.rawValue) (\(provenance.side.rawValue)), \(provenance.pool.rawValue) over \(grid); \(provenance.weights)"
        )
        return (lines + notes).joined(separator: "\n")
    }
}
