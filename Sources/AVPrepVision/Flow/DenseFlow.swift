import AVPrepModel

/// One method of dense optical flow between grey pictures of one size. One thread at a time; its buffers are reused,
/// and after the first pair nothing is allocated per picture or pair.
///
/// The flow of a pair depends on the two pictures only. What can be computed from one picture by itself (its pyramid,
/// its gradients) is kept in its ``FlowPicture``, because neighbouring pairs and both directions share pictures.
protocol DenseFlow: AnyObject {
    /// Allocates one picture and the data that this method derives from it.
    func makePicture() -> FlowPicture

    /// Fills `picture`, made by this method, from `grey`, which is not retained.
    func prepare(_ grey: PixelBuffer, into picture: FlowPicture) throws(VisionError)

    /// Fills `field` with the displacement of every pixel of `from`: `from(x, y)` is seen at `to(x + dx, y + dy)`. Both
    /// pictures have been prepared; sizes have been checked.
    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) throws(VisionError)

    /// Whether it is known without computing that the flow is 0 everywhere, in every bit.
    func isStill(from: FlowPicture, to: FlowPicture) -> Bool
}

extension DenseFlow {
    /// What others' methods make of equal pictures is theirs to say.
    func isStill(from: FlowPicture, to: FlowPicture) -> Bool { false }
}

/// A picture prepared for flow by the method of one ``FlowEstimator``. Each method has its own subclass with the data
/// that it derives from one picture. Reusable; one thread at a time.
package class FlowPicture {
    init() {}
}

/// A picture of a method that keeps only the pixels.
final class PlainFlowPicture: FlowPicture {
    let grey: PixelBuffer

    init(width: Int, height: Int) {
        grey = PixelBuffer(width: width, height: height, channels: 1)
        super.init()
    }
}
