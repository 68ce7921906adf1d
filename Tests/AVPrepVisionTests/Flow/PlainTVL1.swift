import AVPrepModel
import Foundation

@testable import AVPrepVision

/// TV-L1 as the papers write it: one step after the other over whole pictures, pixel by pixel. What the kernels compute
/// in fused sweeps over vectors must equal this to the last bit, so the order of operations is theirs.
struct PlainTVL1 {
    let settings: TVL1Settings

    /// `[y, x, (dx, dy)]`
    func flow(from: PixelBuffer, to: PixelBuffer) -> [Float] {
        let levels = (from: pyramid(from), to: pyramid(to))
        var flow = [Plane](repeating: Plane(1, 1), count: 2)
        for level in levels.from.indices.reversed() {
            let (first, second) = (levels.from[level], levels.to[level])
            if level == levels.from.count - 1 {
                flow = [Plane(first.width, first.height), Plane(first.width, first.height)]
            } else {
                let across = Float(first.width) / Float(flow[0].width)
                let down = Float(first.height) / Float(flow[0].height)
                flow[0] = resize(flow[0], first.width, first.height, factor: across)
                flow[1] = resize(flow[1], first.width, first.height, factor: down)
            }
            var dual = [Plane](repeating: Plane(first.width, first.height), count: 4)
            for _ in 0..<settings.warps {
                let warped = warp(first, second, flow)
                let brightness =
                    settings.illumination && level < firstMeanFreeLevel
                    ? brightness(first, warped, flow) : Plane(first.width, first.height)
                let data = linearise(first, warped, brightness, flow)
                descend(&flow, &dual, data)
            }
        }
        return flow[0].values.indices.flatMap { [flow[0].values[$0], flow[1].values[$0]] }
    }

    // MARK: - Pyramid

    private var firstMeanFreeLevel: Int {
        var level = 0
        var scale = 1.0
        while scale > 0.3 {
            level += 1
            scale *= settings.scaleStep
        }
        return level
    }

    private func pyramid(_ image: PixelBuffer) -> [Plane] {
        var full = Plane(image.width, image.height)
        for (index, pixel) in image.pixels.enumerated() { full.values[index] = Float(pixel) }
        if settings.presmoothing > 0 { full = blur(full, sigma: Float(settings.presmoothing)) }
        var levels = [full]
        let step = Float(settings.scaleStep)
        var scale = Double(step)
        while levels.count < settings.scales {
            let width = Int(Double(image.width) * scale + 0.5)
            let height = Int(Double(image.height) * scale + 0.5)
            if width < 8 || height < 8 { break }
            let smooth = blur(levels[levels.count - 1], sigma: 0.6 * (1 / (step * step) - 1).squareRoot())
            levels.append(resize(smooth, width, height, factor: 1))
            scale *= Double(step)
        }
        guard settings.illumination else { return levels }
        for level in levels.indices where level >= firstMeanFreeLevel {
            let mean = blur(levels[level], sigma: 4)
            for index in mean.values.indices { levels[level].values[index] -= mean.values[index] }
        }
        return levels
    }

    private func blur(_ plane: Plane, sigma: Float) -> Plane {
        let radius = min(16, Int((3 * sigma).rounded(.up)))
        let weights = (0...radius).map { exp(-0.5 * Double($0 * $0) / (Double(sigma) * Double(sigma))) }
        var sum = weights[0]
        for weight in weights.dropFirst() { sum += 2 * weight }
        let taps = weights.map { Float($0 / sum) }
        func pass(_ plane: Plane, _ dx: Int, _ dy: Int) -> Plane {
            plane.mapped { x, y in
                var value = plane[x, y] * taps[0]
                for i in 1..<taps.count {
                    value += (plane[x - i * dx, y - i * dy] + plane[x + i * dx, y + i * dy]) * taps[i]
                }
                return value
            }
        }
        return pass(pass(plane, 0, 1), 1, 0)
    }

    private func resize(_ plane: Plane, _ width: Int, _ height: Int, factor: Float) -> Plane {
        func place(_ index: Int, _ count: Int, _ from: Int) -> (Int, Float) {
            let at = (Float(index) + 0.5) * (Float(from) / Float(count)) - 0.5
            let clamped = min(Float(from - 1), max(0, at))
            return (Int(clamped), clamped - Float(Int(clamped)))
        }
        return Plane(width, height).mapped { x, y in
            let (column, right) = place(x, width, plane.width)
            let (row, below) = place(y, height, plane.height)
            func line(_ x: Int) -> Float {
                (plane[x, row] + (plane[x, row + 1] - plane[x, row]) * below) * factor
            }
            return line(column) + (line(column + 1) - line(column)) * right
        }
    }

