import AVPrepCore
import CKernels

/// TV-L1 flow of our own: Zach, Pock and Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM 2007.
///
/// Takes pictures of any size. Never gives values that are not numbers, and the same bytes on every processor.
final class TVL1Flow: DenseFlow {
    private let width: Int
    private let height: Int
    private var settings: ckernels_tvl1_settings
    private let handle: OpaquePointer

    init(settings: TVL1Settings, width: Int, height: Int) {
        self.width = width
        self.height = height
        self.settings = settings.kernels
        guard let handle = ckernels_tvl1_create(Int32(width), Int32(height), &self.settings) else {
            fatalError("out of memory for optical flow at \(width) × \(height)")
        }
        self.handle = handle
    }

    deinit { ckernels_tvl1_destroy(handle) }

    func makePicture() -> FlowPicture { TVL1Picture(settings: settings, width: width, height: height) }

    func prepare(_ grey: Image8, into picture: FlowPicture) {
        ckernels_tvl1_picture_fill(picture.tvl1, grey.pixels.baseAddress)
    }

    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) {
        ckernels_tvl1_compute(handle, from.tvl1, to.tvl1, field.vectors.baseAddress)
    }

    /// What the last ``compute(from:to:into:)`` took, in sweeps over the whole picture.
    var lastSweeps: Double { ckernels_tvl1_last_sweeps(handle) }
}

/// A picture's pyramid for TV-L1.
private final class TVL1Picture: FlowPicture {
    let handle: OpaquePointer

    init(settings: ckernels_tvl1_settings, width: Int, height: Int) {
        var settings = settings
        guard let handle = ckernels_tvl1_picture_create(Int32(width), Int32(height), &settings) else {
            fatalError("out of memory for a picture of optical flow at \(width) × \(height)")
        }
        self.handle = handle
        super.init()
    }

    deinit { ckernels_tvl1_picture_destroy(handle) }
}

extension FlowPicture {
    /// The pyramid of a picture that was made by ``TVL1Flow``.
    fileprivate var tvl1: OpaquePointer {
        guard let picture = self as? TVL1Picture else { preconditionFailure("a picture of another method") }
        return picture.handle
    }
}

extension TVL1Settings {
    fileprivate var kernels: ckernels_tvl1_settings {
        let side: Int32 =
            switch median {
            case .none: 0
            case .three: 3
            case .five: 5
            }
        return ckernels_tvl1_settings(
            tau: Float(tau), lambda: Float(lambda), theta: Float(theta), scales: Int32(scales),
            scale_step: Float(scaleStep), warps: Int32(warps), outer: Int32(outerIterations),
            inner: Int32(innerIterations), epsilon: Float(epsilon), median: side, presmoothing: Float(presmoothing),
            illumination: illumination)
    }
}
