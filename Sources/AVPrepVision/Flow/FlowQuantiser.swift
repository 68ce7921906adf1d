package import AVPrepModel
import CKernels

/// Optical flow in 8 bits, by the rule of the Arrow of Time code: `q = round(255 · (v + b) / (2 · b))`, clipped to
/// 0...255, halves rounded to the even number (OpenCV's `cvRound`, numpy's `rint`).
///
/// Zero flow becomes 128. The inverse is `v = q · 2 · b / 255 − b`, which restores every `q` exactly and every `v`
/// within ± b to within half a step, `b / 255`. (A network fed with `q − 128` sees zero flow as zero; the inverse of
/// 128 is `b / 255`, because 255 steps have no centre.)
package struct FlowQuantiser: Sendable {
    /// Displacements are clipped to ± `bound` pixels.
    package let bound: Float

    /// The rule and its inverse in one line, for the attributes of stored flow.
    package static let rule =
        "q = round(255 * (v + bound) / (2 * bound)), clipped to 0...255; v = q * 2 * bound / 255 - bound"

    /// - Parameter bound: in pixels, > 0. Arrow of Time does not state it; 20 is usual.
    package init(bound: Double) {
        precondition(bound > 0 && bound.isFinite, "the flow bound must be positive, not \(bound)")
        self.bound = Float(bound)
    }

    /// Quantises `field` into `planes`: one channel, shape `[2 · height, width]`, the x field above the y field.
    package func encode(_ field: FlowField, into planes: PixelBuffer) {
        checkShapes(field, planes)
        let count = field.width * field.height
        let scale = 255 / (2 * bound)
        // Checked above: 2 · count floats in, 2 · count bytes out.
        guard let vectors = field.vectors.baseAddress, let levels = planes.pixels.baseAddress else { return }
        ckernels_quantise_flow(vectors, Int32(count), bound, scale, levels, levels + count)
    }

    /// Fills `field` from `planes`, the inverse of ``encode(_:into:)``.
    package func decode(_ planes: PixelBuffer, into field: FlowField) {
        checkShapes(field, planes)
        let count = field.width * field.height
        let step = 2 * bound / 255
        guard let vectors = field.vectors.baseAddress, let levels = planes.pixels.baseAddress else { return }
        for pixel in 0..<count {
            vectors[2 * pixel] = Float(levels[pixel]) * step - bound
            vectors[2 * pixel + 1] = Float(levels[count + pixel]) * step - bound
        }
    }

    private func checkShapes(_ field: FlowField, _ planes: PixelBuffer) {
        precondition(
            planes.channels == 1 && planes.width == field.width && planes.height == 2 * field.height,
            "flow planes must have the shape [2 · height, width]")
    }
}
