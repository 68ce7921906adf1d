import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch
import CKernels

/// The optical flow of a pair's picture clip: 8-bit planes `[2 · pictures, S, S]`, x and y of one picture after the other,
/// cropped and scaled; 128 is no motion, and a step is `2 · bound / 255` stored pixels, as T-CAM's authors store it.
///
/// A clip that plays backwards has the flow of the reversed frames, stored as the direction `backward`, from last to first:
/// not the forward one with its sign changed.
struct FlowInput: SampleInput {
    static let name = "flow"

    /// Side of the square planes: S.
    let size: Int
    /// Parts of equal length that the clip must be divisible into.
    let segments: Int
    /// Whether clips play either way.
    var playsBackwards = true

    var name: String { Self.name }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        let flow = try flow(in: dataset)
        let count = dataset.clipFrames - (flow.step ?? 1)
        guard count >= 1, count % segments == 0 else {
            throw TrainingError(
                .data,
                """
                a clip of the set "\(dataset.set)" has \(max(0, count)) pictures of flow, which are not \(segments) segments of \
                the same length; set shard.pairs.clip_seconds to one frame more than a multiple of \(segments), or \
                \(TrainKey.segments)
                """)
        }
        try dataset.forEachPair { pair, reader, path in
            let clip = reader.pictures(of: pair, count: dataset.clipFrames)
            guard reader.flow(pair.direction, of: clip)?.pictures.count == count else {
                throw TrainingError(
                    .data,
                    """
                    \(path): a clip of \(dataset.clipFrames) frames from frame \(pair.videoStartFrame) has no \
                    \(pair.direction.rawValue) flow for all of them in segment \(clip.segment.segmentID); run `avprep shard` \
                    again
                    """)
            }
        }
        return InputShape(name: name, type: .uint8, sizes: [2 * count, size, size])
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        try FlowReader(
            frames: dataset.clipFrames, size: size, bound: try flow(in: dataset).bound, context.augmentation)
    }

    private func flow(in dataset: ShardDataset) throws -> StoreLayout.Flow {
        let layout = dataset.reader(0).layout
        let needed: Set<StoreLayout.FlowDirection> = playsBackwards ? [.forward, .backward] : [.forward]
        guard let flow = layout.flow, needed.isSubset(of: flow.directions) else {
            let held = layout.flow.map { $0.directions.map(\.rawValue).joined(separator: ", ") + " flow" } ?? "no flow"
            throw TrainingError(
                .data,
                """
                the shards in \(dataset.folder) hold \(held), and \
                \(playsBackwards ? "clips that play either way take both directions" : "this run learns from forward flow"); set \
                ingest.flow.direction to \(playsBackwards ? "both" : "forward or both") and ingest.flow.method to dis or tvl1, \
                and run `avprep ingest` and `avprep shard`
                """)
        }
        return flow
    }
}

extension Pair {
    /// Which flow a clip of it shows.
    fileprivate var direction: StoreLayout.FlowDirection { kind == .reversed ? .backward : .forward }
}

/// Decodes flow, and scales the crop.
private final class FlowReader: InputReader {
    private let frames: Int
    private let size: Int
    private let step: Float
    private let augmentation: Augmentation
    private let decoder: ClipDecoder
    private var columns = AxisWeights()
    private var rows = AxisWeights()
    /// What the weights were made for.
    private var prepared: Prepared?

    private struct Prepared: Equatable {
        let width: Int
        let height: Int
        let crop: AugmentedCrop
        let pixelsPerSample: Float
    }

    init(frames: Int, size: Int, bound: Double, _ augmentation: Augmentation) throws {
        self.frames = frames
        self.size = size
        self.augmentation = augmentation
        step = Float(2 * bound / 255)
        decoder = try ClipDecoder()
    }

    func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
        let clip = sample.reader.pictures(of: sample.pair, count: frames)
        let planes = output.assumingMemoryBound(to: UInt8.self)
        let area = size * size
        guard let flow = sample.reader.flow(sample.pair.direction, of: clip),
            flow.pictures.count * 2 * area == planes.count
        else { throw TrainingError(.data, "the flow ends too early") }
        let crop = crop(width: flow.width, height: flow.height, position: sample.position)
        let pictures = sample.pair.kind == .reversed ? Array(flow.pictures.reversed()) : Array(flow.pictures)
        for (index, picture) in pictures.enumerated() {
            let place = UnsafeMutableBufferPointer(
                rebasing: planes[2 * index * area..<2 * (index + 1) * area])
            try decoder.withFlow(
                of: picture, in: flow, shortSide: max(1, size * min(flow.width, flow.height) / crop.side)
            ) { field in
                prepare(field, crop)
                resample(field, isMirrored: crop.isFlipped, into: place)
            }
        }
    }

    /// One of the corners, or the centre, as T-CAM is trained; the centre in evaluation.
    private func crop(width: Int, height: Int, position: Int) -> AugmentedCrop {
        var crop = AugmentedCrop.center(width: width, height: height, scale: augmentation.scale)
        guard var random = augmentation.random(at: position) else { return crop }
        let place = random.below(5)
        if place < 4 {
            crop.x = place % 2 == 0 ? 0 : width - crop.side
            crop.y = place < 2 ? 0 : height - crop.side
        }
        crop.isFlipped = augmentation.flip && random.next() >> 63 == 1
        return crop
    }

    private func prepare(_ field: FlowField, _ crop: AugmentedCrop) {
        let wanted = Prepared(
            width: field.width, height: field.height, crop: crop, pixelsPerSample: field.pixelsPerSample)
        if prepared == wanted { return }
        let scale = 1 / Double(field.pixelsPerSample)
        let side = Double(crop.side) * scale
        columns.prepare(
            length: field.width, start: Double(crop.x) * scale, extent: side, count: size, isReversed: crop.isFlipped)
        rows.prepare(length: field.height, start: Double(crop.y) * scale, extent: side, count: size, isReversed: false)
        prepared = wanted
    }

    /// - Parameter isMirrored: what went right goes left.
    private func resample(_ field: FlowField, isMirrored: Bool, into planes: UnsafeMutableBufferPointer<UInt8>) {
        let area = size * size
        // Weights along both axes are whole numbers of this part of one.
        let one = Float(CKERNELS_CROP_ONE)
        let sign = SIMD2<Float>(isMirrored ? -1 : 1, 1) / (step * one * one)
        rows.withAxis { rowAxis in
            columns.withAxis { columnAxis in
                let (rows, columns) = (rowAxis.pointee, columnAxis.pointee)
                for y in 0..<size {
                    for x in 0..<size {
                        var value = SIMD2<Float>.zero
                        for row in 0..<Int(rows.taps[y]) {
                            var line = SIMD2<Float>.zero
                            for column in 0..<Int(columns.taps[x]) {
                                line +=
                                    Float(columns.weights[x * Int(columns.width) + column])
                                    * field[Int(columns.first[x]) + column, Int(rows.first[y]) + row]
                            }
                            value += Float(rows.weights[y * Int(rows.width) + row]) * line
                        }
                        value *= sign
                        planes[y * size + x] = Self.byte(value.x)
                        planes[area + y * size + x] = Self.byte(value.y)
                    }
                }
            }
        }
    }

    /// Not a number is no motion.
    private static func byte(_ steps: Float) -> UInt8 {
        steps.isNaN ? 128 : UInt8(max(0, min(255, (steps + 128).rounded())))
    }
}
