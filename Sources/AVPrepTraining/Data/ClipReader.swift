import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore

/// How clips are cut out of stored pictures.
package struct Augmentation: Sendable, Equatable {
    /// Range of the crop's side as a share of the picture's shorter side.
    package var scale: ClosedRange<Double>
    /// Whether clips are mirrored at random.
    package var flip: Bool
    /// What the crops of a pass are drawn with, each from its own stream; nil cuts from the middle, for evaluation.
    package var seed: UInt64?

    package init(scale: ClosedRange<Double>, flip: Bool, seed: UInt64?) {
        self.scale = scale
        self.flip = flip
        self.seed = seed
    }
}

/// Puts pairs into batches: decodes what the crop needs and no more, scales it, normalises both streams.
///
/// One a thread: its buffers are used again for every pair. What it reads depends on the pair and its position in the
/// pass alone.
final class ClipReader {
    private let dataset: ShardDataset
    private let spectrogram: StoreLayout.Spectrogram
    private let statistics: SpectrogramStatistics
    private let augmentation: Augmentation
    private let shape: ClipShape
    private let decoder: ClipDecoder
    private var resampler: CropResampler

    /// - Parameter shape: what ``ShardDataset/clipShape(_:)`` says: every pair has it.
    init(
        _ dataset: ShardDataset, shape: ClipShape, spectrogram: String, statistics: SpectrogramStatistics,
        augmentation: Augmentation
    ) throws {
        self.dataset = dataset
        self.spectrogram = try dataset.spectrogram(spectrogram)
        guard statistics.mean.count == shape.audioBins else {
            throw TrainingError(
                .data,
                """
                the run was trained on \(statistics.mean.count) bins of \(spectrogram), and \(dataset.folder) has \
                \(shape.audioBins); use the shards it was trained on, or another name for the run
                """)
        }
        self.statistics = statistics
        self.augmentation = augmentation
        self.shape = shape
        decoder = try ClipDecoder()
        resampler = CropResampler(size: shape.size)
    }

    /// Reads pair `number` into a slot of `batch`.
    ///
    /// - Throws: ``TrainingError`` that names shard and segment and carries the reason.
    func read(_ number: Int, position: Int, into batch: Batch, slot: Int) throws {
        let (pair, shard, reader) = dataset.locate(number)
        let pictures = reader.pictures(of: pair, count: shape.frames)
        do {
            try readPictures(pictures, position, batch.video(slot: slot))
            try readSound(
                reader.spectrogram(spectrogram, of: pair, seconds: dataset.clipSeconds), batch.audio(slot: slot))
        } catch {
            throw TrainingError(
                .data,
                """
                cannot read pair \(number) of "\(dataset.set)" in \(dataset.folder)/\(dataset.shardNames[shard]) \
                (picture of \(pictures.segment.segmentID) from frame \(pair.videoStartFrame), sound of \
                \(reader.segments[Int(pair.audioSegment)].segment.segmentID) from \(pair.audioStartSeconds) s): \
                \(error); run `avprep verify`
                """)
        }
        batch.labels[slot] = Float(pair.kind.label)
        batch.kinds[slot] = pair.kind
    }

    // MARK: - Pictures

    private func readPictures(
        _ clip: PictureClip, _ position: Int, _ output: UnsafeMutableBufferPointer<Float>
    ) throws {
        guard let start = output.baseAddress else { return }
        guard clip.count == shape.frames else { throw TrainingError(.data, "the pictures end too early") }
        let crop = crop(of: clip.segment, position: position)
        let region = JPEGDecoder.Region(x: crop.x, y: crop.y, width: crop.side, height: crop.side)
        let plane = shape.size * shape.size
        var prepared: ClipDecoder.Picture.Placement?
        for frame in 0..<shape.frames {
            try decoder.withPixels(
                of: clip.frames.lowerBound + frame, in: clip, region: region, outputWidth: shape.size,
                outputHeight: shape.size
            ) { picture in
                guard picture.channels == 3 else { throw TrainingError(.data, "a picture has no colour") }
                let placement = picture.placement
                if prepared == nil {
                    resampler.prepare(
                        width: placement.width, height: placement.height, x: placement.x, y: placement.y,
                        side: placement.regionWidth, isFlipped: crop.isFlipped)
                    prepared = placement
                }
                guard placement == prepared else { throw TrainingError(.data, "its pictures differ in size") }
                resampler.resample(
                    picture.pixels, stride: placement.stride, into: start + frame * plane,
                    planeStride: shape.frames * plane)
            }
        }
    }

    private func crop(of segment: Segment, position: Int) -> AugmentedCrop {
        guard let seed = augmentation.seed else {
            return .center(width: segment.width, height: segment.height, scale: augmentation.scale)
        }
        var random = SeededRandom(seed: SeededRandom.combine(seed, UInt64(position)))
        return .random(
            width: segment.width, height: segment.height, scale: augmentation.scale, mayFlip: augmentation.flip,
            using: &random)
    }

    // MARK: - Sound

    private func readSound(_ clip: SpectrogramClip, _ output: UnsafeMutableBufferPointer<Float>) throws {
        guard clip.rowCount == shape.audioFrames else { throw TrainingError(.data, "the sound ends too early") }
        try clip.read(into: output)
        statistics.normalize(output)
        guard output.allSatisfy(\.isFinite) else {
            throw TrainingError(.data, "its spectrogram holds values that are not finite")
        }
    }
}
