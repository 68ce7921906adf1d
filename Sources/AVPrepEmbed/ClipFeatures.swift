import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepFilm
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepTraining
import AVPrepWorkspace
import Foundation

/// What a layer makes of one item.
struct ItemFeatures {
    var spans: [(start: Double, end: Double)]
    /// Whether the item is shorter than a clip, and silence follows it.
    var isPadded = false
    /// Numbers a clip.
    var dimensions: Int
    var features: [Float]
}

/// Makes the features of items: of sounds by themselves, or of clips of videos as the trainer cuts them.
final class ClipFeatures {
    private let model: FeatureModel
    private let layer: String
    private let pool: GridPool
    private let count: Int
    private let seconds: Double
    private let workspace: Workspace
    private let context: StageContext
    /// Where films are prepared.
    private let folder: String
    /// Nil where clips have pictures.
    private let sounds: SoundClips?

    init(
        _ model: FeatureModel, _ provenance: EmbedProvenance, _ workspace: Workspace, _ context: StageContext,
        folder: String
    ) throws {
        (self.model, self.workspace, self.context, self.folder) = (model, workspace, context, folder)
        (layer, count, seconds) = (provenance.layer, provenance.clips, provenance.clipSeconds)
        pool = GridPool(provenance.pool, cells: provenance.cells)
        sounds =
            model.hearsSpectrogramAlone
            ? try SoundClips(
                workspace.settings.ingest, spectrogram: model.settings.model.spectrogram, seconds: seconds,
                count: count,
                cancellation: context.cancellation) : nil
    }

    func features(of content: EmbedItems.Entry.Content) throws -> ItemFeatures {
        switch content {
        case .segments(let segments): return try features(of: segments, in: workspace.shards)
        case .file(let path, let range):
            if let sounds { return try features(of: try sounds.clips(of: path, range: range)) }
            let item = ItemName(file: path.absolute, range: range).listed
            return try FilmClips.with(item, like: workspace, at: "\(folder)/film", for: "embed", context) {
                film, work in
                try features(
                    of: [VideoSegments(reader: film.shard, rows: Array(film.shard.segments.indices))], in: work)
            }
        }
    }

    private func features(of clips: SoundClips.Clips) throws -> ItemFeatures {
        var values = clips.values
        let found = try model.features(spectrograms: &values, rows: clips.rows, layer: layer)
        return ItemFeatures(
            spans: clips.spans, isPadded: clips.isPadded, dimensions: pool.dimensions(channels: found.shape[1]),
            features: try pooled(found.values, found.shape))
    }

    private func features(of segments: [VideoSegments], in folder: String) throws -> ItemFeatures {
        var made = ItemFeatures(spans: [], dimensions: 0, features: [])
        // One frame is one frame, whatever the clip's sound lasts.
        let pictures = workspace.settings.shard.pairs.clipSeconds
        made.spans = try model.features(
            of: segments, in: folder, clips: count, clipSeconds: pictures > 0 ? seconds : 0, soundSeconds: seconds,
            layer: layer, cancellation: context.cancellation
        ) { values, shape in
            made.dimensions = pool.dimensions(channels: shape[1])
            made.features += try pooled(values, shape)
        }
        guard !made.spans.isEmpty else {
            let number = segments.reduce(0) { $0 + $1.rows.count }
            throw Failure(
                "none of its \(number) segments is as long as a clip of \(seconds.shortText) s; lower --clip-seconds",
                exitStatus: .badInput)
        }
        return made
    }

    private func pooled(_ values: [Float], _ shape: [Int]) throws -> [Float] {
        guard values.allSatisfy(\.isFinite) else {
            throw Failure("its features of \(layer) are not all finite numbers", exitStatus: .badInput)
        }
        guard let features = pool(values, shape: shape) else {
            throw Failure(
                """
                the features of \(layer) have \(shape[shape.count - 2]) × \(shape[shape.count - 1]) places, fewer than the \
                grid of \(pool.cells[0]) × \(pool.cells[1]); give a smaller --grid
                """, exitStatus: .badInput)
        }
        return features
    }
}
