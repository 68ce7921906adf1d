import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision

/// Computes optical flow between the frames of a stream, `step` frames apart, and encodes it as it is stored.
///
/// Each frame is preprocessed once, however often it is used.
final class FlowEncoder {
    let directions: [StoreLayout.FlowDirection]
    private let settings: FlowSettings
    private let estimator: FlowEstimator
    private let field: FlowField
    private let packer: Packer
    /// The frame scaled to the size of the flow; nil if frames have that size.
    private let small: PixelBuffer?
    private let scaler = AreaScaler()
    /// The latest frames, at most `step`, oldest first, and a spare one.
    private var pictures: [FlowPicture] = []
    private var spare: FlowPicture
    /// Flow of a picture that is shown twice, as it is stored.
    private var zeros: [UInt8]?

    /// How a flow field becomes the bytes of a stored picture.
    private enum Packer {
        case levels(FlowQuantiser, PixelBuffer, PictureEncoder)
        case float16(FlowHalfFloats)
    }

    /// - Parameters:
    ///   - fps: frame rate.
    ///   - width: width of the frames, in pixels; flow may be smaller.
    ///   - height: height of the frames, in pixels.
    init(settings: FlowSettings, fps: Double, width: Int, height: Int) throws {
        self.settings = settings
        directions = settings.direction.stored
        let size = settings.layout(fps: fps).size(width: width, height: height)
        estimator = try FlowEstimator(settings: settings, width: size.width, height: size.height)
        field = FlowField(width: size.width, height: size.height)
        small = size == (width, height) ? nil : PixelBuffer(width: size.width, height: size.height, channels: 1)
        spare = estimator.makePicture()
        packer =
            switch settings.codec {
            case .float16: .float16(FlowHalfFloats(width: size.width, height: size.height))
            case .jpeg, .png, .raw:
                .levels(
                    FlowQuantiser(bound: settings.bound),
                    PixelBuffer(width: size.width, height: 2 * size.height, channels: 1),
                    try PictureEncoder(settings.codec.stored, quality: settings.quality))
            }
    }

    /// Takes the next frame, in grey.
    ///
    /// - Returns: the encoded flow between the frame `step` frames ago and this one, by direction; backward flow is computed
    ///   from this frame to that one, not negated. Empty for the first `step` frames.
    func append(_ grey: PixelBuffer) throws -> [StoreLayout.FlowDirection: [UInt8]] {
        let now = spare
        if let small { try scaler.scale(grey, into: small) }
        try estimator.prepare(small ?? grey, into: now)
        pictures.append(now)
        guard pictures.count > settings.step else {
            spare = estimator.makePicture()
            return [:]
        }
        let before = pictures.removeFirst()
        spare = before
        var stored: [StoreLayout.FlowDirection: [UInt8]] = [:]
        guard !estimator.isStill(from: before, to: now) else {
            let zeros = try self.zeros ?? packedZeros()
            for direction in directions { stored[direction] = zeros }
            return stored
        }
        for direction in directions {
            switch direction {
            case .forward: try estimator.compute(from: before, to: now, into: field)
            case .backward: try estimator.compute(from: now, to: before, into: field)
            }
            stored[direction] = try packed()
        }
        return stored
    }

    /// Forgets all frames: the next one is the first.
    func restart() { pictures.removeAll() }

    private func packedZeros() throws -> [UInt8] {
        field.vectors.update(repeating: 0)
        let zeros = try packed()
        self.zeros = zeros
        return zeros
    }

    private func packed() throws -> [UInt8] {
        switch packer {
        case .levels(let quantiser, let planes, let encoder):
            quantiser.encode(field, into: planes)
            return try encoder.withEncoded(planes) { Array($0) }
        case .float16(let halves):
            return Array(UnsafeRawBufferPointer(halves.encode(field)))
        }
    }
}
