package import AVPrepVision

/// The error of a flow field: end-point error, the usual measure (Baker et al., IJCV 2011).
package struct FlowScore: Sendable, Equatable {
    /// Mean end-point error, in pixels.
    package let mean: Double
    /// 95th percentile, in pixels.
    package let percentile95: Double

    /// Over all pixels whose true target lies in the picture, occluded or not.
    ///
    /// - Parameter truth: `[y, x, (dx, dy)]`, as many floats as `field` has.
    package init(_ field: FlowField, truth: [Float]) {
        precondition(truth.count == field.vectors.count, "the ground truth has another size")
        var errors: [Float] = []
        errors.reserveCapacity(field.width * field.height)
        for y in 0..<field.height {
            for x in 0..<field.width {
                let index = 2 * (y * field.width + x)
                let (dx, dy) = (truth[index], truth[index + 1])
                let (tx, ty) = (Float(x) + dx, Float(y) + dy)
                guard tx >= 0, ty >= 0, tx <= Float(field.width - 1), ty <= Float(field.height - 1) else { continue }
                let (ex, ey) = (field.vectors[index] - dx, field.vectors[index + 1] - dy)
                errors.append((ex * ex + ey * ey).squareRoot())
            }
        }
        errors.sort()
        mean = errors.isEmpty ? 0 : errors.reduce(0) { $0 + Double($1) } / Double(errors.count)
        percentile95 = errors.isEmpty ? 0 : Double(errors[errors.count * 95 / 100])
    }
}
