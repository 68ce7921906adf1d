import AVPrepCore
package import AVPrepEmbed
import AVPrepSettings
import AVPrepTraining
package import AVPrepWorkspace

extension ClassifyStage {
    /// Makes the features of the manifest's recordings by a run's network, and by the same with random weights, and classifies
    /// both. What is there of either goes on.
    ///
    /// - Parameters:
    ///   - embedding: layer, pool and clips; its recordings and files are set here.
    /// - Throws: as ``run(_:_:)``, and as `EmbedStage.run`.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ embedding: EmbedStage.Request, _ request: ClassifyRequest
    ) throws -> ClassifyReport {
        guard let manifest = request.manifest else {
            throw Failure("--run takes --manifest, whose recordings its network hears", exitStatus: .usage)
        }
        var request = request
        let folder = request.folder ?? "\(workspace.settings.runName).classified"
        try AtomicFile.makeFolder(folder)
        request.folder = folder
        var notes: [String] = []
        func features(_ name: String, isRandom: Bool) throws -> String {
            var embedding = embedding
            (embedding.manifest, embedding.isESC10, embedding.paths) = (manifest, request.isESC10, [])
            (embedding.output, embedding.isRandom) = ("\(folder)/\(name).h5", isRandom)
            let report = try EmbedStage.run(workspace, context, embedding)
            if !isRandom {
                notes = [
                    "\(report.provenance.layer) of \(report.provenance.recipe.rawValue); \(report.provenance.weights)"
                ]
                if let first = report.failed.first {
                    notes.append(
                        "\(report.failed.count) files gave no features; the first: \(first.path): \(first.reason)")
                }
            }
            return embedding.output
        }
        request.features = try features("features", isRandom: false)
        request.control = try features("random", isRandom: true)
        return try run(request, context, notes: notes)
    }
}
