import AVPrepCore
import CKernels

/// TV-L1 flow of our own: Zach, Pock and Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM 2007.
///
/// Takes pictures of any size. Never gives values that are not numbers, and the same bytes on every processor.
final class TVL1Flow: DenseFlow {
    private let width: Int
    private let height: Int
    private let settings: TVL1Settings
    private let handle: OpaquePointer

    init(settings: TVL1Settings, width: Int, height: Int) {
        self.width = width
        self.height = height
        self.settings = settings
        var numbers = settings.kernels
        guard let handle = ckernels_tvl1_create(Int32(width), Int32(height), &numbers) else {
            preconditionFailure("out of memory for optical flow at \(width) × \(height)")
        }
        self.handle = handle
    }

    deinit { ckernels_tvl1_destroy(handle) }

    func makePicture() -> FlowPicture { TVL1Picture(settings: settings, width: width, height: height) }

    func prepare(_ grey: Image8, into picture: FlowPicture) {
        ckernels_tvl1_picture_fill(pyramid(of: picture), grey.pixels.baseAddress)
    }

    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) {
        ckernels_tvl1_compute(handle, pyramid(of: from), pyramid(of: to), field.vectors.baseAddress)
    }

    /// What the last ``compute(from:to:into:)`` took, in sweeps over the whole picture.
    var lastSweeps: Double { ckernels_tvl1_last_sweeps(handle) }

    private func pyramid(of picture: FlowPicture) -> OpaquePointer {
        guard let picture = picture as? TVL1Picture, picture.serves(settings, width, height) else {
            preconditionFailure("a picture of another method, size or settings")
        }
        return picture.pyramid
    }
}

/// A picture's pyramid for TV-L1.
private final class TVL1Picture: FlowPicture {
    let pyramid: OpaquePointer
    private let settings: TVL1Settings
    private let width: Int
    private let height: Int

    init(settings: TVL1Settings, width: Int, height: Int) {
        self.settings = settings
        self.width = width
        self.height = height
        var numbers = settings.kernels
        guard let pyramid = ckernels_tvl1_picture_create(Int32(width), Int32(height), &numbers) else {
            preconditionFailure("out of memory for a pyramid of \(width) × \(height)")
        }
        self.pyramid = pyramid
        super.init()
    }

    deinit { ckernels_tvl1_picture_destroy(pyramid) }

    func serves(_ settings: TVL1Settings, _ width: Int, _ height: Int) -> Bool {
        self.settings == settings && self.width == width && self.height == height
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
