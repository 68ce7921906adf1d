package import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepTorch
package import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Features of recordings by a layer of a trained network: `avprep embed`.
package enum EmbedStage {
    /// What is asked for besides the settings.
    package struct Request: Sendable {
        /// Recordings, films, folders of them, lists and manifests.
        package var paths: [BytePath] = []
        /// The result: HDF5.
        package var output = "features.h5"
        /// Nil: that of the paper.
        package var layer: String?
        package var pool: GridPool.Kind = .maximum
        /// Nil: 4 × 3 cells, L3-Net's, of a VGG trunk, else one.
        package var cells: [Int]?
        /// Clips of a file. ESC-50: 10; DCASE 2014: 60.
        package var clips = 10
        /// Length of a clip; nil: that of the pairs' sound.
        package var seconds: Double?
        /// Weights drawn by the seed in place of the run's.
        package var isRandom = false
        package var overwrites = false

        package init() {}
    }

    /// Extensions of what is looked for in folders, besides the corpus' own.
    private static let extensions = ["wav", "flac", "ogg", "opus", "mp3", "m4a", "aac", "aif", "aiff", "wma"]

    /// Computes features, going on where a call for the same was stopped.
    ///
    /// A file that cannot be heard is its own outcome, and the others follow.
    ///
    /// - Throws: ``TrainingError`` for a run that does not serve; ``Failure``; `CancellationError`.
    package static func run(_ workspace: Workspace, _ context: StageContext, _ request: Request) throws -> EmbedReport {
        let settings = workspace.settings
        if !request.overwrites, try ExistingFile.isThere(request.output) {
            throw Failure(
                "\(request.output) is there already; give --overwrite, or another file with --out",
                exitStatus: .badInput)
        }
        let model = try FeatureModel(
            run: workspace.runFolder, side: .sound, randomSeed: request.isRandom ? UInt64(settings.seed) : nil,
            device: settings.train.device, threads: settings.train.threads)
        let layer = request.layer ?? model.publishedLayer
        guard model.layers.contains(layer) else {
            throw Failure(
                "there is no layer \(layer); its layers are \(model.layers.joined(separator: ", "))",
                exitStatus: .badInput)
        }
        let isVGG = model.layers.contains("conv4_2")
        let pool = GridPool(request.pool, cells: request.cells ?? (isVGG ? [3, 4] : [1, 1]))
        let pairs = settings.shard.pairs
        let seconds = request.seconds ?? (pairs.soundSeconds > 0 ? pairs.soundSeconds : pairs.clipSeconds)
        let items = try listed(workspace, context, request)
        let sounds = try SoundClips(
            settings.ingest, spectrogram: model.settings.model.spectrogram, seconds: seconds, count: request.clips,
            cancellation: context.cancellation)
        let provenance = EmbedProvenance(
            avprep: Version.text, run: workspace.settings.runName, weights: model.origin,
            recipe: model.settings.recipeName,
            layer: layer, pool: pool.kind, cells: pool.cells, clips: request.clips, clipSeconds: seconds,
            spectrogram: model.settings.model.spectrogram, precision: model.settings.precision.rawValue)
        let key = String(
            try CanonicalJSON.key(
                of: [try CanonicalJSON.encode(provenance), model.weightsKey, try CanonicalJSON.encode(settings.ingest)]
                    + items.map(\.escaped)))
        let parts = try FeatureParts(of: request.output, key: key)
        let progress = ProgressReporter("embed", unit: "files", style: context.progress)
        for (number, item) in items.enumerated() {
            try context.cancellation.check()
            progress.update(done: number, total: items.count)
            if try parts.load(number, of: item.escaped) != nil { continue }
            try parts.save(number, of: item) {
                let clips = try sounds.clips(of: workspace.path(ItemName(listed: item).file))
                var values = clips.values
                let found = try model.features(spectrograms: &values, rows: clips.rows, layer: layer)
                guard let features = pool(found.values, shape: found.shape) else {
                    throw Failure(
                        """
                        the features of \(layer) have \(found.shape[2]) × \(found.shape[3]) places, fewer than the grid of \
                        \(pool.cells[0]) × \(pool.cells[1]); give a smaller --grid
                        """, exitStatus: .badInput)
                }
                return (clips.spans, clips.isPadded, pool.dimensions(channels: found.shape[1]), features)
            }
        }
        progress.update(done: items.count, total: items.count)
        progress.finish()
        return try write(items, parts, provenance, request)
    }

    private static func listed(_ workspace: Workspace, _ context: StageContext, _ request: Request) throws -> [BytePath]
    {
        var settings = workspace.settings
        settings.corpus.extensions += extensions
        var corpus = CorpusRequest()
        corpus.paths = request.paths
        let listing = try CorpusScan.run(
            workspace.with(settings), corpus, catalog: nil, cancellation: context.cancellation)
        return listing.items.map(\.listed)
    }

    /// Puts all parts together, in the order of the items.
    private static func write(
        _ items: [BytePath], _ parts: FeatureParts, _ provenance: EmbedProvenance, _ request: Request
    ) throws -> EmbedReport {
        var report = EmbedReport(output: request.output, provenance: provenance)
        var writer: FeatureFileWriter?
        for (number, item) in items.enumerated() {
            guard let (part, features) = try parts.load(number, of: item.escaped) else {
                throw Failure("\(parts.folder)/\(number) vanished while it was needed; repeat the command")
            }
            if let failure = part.failure {
                report.failed.append(EmbedReport.Failed(path: item.escaped, reason: failure))
                continue
            }
            let spans = stride(from: 0, to: part.spans.count, by: 2).map {
                (start: part.spans[$0], end: part.spans[$0 + 1])
            }
            let open = try writer ?? FeatureFileWriter(path: request.output, dimensions: part.dimensions)
            writer = open
            try open.append(FeatureItem(path: item.escaped), spans: spans, features: features)
            report.files += 1
            report.clips += spans.count
            report.padded += part.isPadded ? 1 : 0
            report.dimensions = part.dimensions
        }
        guard let writer else {
            let reason = report.failed.first.map { ": \($0.reason)" } ?? ""
            try parts.remove()
            throw Failure("none of \(items.count) files can be heard\(reason)", exitStatus: .badInput)
        }
        try writer.finish(provenance: try CanonicalJSON.encode(provenance))
        try parts.remove()
        return report
    }
}

