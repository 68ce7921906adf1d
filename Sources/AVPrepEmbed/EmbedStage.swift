package import AVPrepCore
import AVPrepCorpus
package import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepTorch
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Features of recordings by a layer of a trained network: `avprep embed`.
package enum EmbedStage {
    /// What is asked for besides the settings.
    package struct Request: Sendable {
        /// Recordings, films, folders of them, lists and manifests.
        package var paths: [BytePath] = []
        /// A table of folds, or a data set's folder, in place of ``paths``.
        package var manifest: BytePath?
        /// Of ESC-50's table, the classes of ESC-10 alone.
        package var isESC10 = false
        /// The videos of the shards in place of ``paths``.
        package var isOfShards = false
        /// Of the shards; nil: all.
        package var split: Split?
        /// The part of the network; nil: what hears of AVTS and L3-Net, of others what sees most.
        package var side: String?
        /// The result: HDF5.
        package var output = "features.h5"
        /// The same for numpy.
        package var npz: String?
        /// Nil: that of the paper.
        package var layer: String?
        package var pool: GridPool.Kind = .maximum
        /// Nil: 4 × 3 cells, L3-Net's, of a VGG trunk, else one.
        package var cells: [Int]?
        /// Clips of a file; nil: those of the data set's protocol, else 10.
        package var clips: Int?
        /// Length of a clip; nil: that of the pairs' sound.
        package var seconds: Double?
        /// Weights drawn by the seed in place of the run's.
        package var isRandom = false
        package var overwrites = false

        package init() {}
    }

    /// The attributes that tell what a features file depends on.
    enum Attribute {
        static let key = "embed_key"
        static let sources = "embed_sources"
        static let padded = "padded"
    }

    private static let clips = 10

    /// Computes features, going on where a call for the same was stopped.
    ///
    /// A file that cannot be heard is its own outcome, and the others follow. A features file that is there and was made of the
    /// same is the result.
    ///
    /// - Throws: ``TrainingError`` for a run that does not serve; ``Failure``; `CancellationError`.
    package static func run(_ workspace: Workspace, _ context: StageContext, _ request: Request) throws -> EmbedReport {
        let settings = workspace.settings
        let model = try FeatureModel(
            run: workspace.runFolder, side: request.side.flatMap(FeatureModel.Side.init(rawValue:)),
            randomSeed: request.isRandom ? UInt64(settings.seed) : nil, device: settings.train.device,
            threads: settings.train.threads)
        let layer = request.layer ?? model.publishedLayer
        guard model.layers.contains(layer) else {
            throw Failure(
                "there is no layer \(layer); its layers are \(model.layers.joined(separator: ", "))",
                exitStatus: .badInput)
        }
        let isVGG = model.side == .sound && model.layers.contains("conv4_2")
        let items = try EmbedItems(workspace, context, request)
        let provenance = EmbedProvenance(
            avprep: Version.text, run: workspace.settings.runName, weights: model.origin,
            recipe: model.settings.recipeName, side: model.side, layer: layer, pool: request.pool,
            cells: request.cells ?? (isVGG ? [3, 4] : [1, 1]),
            clips: request.clips ?? items.manifest?.layout.publishedClips ?? clips,
            clipSeconds: try seconds(model, request, settings.shard.pairs),
            spectrogram: model.settings.model.spectrogram, precision: model.settings.precision.rawValue)
        let dependencies = [
            try CanonicalJSON.encode(provenance), model.weightsKey, try CanonicalJSON.encode(settings.ingest),
        ]
        let key = String(
            try CanonicalJSON.key(
                of: dependencies
                    + items.entries.flatMap { [$0.item.path, $0.item.label, $0.item.fold, $0.item.recording] }))
        let output = EmbedOutput(request, provenance: provenance, key: key, sources: try items.stamp())
        if var report = try output.existing() {
            describe(items, &report)
            return report
        }
        let parts = try FeatureParts(of: request.output, key: key)
        let source = try ClipFeatures(model, provenance, workspace, context, folder: parts.folder)
        let progress = ProgressReporter("embed", unit: items.unit, style: context.progress)
        for (number, entry) in items.entries.enumerated() {
            try context.cancellation.check()
            progress.update(done: number, total: items.entries.count)
            if try parts.load(number, of: entry) == nil {
                try parts.save(number, of: entry, context.cancellation) { try source.features(of: $0) }
            }
        }
        progress.update(done: items.entries.count, total: items.entries.count)
        progress.finish()
        var report = try output.write(items, parts)
        describe(items, &report)
        return report
    }

    /// The length of a clip: of sound that of the pairs' sound, of pictures that of the pairs' pictures.
    private static func seconds(_ model: FeatureModel, _ request: Request, _ pairs: PairSettings) throws -> Double {
        let heard = pairs.soundSeconds > 0 ? pairs.soundSeconds : pairs.clipSeconds
        if model.side != .picture { return request.seconds ?? heard }
        if let seconds = request.seconds, pairs.clipSeconds == 0 {
            throw Failure(
                """
                --clip-seconds \(seconds.shortText) is the length of pictures, and those of shard.pairs.clip_seconds 0 are single \
                frames; leave it out
                """, exitStatus: .badInput)
        }
        return request.seconds ?? pairs.clipSeconds
    }

    private static func describe(_ items: EmbedItems, _ report: inout EmbedReport) {
        report.dataset = items.manifest?.layout.title
        if let note = items.manifest?.foldNote { report.notes.append(note) }
        if let count = items.manifest?.repeated, count > 0 { report.notes.append("\(count) rows are there twice") }
    }
}

extension FeatureParts {
    /// Computes and saves an item's part; what fails of the item is its outcome.
    fileprivate func save(
        _ number: Int, of entry: EmbedItems.Entry, _ cancellation: Cancellation,
        _ body: (EmbedItems.Entry.Content) throws -> ItemFeatures
    ) throws {
        var part = Part(
            path: entry.item.path, stamp: entry.stamp, id: "", spans: [], isPadded: false, failure: entry.fault,
            dimensions: 0)
        var features: [Float] = []
        if entry.fault == nil {
            do {
                if case .file(let path, let range) = entry.content {
                    let digest = try SourceContent.digest(ofFile: path, listed: nil) { cancellation.isCancelled }
                    part.id = PreparedPath.videoID(digest, range)
                } else {
                    part.id = entry.item.id
                }
                let found = try body(entry.content)
                part.spans = found.spans.flatMap { [$0.start, $0.end] }
                (part.isPadded, part.dimensions, features) = (found.isPadded, found.dimensions, found.features)
            } catch {
                if error is CancellationError || error.isOfRun || error is TrainingError { throw error }
                part.failure = (error as? any ActionableError)?.description ?? "\(error)"
            }
        }
        try save(number, part, features: features)
    }
}
