package import AVPrepModel

/// Computes dense optical flow between grey pictures of one size. One estimator per thread; its buffers are reused.
///
/// In a sequence, prepare each picture once with ``prepare(_:into:)`` and use it for both its neighbours, in both
/// directions: data derived from a single picture is then computed once. This does not change the result.
///
///     let (before, now) = (estimator.makePicture(), estimator.makePicture())
///     try estimator.prepare(grey, into: now)
///     try estimator.compute(from: before, to: now, into: forward)
///     try estimator.compute(from: now, to: before, into: backward)
package final class FlowEstimator {
    package let width: Int
    package let height: Int
    private let method: any DenseFlow
    /// For ``compute(from:to:into:)`` of unprepared pictures; created when first needed.
    private lazy var pair = (from: makePicture(), to: makePicture())

    /// - Parameters:
    ///   - settings: the method must not be `off`.
    ///   - width: pixels per row of all pictures, > 0.
    ///   - height: rows of all pictures, > 0.
    package init(settings: FlowSettings, width: Int, height: Int) throws(VisionError) {
        self.width = width
        self.height = height
        method =
            switch settings.method {
            case .off: preconditionFailure("flow is off")
            case .dis: DISFlow(preset: settings.preset, width: width, height: height)
            case .openCVDIS: try OpenCVDISFlow(preset: settings.preset, width: width, height: height)
            case .tvl1: TVL1Flow(settings: settings.tvl1, width: width, height: height)
            case .farneback: OpenCVFarnebackFlow(width: width, height: height)
            }
    }

    /// Allocates one picture, for this estimator or another of the same method and size.
    package func makePicture() -> FlowPicture { method.makePicture() }

    /// Prepares `picture` from `grey`, of this estimator's size; the pixels are copied.
    package func prepare(_ grey: PixelBuffer, into picture: FlowPicture) throws(VisionError) {
        precondition(grey.channels == 1, "flow needs grey pictures")
        precondition(grey.width == width && grey.height == height, "the picture has another size")
        try method.prepare(grey, into: picture)
    }

    /// Fills `field` with the displacement of every pixel of `from`: `from(x, y)` is seen at `to(x + dx, y + dy)`.
    ///
    /// Compute the backward flow by exchanging the pictures, as in Arrow of Time, not by negating the forward flow. The
    /// result depends on the two pictures only, not on earlier computations.
    ///
    /// - Parameters:
    ///   - from: prepared by this estimator, or one of the same method and size.
    ///   - to: the same; may be the same picture.
    ///   - field: of this estimator's size; overwritten.
    /// - Throws: when OpenCV's methods fail, e.g. for pictures smaller than 12 pixels on both sides.
    package func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) throws(VisionError) {
        precondition(field.width == width && field.height == height, "the flow field has another size")
        try method.compute(from: from, to: to, into: field)
    }

    /// Whether ``compute(from:to:into:)`` would fill the field with zeros, as for a picture that is shown twice. False where
    /// that is not known without computing.
    package func isStill(from: FlowPicture, to: FlowPicture) -> Bool { method.isStill(from: from, to: to) }

    /// The same for two pictures that are not needed afterwards.
    package func compute(from: PixelBuffer, to: PixelBuffer, into field: FlowField) throws(VisionError) {
        try prepare(from, into: pair.from)
        try prepare(to, into: pair.to)
        try compute(from: pair.from, to: pair.to, into: field)
    }
}
