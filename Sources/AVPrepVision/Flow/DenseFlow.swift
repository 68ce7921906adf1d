import AVPrepModel

/// One method of dense optical flow between grey pictures of one size. One thread at a time; its buffers are reused, and
/// nothing is allocated for a picture or a pair once the first have passed.
///
/// The flow of a pair depends on the two pictures alone. What can be told from one picture by itself (its pyramid, its
/// gradients) is kept in its ``FlowPicture``, because neighbouring pairs and both directions share pictures.
protocol DenseFlow: AnyObject {
    /// Room for one picture and what this method derives from it.
    func makePicture() -> FlowPicture

    /// Fills `picture`, one of this method's own, from `grey`, which is not kept.
    func prepare(_ grey: PixelBuffer, into picture: FlowPicture) throws(VisionError)

    /// Fills `field` with the displacement of every pixel of `from`: `from(x, y)` is seen at `to(x + dx, y + dy)`.
    /// Both pictures have been prepared; sizes have been checked.
    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) throws(VisionError)
}

/// A picture made ready for flow by the method of one ``FlowEstimator``. Each method has a subclass of its own with all
/// that it derives from one picture alone. Made once, filled again and again; belongs to one thread at a time.
package class FlowPicture {
    init() {}
}

/// A picture of a method that keeps nothing but the pixels.
final class PlainFlowPicture: FlowPicture {
    let grey: PixelBuffer

    init(width: Int, height: Int) {
        grey = PixelBuffer(width: width, height: height, channels: 1)
        super.init()
    }
}