    // MARK: - Data term

    private func target(_ x: Int, _ y: Int, _ flow: [Plane]) -> (x: Float, y: Float, inside: Bool) {
        let tx = flow[0][x, y] + Float(x)
        let ty = flow[1][x, y] + Float(y)
        let inside = tx >= 0 && tx <= Float(flow[0].width - 1) && ty >= 0 && ty <= Float(flow[0].height - 1)
        return (tx, ty, inside)
    }

    /// The first picture plus the second one as the flow sees it, by cubic convolution.
    private func warp(_ from: Plane, _ to: Plane, _ flow: [Plane]) -> Plane {
        func weights(_ t: Float) -> [Float] {
            let cube: [Float] = [-0.5, 1.5, -1.5, 0.5]
            let square: [Float] = [1, -2.5, 2, -0.5]
            let linear: [Float] = [-0.5, 0, 0.5, 0]
            let constant: [Float] = [0, 1, 0, 0]
            return (0..<4).map { ((cube[$0] * t + square[$0]) * t + linear[$0]) * t + constant[$0] }
        }
        return from.mapped { x, y in
            let target = target(x, y, flow)
            guard target.inside else { return from[x, y] + from[x, y] }
            let (column, row) = (Int(target.x), Int(target.y))
            let across = weights(target.x - Float(column))
            let down = weights(target.y - Float(row))
            let products = (0..<4).map { i in
                var sum = to[column + i - 1, row - 1] * down[0] + to[column + i - 1, row] * down[1]
                sum += to[column + i - 1, row + 1] * down[2]
                sum += to[column + i - 1, row + 2] * down[3]
                return sum * across[i]
            }
            return from[x, y] + ((products[0] + products[2]) + (products[1] + products[3]))
        }
    }

    private func brightness(_ from: Plane, _ warped: Plane, _ flow: [Plane]) -> Plane {
        let width = (from.width + 7) / 8
        let height = (from.height + 7) / 8
        func means(expected: Plane?) -> Plane {
            var sums = Plane(width, height)
            var weights = Plane(width, height)
            for block in 0..<height {
                var sumRow = [Float](repeating: 0, count: from.width)
                var weightRow = sumRow
                for y in block * 8..<min(from.height, block * 8 + 8) {
                    for x in 0..<from.width {
                        let difference = warped[x, y] - from[x, y] * 2
                        let off = expected.map { (difference - $0[x, y]) * 0.2 } ?? 0
                        let weight = target(x, y, flow).inside ? 1 / (1 + off * off) : 0
                        sumRow[x] += difference * weight
                        weightRow[x] += weight
                    }
                }
                for x in 0..<from.width {
                    sums.values[block * width + x / 8] += sumRow[x]
                    weights.values[block * width + x / 8] += weightRow[x]
                }
            }
            let (smoothSums, smoothWeights) = (blur(sums, sigma: 2), blur(weights, sigma: 2))
            return smoothSums.mapped { x, y in smoothSums[x, y] / (smoothWeights[x, y] + 1e-6) }
        }
        let rough = resize(means(expected: nil), from.width, from.height, factor: 1)
        let fine = means(expected: rough)
        let firm = fine.mapped { x, y in
            let size = abs(fine[x, y])
            return fine[x, y] * (size < 1 ? 0 : size < 2 ? size - 1 : 1)
        }
        return resize(firm, from.width, from.height, factor: 1)
    }

    private struct DataTerm {
        var gx: Plane
        var gy: Plane
        var constant: Plane
        var inverse: Plane
    }

