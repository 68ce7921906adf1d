import AVPrepCore
import AVPrepCorpus
import AVPrepDrawing
import AVPrepStore
import Foundation

/// The files of a report: `result.json`, `predictions.csv` and the confusion matrices.
struct ClassifyOutput {
    let folder: String
    let classes: [String]
    let manifest: FoldManifest
    /// Rows of the manifest, by number of the recording.
    let used: [Int]

    func files(_ hasControl: Bool) -> [String] {
        ["result.json", "predictions.csv", "confusion.png"].map { "\(folder)/\($0)" }
            + (hasControl ? ["\(folder)/confusion-control.png"] : [])
    }

    func write(_ report: ClassifyReport, _ results: [FoldProtocol.FoldResult]) throws {
        try AtomicFile.makeFolder(folder)
        try draw(report.features.confusion, "features", report.features, to: "confusion.png")
        if let control = report.control {
            try draw(control.confusion, "random network", control, to: "confusion-control.png")
        }
        var lines = [CSV.row(["path", "fold", "label", "predicted"])]
        for result in results {
            for (recording, decision) in zip(result.tested, result.decisions) {
                let row = manifest.rows[used[recording]]
                lines.append(CSV.row([row.path, row.fold, row.label, classes[decision]]))
            }
        }
        try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "\(folder)/predictions.csv")
        try AtomicFile.write(
            Array((try CanonicalJSON.encode(report, pretty: true) + "\n").utf8), to: "\(folder)/result.json")
    }

    private func draw(_ confusion: [[Int]], _ title: String, _ side: ClassifyReport.Side, to name: String) throws {
        let accuracy = String(format: "%.1f %%", side.accuracy * 100)
        let canvas = ConfusionSheet.draw(confusion, classes: classes, title: "\(title): \(accuracy) right")
        try PNGCodec().withEncoded(canvas.picture) { bytes in
            try AtomicFile.write(Array(bytes), to: "\(folder)/\(name)")
        }
    }
}
