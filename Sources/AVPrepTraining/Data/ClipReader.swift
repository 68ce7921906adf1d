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

/// Reads pairs out of shards into batches: decodes what the crop needs and no more, scales it, normalises both streams.
///
/// One a thread: its buffers are used again for every pair. What it reads depends on the pair and its position in the
/// pass alone.
final class ClipReader {
    private let dataset: ShardDataset
    private let spectrogram: StoreLayout.Spectrogram
    private let clipRule: ClipRule?
    private let statistics: SpectrogramStatistics
    private let augmentation: Augmentation
    private let shape: ClipShape
    private let decoder: JPEGDecoder
    private let pngCodec = PNGCodec()
    /// A whole picture, for codecs that cannot decode a part of one.
    private var whole: PixelBuffer?
    private var resampler: CropResampler

    /// - Parameter shape: what ``ShardDataset/clipShape(_:)`` says: every pair has it.
    init(
        _ dataset: ShardDataset, shape: ClipShape, spectrogram: String, statistics: SpectrogramStatistics,
        augmentation: Augmentation
    ) throws {
        self.dataset = dataset
        self.spectrogram = try dataset.spectrogram(spectrogram)
        clipRule = self.spectrogram.clipRule
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
        decoder = try JPEGDecoder()
        resampler = CropResampler(size: shape.size)
    }

    /// Reads pair `number` into a slot of `batch`.
    ///
    /// - Throws: ``TrainingError`` that names shard and segment and carries the reason.
    func read(_ number: Int, position: Int, into batch: Batch, slot: Int) throws {
        let (pair, shard, reader) = dataset.locate(number)
        let video = reader.segments[Int(pair.videoSegment)]
        let audio = reader.segments[Int(pair.audioSegment)]
        do {
            try readPictures(of: video, from: Int(pair.videoStartFrame), reader, position, batch.video(slot: slot))
            try readSound(of: audio, from: pair.audioStartSeconds, reader, batch.audio(slot: slot))
        } catch {
            throw TrainingError(
                .data,
                """
                cannot read pair \(number) of "\(dataset.set)" in \(dataset.folder)/\(dataset.shardNames[shard]) \
                (picture of \(video.segment.segmentID) from frame \(pair.videoStartFrame), sound of \
                \(audio.segment.segmentID) from \(pair.audioStartSeconds) s): \(error); run `avprep verify`
                """)
        }
        batch.labels[slot] = Float(pair.kind.label)
        batch.kinds[slot] = pair.kind
    }

    // MARK: - Pictures

    private func readPictures(
        of segment: StoredSegment, from first: Int, _ reader: StoreReader, _ position: Int,
        _ output: UnsafeMutableBufferPointer<Float>
    ) throws {
        guard let start = output.baseAddress else { return }
        let crop = crop(of: segment.segment, position: position)
        let plane = shape.size * shape.size
        var prepared: PreparedSize?
        for frame in 0..<shape.frames {
            try reader.withFrameBytes(segment.frames.lowerBound + first + frame) { bytes in
                try withPixels(of: bytes, segment: segment.segment, crop, reader.layout.frameCodec) { pixels, size in
                    if prepared == nil {
                        resampler.prepare(
                            width: size.width, height: size.height, x: size.x, y: size.y, side: size.side,
                            isFlipped: crop.isFlipped)
                        prepared = size
                    }
                    guard size == prepared else { throw TrainingError(.data, "its pictures differ in size") }
                    resampler.resample(
                        pixels, stride: size.stride, into: start + frame * plane, planeStride: shape.frames * plane)
                }
            }
        }
    }

    /// Decoded pixels that hold the crop, and where it lies in them.
    private struct PreparedSize: Equatable {
        var width: Int
        var height: Int
        /// Pixels from one row to the next.
        var stride: Int
        var x: Double
        var y: Double
        var side: Double
    }

    private func withPixels(
        of bytes: UnsafeRawBufferPointer, segment: Segment, _ crop: AugmentedCrop, _ codec: StoreLayout.PictureCodec,
        _ body: (UnsafeBufferPointer<UInt8>, PreparedSize) throws -> Void
    ) throws {
        switch codec {
        case .jpeg:
            let region = JPEGDecoder.Region(x: crop.x, y: crop.y, width: crop.side, height: crop.side)
            let decoded = try decoder.decode(
                bytes, region: region, outputWidth: shape.size, outputHeight: shape.size)
            guard decoded.channels == 3 else { throw TrainingError(.data, "a picture has no colour") }
            let size = PreparedSize(
                width: decoded.width, height: decoded.height, stride: decoded.width, x: decoded.x, y: decoded.y,
                side: decoded.regionWidth)
            try body(decoded.pixels, size)
        case .png:
            if whole?.width != segment.width || whole?.height != segment.height { whole = nil }
            let picture = whole ?? PixelBuffer(width: segment.width, height: segment.height, channels: 3)
            whole = picture
            try pngCodec.decode(bytes, into: picture)
            try withCrop(of: UnsafeBufferPointer(picture.pixels), segment, crop, body)
        case .raw:
            guard bytes.count == segment.width * segment.height * 3 else {
                throw TrainingError(.data, "a picture has \(bytes.count) bytes")
            }
            try bytes.withMemoryRebound(to: UInt8.self) { try withCrop(of: $0, segment, crop, body) }
        }
    }

    /// The crop in the pixels of a whole picture.
    private func withCrop(
        of pixels: UnsafeBufferPointer<UInt8>, _ segment: Segment, _ crop: AugmentedCrop,
        _ body: (UnsafeBufferPointer<UInt8>, PreparedSize) throws -> Void
    ) throws {
        let size = PreparedSize(
            width: crop.side, height: crop.side, stride: segment.width, x: 0, y: 0, side: Double(crop.side))
        try body(UnsafeBufferPointer(rebasing: pixels[((crop.y * segment.width + crop.x) * 3)...]), size)
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

    private func readSound(
        of segment: StoredSegment, from start: Double, _ reader: StoreReader,
        _ output: UnsafeMutableBufferPointer<Float>
    ) throws {
        let rows = segment.spectrograms[spectrogram.name] ?? 0..<0
        guard
            let window = SpectrogramWindow(
                of: spectrogram, start: start, seconds: dataset.soundSeconds, available: rows.count),
            window.count == shape.audioFrames
        else { throw TrainingError(.data, "the sound ends too early") }
        let bins = shape.audioBins
        let first = rows.lowerBound + window.first
        try reader.readSpectrogram(
            spectrogram.name, first..<first + window.stored,
            into: UnsafeMutableBufferPointer(rebasing: output[..<(window.stored * bins)]))
        for index in window.stored * bins..<output.count { output[index] = output[index - bins] }
        clipRule?.apply(to: output)
        statistics.normalize(output)
        guard output.allSatisfy(\.isFinite) else { throw TrainingError(.data, "its spectrogram holds no numbers") }
    }
}
