import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch

/// The picture clip of a pair: bytes of RGB, `[T, S, S, 3]`, cropped and scaled.
///
/// Bytes are a quarter of the memory and of the way to a GPU; the device turns them into normalised numbers
/// (``PictureNormalization``). With the channels of a pixel side by side they need no reordering for the convolutions.
struct PictureInput: SampleInput {
    static let name = "pictures"

    /// Frames of a clip; 0: all that the clips of the set have.
    let frames: Int
    /// Side of the square picture in pixels: S.
    let size: Int
    /// Every so-manieth frame is seen, from the first on.
    var step = 1

    var name: String { Self.name }

    /// A model that asks for fewer frames than a clip has gets the first ones.
    func shape(in dataset: ShardDataset) throws -> InputShape {
        let available = dataset.seenFrames(step: step)
        let frames = frames == 0 ? available : frames
        guard frames <= available else { throw dataset.disagreement(frames, step: step) }
        let extent = (frames - 1) * step + 1
        try dataset.forEachPair { pair, reader, path in
            let video = reader.segments[Int(pair.videoSegment)]
            guard Int(pair.videoStartFrame) + extent <= video.frames.count else {
                throw TrainingError(
                    .data,
                    """
                    \(path): a clip of \(extent) frames from frame \(pair.videoStartFrame) is longer than segment \
                    \(video.segment.segmentID) with \(video.frames.count); lower train.model.frames, or run `avprep shard` \
                    again
                    """)
            }
        }
        return InputShape(name: name, type: .uint8, sizes: [frames, size, size, 3])
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        try PictureReader(frames: shape.sizes[0], step: step, size: size, context.augmentation)
    }
}

/// Decodes what the crop needs and no more, and scales it.
private final class PictureReader: InputReader {
    private let frames: Int
    private let step: Int
    private let size: Int
    private let augmentation: Augmentation
    private let decoder: ClipDecoder
    private var resampler: CropResampler

    init(frames: Int, step: Int, size: Int, _ augmentation: Augmentation) throws {
        self.frames = frames
        self.step = step
        self.size = size
        self.augmentation = augmentation
        decoder = try ClipDecoder()
        resampler = CropResampler(size: size)
    }

    func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
        let clip = sample.reader.pictures(of: sample.pair, count: (frames - 1) * step + 1)
        guard clip.count == (frames - 1) * step + 1 else { throw TrainingError(.data, "the pictures end too early") }
        let crop = crop(of: clip.segment, position: sample.position)
        let region = JPEGDecoder.Region(x: crop.x, y: crop.y, width: crop.side, height: crop.side)
        let plane = size * size * 3
        var prepared: ClipDecoder.Picture.Placement?
        for frame in 0..<frames {
            let place = UnsafeMutableRawBufferPointer(rebasing: output[frame * plane..<(frame + 1) * plane])
            try decoder.withPixels(
                of: clip.frames.lowerBound + frame * step, in: clip, region: region, outputWidth: size,
                outputHeight: size
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
                    picture.pixels, stride: placement.stride, into: place.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    private func crop(of segment: Segment, position: Int) -> AugmentedCrop {
        guard var random = augmentation.random(at: position) else {
            return .center(width: segment.width, height: segment.height, scale: augmentation.scale)
        }
        return .random(
            width: segment.width, height: segment.height, scale: augmentation.scale, mayFlip: augmentation.flip,
            using: &random)
    }
}
