import AVPrepCore
import AVPrepStore
import AVPrepWorkspace
import Foundation

@testable import AVPrepClassify

/// Features and folds whose truth is known.
struct PlantedFeatures {
    struct Recording {
        var path: String
        var label: String
        var fold: String
        var clips: [[Float]]
    }

    var recordings: [Recording]

    /// Recordings of classes whose features lie `distance` deviations apart, each class in every fold.
    init(classes: Int = 4, perClass: Int = 20, folds: Int = 5, clips: Int = 3, dimensions: Int = 12, distance: Double) {
        var random = SeededRandom(seed: 11)
        recordings = []
        for number in 0..<classes * perClass {
            let label = number % classes
            let own = (0..<dimensions).map { $0 % classes == label ? distance : 0 }
            recordings.append(
                Recording(
                    path: "audio/\(number).wav", label: "class \(label)", fold: String(number / classes % folds + 1),
                    clips: (0..<clips).map { _ in own.map { Float($0 + random.normal()) * 3 + 5 } }))
        }
    }

    func write(_ path: String, dimensions: Int = 12) throws {
        let writer = try FeatureFileWriter(path: path, dimensions: dimensions)
        for recording in recordings {
            try writer.append(
                FeatureItem(path: recording.path), spans: recording.clips.indices.map { (Double($0), Double($0) + 1) },
                features: recording.clips.flatMap(\.self))
        }
        try writer.finish(provenance: "{}")
    }

    func writeManifest(_ path: String) throws {
        let rows = [CSV.row(["path", "label", "fold"])] + recordings.map { CSV.row([$0.path, $0.label, $0.fold]) }
        try rows.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Classifies in a folder, with the penalties of the request's change.
    func classify(
        _ folder: String, costs: [Double] = [0.001, 0.1], _ change: (inout ClassifyRequest) -> Void = { _ in }
    ) throws -> ClassifyReport {
        try write("\(folder)/f.h5")
        try writeManifest("\(folder)/folds.csv")
        var request = ClassifyRequest(features: "\(folder)/f.h5", manifest: BytePath("\(folder)/folds.csv"))
        request.folder = "\(folder)/out"
        request.costs = costs
        change(&request)
        return try ClassifyStage.run(request, StageContext())
    }
}

/// The one line of a refusal; nil where nothing is refused.
func refusal(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}
