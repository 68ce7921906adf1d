/// The variational refinement of ``PlainDIS``, as plain loops.
struct PlainDISRefinement {
    private let from: EndlessPlane
    private let to: EndlessPlane
    private let fixedPoint: Int
    private let relaxations: Int
    private let delta: Float
    private let width: Int
    private let height: Int

    init(_ from: EndlessPlane, _ to: EndlessPlane, fixedPoint: Int, relaxations: Int, delta: Float) {
        self.from = from
        self.to = to
        self.fixedPoint = fixedPoint
        self.relaxations = relaxations
        self.delta = delta
        width = from.width
        height = from.height
    }

    func run(_ u: inout EndlessPlane, _ v: inout EndlessPlane) {
        let residuals = linearised(u, v)
        for _ in 0..<fixedPoint {
            let smooth = smoothness(u, v)
            let system = system(residuals, smooth, u, v)
            for sweep in 0..<2 * relaxations {
                for y in 0..<height {
                    for x in 0..<width where (x + y) & 1 == sweep & 1 { relax(x, y, system, smooth, &u, &v) }
                }
            }
        }
    }

    /// z + x U + y V, for brightness and for the gradient along x and y.
    private struct Residuals {
        var b: SIMD3<Float>
        var x: SIMD3<Float>
        var y: SIMD3<Float>
    }

    private func linearised(_ u: EndlessPlane, _ v: EndlessPlane) -> [Residuals] {
        var mean = EndlessPlane(width: width, height: height)
        var (change, inside) = (mean, mean)
        let (right, bottom) = (Float(width - 1), Float(height - 1))
        for y in 0..<height {
            for x in 0..<width {
                let (px, py) = (Float(x) + u[x, y], Float(y) + v[x, y])
                inside[x, y] = px >= -0.5 && px <= right + 0.5 && py >= -0.5 && py <= bottom + 0.5 ? 1 : 0
                let seen = cubic(min(max(px, 0), right), min(max(py, 0), bottom))
                mean[x, y] = 0.5 * (from[x, y] + seen)
                change[x, y] = seen - from[x, y]
            }
        }
        var (slopeX, slopeY) = (mean, mean)
        for y in 0..<height {
            for x in 0..<width {
                slopeX[x, y] =
                    (2.0 / 3) * (mean[x + 1, y] - mean[x - 1, y]) - (1.0 / 12) * (mean[x + 2, y] - mean[x - 2, y])
                slopeY[x, y] =
                    (2.0 / 3) * (mean[x, y + 1] - mean[x, y - 1]) - (1.0 / 12) * (mean[x, y + 2] - mean[x, y - 2])
            }
        }
        return (0..<width * height).map { index in
            let (x, y) = (index % width, index / width)
            let (gx, gy, gz) = (slopeX[x, y], slopeY[x, y], change[x, y])
            let xx = 0.5 * (slopeX[x + 1, y] - slopeX[x - 1, y])
            let xy = 0.5 * (slopeX[x, y + 1] - slopeX[x, y - 1])
            let yy = 0.5 * (slopeY[x, y + 1] - slopeY[x, y - 1])
            let xz = 0.5 * (change[x + 1, y] - change[x - 1, y])
            let yz = 0.5 * (change[x, y + 1] - change[x, y - 1])
            func scaled(_ x: Float, _ y: Float, _ z: Float, _ u: Float, _ v: Float, _ inside: Float) -> SIMD3<Float> {
                let scale = inside * reciprocalRoot(x * x + y * y + 0.3)
                return SIMD3(scale * x, scale * y, scale * (z - x * u - y * v))
            }
            let (hereU, hereV, isInside) = (u[x, y], v[x, y], inside[x, y])
            return Residuals(
                b: scaled(gx, gy, gz, hereU, hereV, isInside), x: scaled(xx, xy, xz, hereU, hereV, isInside),
                y: scaled(xy, yy, yz, hereU, hereV, isInside))
        }
    }

    /// The second picture between its pixels, by Catmull-Rom's cubic.
    private func cubic(_ px: Float, _ py: Float) -> Float {
        let (left, top) = (Int(px), Int(py))
        let across = weights(px - Float(left))
        let down = weights(py - Float(top))
        let products = (0..<4).map { column -> Float in
            func level(_ row: Int) -> Float { down[row] * to[left - 1 + column, top - 1 + row] }
            return ((level(0) + level(1)) + (level(2) + level(3))) * across[column]
        }
        return (products[0] + products[1]) + (products[2] + products[3])
    }