    private func linearise(_ from: Plane, _ warped: Plane, _ brightness: Plane, _ flow: [Plane]) -> DataTerm {
        func derivative(_ x: Int, _ y: Int, _ dx: Int, _ dy: Int) -> Float {
            guard target(x, y, flow).inside else { return 0 }
            let near = warped[x + dx, y + dy] - warped[x - dx, y - dy]
            let far = warped[x + 2 * dx, y + 2 * dy] - warped[x - 2 * dx, y - 2 * dy]
            return (near * 8 - far) * (1 / 24)
        }
        let gx = from.mapped { derivative($0, $1, 1, 0) }
        let gy = from.mapped { derivative($0, $1, 0, 1) }
        let constant = from.mapped { x, y in
            guard target(x, y, flow).inside else { return 0 }
            var value = warped[x, y] - from[x, y] * 2 - brightness[x, y]
            value -= gx[x, y] * flow[0][x, y]
            value -= gy[x, y] * flow[1][x, y]
            return value
        }
        let inverse = from.mapped { x, y in 1 / (gx[x, y] * gx[x, y] + gy[x, y] * gy[x, y] + 1e-3) }
        return DataTerm(gx: gx, gy: gy, constant: constant, inverse: inverse)
    }

    // MARK: - Sweeps

    private func descend(_ flow: inout [Plane], _ dual: inout [Plane], _ data: DataTerm) {
        let enough =
            Float(settings.epsilon) * Float(settings.epsilon) * Float(flow[0].width) * Float(flow[0].height)
        var settled = false
        for _ in 0..<settings.outerIterations where !settled {
            var done = 0
            while done < settings.innerIterations && !settled {
                var moved: Float = 0
                for _ in 0..<min(10, settings.innerIterations - done) { moved = sweep(&flow, &dual, data) }
                settled = moved < enough
                done += 10
            }
            flow = flow.map(median)
        }
    }

    /// One thresholding step and one step of the dual variable. Returns the sum of squares of what moved, by lanes of 8.
    private func sweep(_ flow: inout [Plane], _ dual: inout [Plane], _ data: DataTerm) -> Float {
        let theta = Float(settings.theta)
        let limit = Float(settings.lambda) * theta
        let dualStep = Float(settings.tau) / theta
        let old = flow
        let before = dual
        var moved = [Float](repeating: 0, count: 8)
        for y in 0..<old[0].height {
            for x in 0..<old[0].width {
                let (u1, u2, gx, gy) = (old[0][x, y], old[1][x, y], data.gx[x, y], data.gy[x, y])
                let residual = data.constant[x, y] + gx * u1 + gy * u2
                let step = min(limit, max(-limit, residual * data.inverse[x, y]))
                func divergence(_ c: Int) -> Float {
                    let left = x > 0 ? before[2 * c][x - 1, y] : 0
                    let above = y > 0 ? before[2 * c + 1][x, y - 1] : 0
                    return before[2 * c][x, y] - left + (before[2 * c + 1][x, y] - above)
                }
                let new1 = u1 - step * gx + theta * divergence(0)
                let new2 = u2 - step * gy + theta * divergence(1)
                flow[0][x, y] = new1
                flow[1][x, y] = new2
                moved[x % 8] += (new1 - u1) * (new1 - u1) + (new2 - u2) * (new2 - u2)
            }
        }
        for y in 0..<old[0].height {
            for x in 0..<old[0].width {
                for c in 0..<2 {
                    let dx = flow[c][x + 1, y] - flow[c][x, y]
                    let dy = flow[c][x, y + 1] - flow[c][x, y]
                    let scale = 1 / (1 + dualStep * (dx * dx + dy * dy).squareRoot())
                    dual[2 * c][x, y] = (before[2 * c][x, y] + dualStep * dx) * scale
                    dual[2 * c + 1][x, y] = (before[2 * c + 1][x, y] + dualStep * dy) * scale
                }
            }
        }
        return moved.reduce(0, +)
    }

    private func median(_ plane: Plane) -> Plane {
        let reach =
            switch settings.median {
            case .none: 0
            case .three: 1
            case .five: 2
            }
        return plane.mapped { x, y in
            let window = (-reach...reach).flatMap { j in (-reach...reach).map { i in plane[x + i, y + j] } }
            return window.sorted()[window.count / 2]
        }
    }
}

/// A picture of floats that repeats its border without end.
private struct Plane {
    let width: Int
    let height: Int
    var values: [Float]

    init(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
        values = Array(repeating: 0, count: width * height)
    }

    subscript(x: Int, y: Int) -> Float {
        get { values[min(height - 1, max(0, y)) * width + min(width - 1, max(0, x))] }
        set { values[y * width + x] = newValue }
    }

    /// A plane of this size with the value of a function at every pixel.
    func mapped(_ value: (_ x: Int, _ y: Int) -> Float) -> Plane {
        var result = self
        for y in 0..<height {
            for x in 0..<width { result.values[y * width + x] = value(x, y) }
        }
        return result
    }
}
