/// Outlines of about radius 1 around the origin, y down, as signed distances: negative inside.
///
/// Distances are exact or slightly too small near corners; their sign is right everywhere, and within a pixel of the
/// outline they are good enough for anti-aliasing.
package enum Shape: String, Sendable, Codable {
    case disc, box, ring, cross, diamond, triangle, star

    @inline(__always)
    func distance(_ point: SIMD2<Float>) -> Float {
        let x = abs(point.x)
        let y = abs(point.y)
        switch self {
        case .disc: return (x * x + y * y).squareRoot() - 1
        case .box: return max(x, y) - 0.86
        case .ring: return abs((x * x + y * y).squareRoot() - 0.72) - 0.27
        case .cross: return min(max(x - 1, y - 0.36), max(x - 0.36, y - 1))
        case .diamond: return 0.8 * x + 0.6 * y - 0.68
        // Equilateral, point up: three half-planes 0.58 from the middle.
        case .triangle: return max(point.y - 0.58, 0.866 * x - 0.5 * point.y - 0.58)
        case .star: return Self.star(x, point.y)
        }
    }

    /// A five-pointed star, folded into one of its ten equal wedges by reflection.
    @inline(__always)
    private static func star(_ x: Float, _ y: Float) -> Float {
        // Normals of the mirror lines at 36° and 72° from the upward axis.
        let first = SIMD2<Float>(0.809017, -0.587785)
        let second = SIMD2<Float>(-first.x, first.y)
        var p = SIMD2(x, -y)
        p -= 2 * max(0, (first * p).sum()) * first
        p -= 2 * max(0, (second * p).sum()) * second
        p.x = abs(p.x)
        // The edge runs from the tip at (0, 1.08) to the inner corner at radius 0.5.
        p.y -= 1.08
        let edge = SIMD2<Float>(0.293893, 0.404508 - 1.08)
        let length = (edge * edge).sum().squareRoot()
        return (p.x * -edge.y + p.y * edge.x) / length
    }
}