    private func weights(_ t: Float) -> [Float] {
        let constant: [Float] = [0, 1, 0, 0]
        let linear: [Float] = [-0.5, 0, 0.5, 0]
        let square: [Float] = [1, -2.5, 2, -0.5]
        let cube: [Float] = [-0.5, 1.5, -1.5, 0.5]
        return (0..<4).map { constant[$0] + t * (linear[$0] + t * (square[$0] + t * cube[$0])) }
    }

    private func smoothness(_ u: EndlessPlane, _ v: EndlessPlane) -> EndlessPlane {
        var smooth = EndlessPlane(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                // Borders go on for ever: the difference across one is 0.
                let (ux, vx) = (u[x + 1, y] - u[x, y], v[x + 1, y] - v[x, y])
                let (uy, vy) = (u[x, y + 1] - u[x, y], v[x, y + 1] - v[x, y])
                smooth[x, y] = 40 * reciprocalRoot(ux * ux + uy * uy + vx * vx + vy * vy + 1e-6)
            }
        }
        return smooth
    }

    /// The inverse of a pixel's 2 × 2 block, and its right side.
    private struct Equation {
        var i11: Float
        var i12: Float
        var i22: Float
        var b1: Float
        var b2: Float
    }

    private func system(_ residuals: [Residuals], _ smooth: EndlessPlane, _ u: EndlessPlane, _ v: EndlessPlane)
        -> [Equation]
    {
        residuals.enumerated().map { index, r in
            let (x, y) = (index % width, index / width)
            let (hereU, hereV) = (u[x, y], v[x, y])
            func value(_ r: SIMD3<Float>) -> Float { r.z + r.x * hereU + r.y * hereV }
            let rb = value(r.b)
            let kb = delta * reciprocalRoot(rb * rb + 1e-6)
            let (rx, ry) = (value(r.x), value(r.y))
            let kg = 10 * reciprocalRoot(rx * rx + ry * ry + 1e-6)
            let edges = edges(x, y, smooth)
            let all = smooth[x, y] * (edges.isRight + edges.isBelow) + edges.left + edges.above + 1e-3
            let a11 = all + kb * (r.b.x * r.b.x) + kg * (r.x.x * r.x.x + r.y.x * r.y.x)
            let a12 = kb * (r.b.x * r.b.y) + kg * (r.x.x * r.x.y + r.y.x * r.y.y)
            let a22 = all + kb * (r.b.y * r.b.y) + kg * (r.x.y * r.x.y + r.y.y * r.y.y)
            let scale = 1 / (a11 * a22 - a12 * a12)
            return Equation(
                i11: a22 * scale, i12: -a12 * scale, i22: a11 * scale,
                b1: -(kb * (r.b.x * r.b.z) + kg * (r.x.x * r.x.z + r.y.x * r.y.z)),
                b2: -(kb * (r.b.y * r.b.z) + kg * (r.x.y * r.x.z + r.y.y * r.y.z)))
        }
    }

    private func edges(_ x: Int, _ y: Int, _ smooth: EndlessPlane) -> (
        isRight: Float, isBelow: Float, left: Float, above: Float
    ) {
        (x + 1 < width ? 1 : 0, y + 1 < height ? 1 : 0, x > 0 ? smooth[x - 1, y] : 0, y > 0 ? smooth[x, y - 1] : 0)
    }

    private func relax(
        _ x: Int, _ y: Int, _ system: [Equation], _ smooth: EndlessPlane, _ u: inout EndlessPlane,
        _ v: inout EndlessPlane
    ) {
        let equation = system[y * width + x]
        let edges = edges(x, y, smooth)
        let (right, below) = (smooth[x, y] * edges.isRight, smooth[x, y] * edges.isBelow)
        func side(_ plane: EndlessPlane, _ b: Float) -> Float {
            b + right * plane[x + 1, y] + edges.left * plane[x - 1, y] + below * plane[x, y + 1]
                + edges.above * plane[x, y - 1]
        }
        let (su, sv) = (side(u, equation.b1), side(v, equation.b2))
        let (oldU, oldV) = (u[x, y], v[x, y])
        u[x, y] = oldU + 1.8 * (equation.i11 * su + equation.i12 * sv - oldU)
        v[x, y] = oldV + 1.8 * (equation.i12 * su + equation.i22 * sv - oldV)
    }

    private func reciprocalRoot(_ value: Float) -> Float {
        var guess = Float(bitPattern: 0x5F37_5A86 - (value.bitPattern >> 1))
        let half = value * 0.5
        guess *= 1.5 - half * guess * guess
        return guess * (1.5 - half * guess * guess)
    }
}