extension FeatureParts {
    /// Computes and saves an item's part; what fails of the item is its outcome.
    fileprivate func save(
        _ number: Int, of item: BytePath,
        _ body: () throws -> (spans: [(start: Double, end: Double)], isPadded: Bool, dimensions: Int, features: [Float])
    ) throws {
        var part = Part(path: item.escaped, spans: [], isPadded: false, failure: nil, dimensions: 0)
        var features: [Float] = []
        do {
            let found = try body()
            part.spans = found.spans.flatMap { [$0.start, $0.end] }
            (part.isPadded, part.dimensions, features) = (found.isPadded, found.dimensions, found.features)
        } catch {
            if error is CancellationError || error.isOfRun || error is TrainingError { throw error }
            part.failure = (error as? any ActionableError)?.description ?? "\(error)"
        }
        try save(number, part, features: features)
    }
}

/// How features were made.
package struct EmbedProvenance: Sendable, Equatable, Codable {
    package let avprep: String
    package let run: String
    /// In words.
    package let weights: String
    package let recipe: TrainSettings.RecipeName
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
    package struct Failed: Sendable, Codable {
        package let path: String
        package let reason: String
    }

    package let output: String
    package let provenance: EmbedProvenance
    package var files = 0
    package var clips = 0
    /// Numbers a clip.
    package var dimensions = 0
    /// Files that are shorter than a clip: silence follows.
    package var padded = 0
    package var failed: [Failed] = []

    package var text: String {
        var lines = failed.map { "  failed: \($0.path): \($0.reason)" }
        let short = padded > 0 ? ", \(padded) of them shorter than a clip, with silence after" : ""
        lines.append(
            "\(files + failed.count) files = \(files) embedded\(short) + \(failed.count) failed; \(clips) clips of "
                + "\(provenance.clipSeconds.shortText) s, \(dimensions) numbers each, in \(output)")
        let grid = provenance.cells.map(String.init).joined(separator: " × ")
        lines.append(
            "\(provenance.layer) of \(provenance.recipe.rawValue), \(provenance.pool.rawValue) over \(grid); \(provenance.weights)"
        )
        return lines.joined(separator: "\n")
    }
}
