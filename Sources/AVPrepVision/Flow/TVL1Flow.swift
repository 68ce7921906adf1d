import AVPrepModel
import CKernels

/// TV-L1 flow, own implementation of Zach, Pock and Bischof, "A Duality Based Approach for Realtime TV-L1 Optical
/// Flow", DAGM 2007.
///
/// Accepts pictures of any size. The values are always finite, and the same bytes on every processor.
final class TVL1Flow: DenseFlow {
    private let format: TVL1Format
    private let handle: OpaquePointer

    init(settings: TVL1Settings, width: Int, height: Int) {
        format = TVL1Format(settings: settings, width: width, height: height)
        handle = format.make(ckernels_tvl1_create)
    }

    deinit { ckernels_tvl1_destroy(handle) }

    func makePicture() -> FlowPicture { TVL1Picture(format) }

    func prepare(_ grey: PixelBuffer, into picture: FlowPicture) {
        ckernels_tvl1_picture_fill(pyramid(of: picture), grey.pixels.baseAddress)
    }

    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) {
        ckernels_tvl1_compute(handle, pyramid(of: from), pyramid(of: to), field.vectors.baseAddress)
    }

    /// Iterations of the last ``compute(from:to:into:)``, in sweeps over the whole picture.
    var lastSweeps: Double { ckernels_tvl1_last_sweeps(handle) }

    private func pyramid(of picture: FlowPicture) -> OpaquePointer {
        guard let picture = picture as? TVL1Picture, picture.format == format else {
            preconditionFailure("the picture was prepared for another method, size or settings")
        }
        return picture.pyramid
    }
}

/// A picture's pyramid for TV-L1.
private final class TVL1Picture: FlowPicture {
    let format: TVL1Format
    let pyramid: OpaquePointer

    init(_ format: TVL1Format) {
        self.format = format
        pyramid = format.make(ckernels_tvl1_picture_create)
        super.init()
    }

    deinit { ckernels_tvl1_picture_destroy(pyramid) }
}

/// The properties that a picture and its flow method must share.
private struct TVL1Format: Equatable {
    let settings: TVL1Settings
    let width: Int
    let height: Int

    /// Calls one of the kernels' constructors, which fail only for lack of memory.
    func make(_ create: (Int32, Int32, UnsafePointer<ckernels_tvl1_settings>?) -> OpaquePointer?) -> OpaquePointer {
        var numbers = settings.kernels
        guard let made = create(Int32(width), Int32(height), &numbers) else {
            preconditionFailure("out of memory for optical flow at \(width) × \(height)")
        }
        return made
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
