import AVPrepModel

@testable import AVPrepVision

/// Dense inverse search as plain loops over pixels, in the kernels' order of operations: every bit has to be the same.
/// The kernels' own comments say why each step is as it is.
struct PlainDIS {
    var stride: Int
    var iterations = 12
    var lastStep: Float
    var fixedPoint: Int
    var delta: Float
    var relaxations = 5
    var levels: ClosedRange<Int>

    init(_ preset: FlowSettings.Preset, width: Int, height: Int) {
        stride = preset == .ultrafast ? 4 : 3
        lastStep = preset == .ultrafast ? 0.2 : 0.05
        fixedPoint = preset == .ultrafast ? 1 : preset == .fast ? 4 : 5
        delta = preset == .fast ? 3 : 5
        levels = DISFlow.levels(preset: preset, width: width, height: height)
    }

    func flow(from: PixelBuffer, to: PixelBuffer) -> [Float] {
        let (first, second) = (pyramid(from), pyramid(to))
        var field: (x: EndlessPlane, y: EndlessPlane)?
        for level in levels.reversed() {
            let (here, there) = (first[level], second[level])
            var patches = Patches(width: here.width, height: here.height, stride: stride)
            if let field { patches.place(field.x, field.y) }
            search(here, there, &patches)
            var next = densify(here, there, patches)
            PlainDISRefinement(here, there, fixedPoint: fixedPoint, relaxations: relaxations, delta: delta)
                .run(&next.x, &next.y)
            field = next
        }
        guard let field else { return [] }
        return enlarge(field.x, field.y, levels.lowerBound, from.width, from.height)
    }

    // MARK: - Pyramid

    private func pyramid(_ image: PixelBuffer) -> [EndlessPlane] {
        var levels = [EndlessPlane(width: image.width, height: image.height)]
        for index in image.pixels.indices { levels[0].values[index] = Float(image.pixels[index]) }
        for _ in 0..<self.levels.upperBound { levels.append(halve(levels[levels.count - 1])) }
        return levels
    }

    private func halve(_ from: EndlessPlane) -> EndlessPlane {
        var to = EndlessPlane(width: (from.width + 1) / 2, height: (from.height + 1) / 2)
        for y in 0..<to.height {
            let rows = (0..<6).map { row in (-2..<from.width + 3).map { from[$0, 2 * y - 2 + row] } }
            let sums = rows[0].indices.map { x in
                (rows[0][x] + rows[5][x]) + 3 * (rows[1][x] + rows[4][x]) + 4 * (rows[2][x] + rows[3][x])
            }
            for x in 0..<to.width {
                let s = (0..<6).map { sums[min(2 * x + $0, sums.count - 1)] }
                to[x, y] = ((s[0] + s[5]) + 3 * (s[1] + s[4]) + 4 * (s[2] + s[3])) * (1.0 / 256)
            }
        }
        return to
    }

    // MARK: - Patches

    private struct Fit {
        var flow: SIMD2<Float>
        var cost: Float = 0
        var step = SIMD2<Float>()
    }

    /// A patch with its gradients less their mean and the inverse of their matrix.
    private struct Patch {
        var corner: SIMD2<Float>
        var pixels: [Float] = []
        var gradients: [SIMD2<Float>] = []
        var inverse = (diagonal: SIMD2<Float>(), mixed: Float(0))

        init(_ from: EndlessPlane, _ x: Int, _ y: Int) {
            corner = SIMD2(Float(x), Float(y))
            for row in y..<y + 8 {
                for column in x..<x + 8 {
                    pixels.append(from[column, row])
                    gradients.append(
                        SIMD2(
                            from[column + 1, row] - from[column - 1, row], from[column, row + 1] - from[column, row - 1]
                        )
                            * 0.5)
                }
            }
            let mean =
                SIMD2(laneSum(gradients.map(\.x)), laneSum(gradients.map(\.y))) * (1.0 / 64)
            let squares = SIMD2(laneSum(gradients.map { $0.x * $0.x }), laneSum(gradients.map { $0.y * $0.y }))
            let diagonal = squares - mean * mean * 64 + 64
            let mixed = laneSum(gradients.map { $0.x * $0.y }) - mean.x * mean.y * 64
            let determinant = diagonal * SIMD2(diagonal.y, diagonal.x) - mixed * mixed
            inverse = (SIMD2(diagonal.y, diagonal.x) / determinant, -mixed / determinant.x)
            for index in gradients.indices { gradients[index] -= mean }
        }

        func fit(_ to: EndlessPlane, _ flow: SIMD2<Float>) -> Fit {
            let high = SIMD2(Float(to.width), Float(to.height))
            let position = (corner + flow).clamped(lowerBound: SIMD2(-8, -8), upperBound: high) + 8
            let whole = position.rounded(.towardZero)
            let part = position - whole
            let (left, top) = (Int(whole.x) - 8, Int(whole.y) - 8)
            var difference: [Float] = []
            for index in 0..<64 {
                difference.append(to.interpolated(left + index % 8, top + index / 8, part) - pixels[index])
            }
            let total = laneSum(difference)
            let along = SIMD2(
                laneSum(zip(difference, gradients).map { $0 * $1.x }),
                laneSum(zip(difference, gradients).map { $0 * $1.y }))
            return Fit(
                flow: flow, cost: laneSum(difference.map { $0 * $0 }) - total * total * (1.0 / 64),
                step: inverse.diagonal * along + inverse.mixed * SIMD2(along.y, along.x))
        }
    }

    private func descend(_ patch: Patch, _ to: EndlessPlane, _ start: Fit) -> Fit {
        var best = start
        func length(_ step: SIMD2<Float>) -> Float { step.x * step.x + step.y * step.y }
        for _ in 0..<iterations {
            guard length(best.step) > 0.01 * 0.01 else { break }
            let next = patch.fit(to, best.flow - best.step)
            guard next.cost < best.cost * 0.92 else { break }
            best = next
        }
        if length(best.step) < 0.25 * 0.25 { best.flow -= lastStep * best.step }
        let way = best.flow - start.flow
        return abs(way.x) > 8 || abs(way.y) > 8 ? start : best
    }

    private func search(_ from: EndlessPlane, _ to: EndlessPlane, _ patches: inout Patches) {
        for row in 0..<patches.rows { searchRow(from, to, &patches, row, before: row - 1, isFirst: true) }
        for row in (0..<patches.rows).dropLast().reversed() {
            searchRow(from, to, &patches, row, before: row + 1, isFirst: false)
        }
    }

    /// Two patches at a time: what one of them has to look at, the other looks at too.
    private func searchRow(
        _ from: EndlessPlane, _ to: EndlessPlane, _ patches: inout Patches, _ row: Int, before: Int, isFirst: Bool
    ) {
        for first in Swift.stride(from: 0, to: patches.columns, by: 2) {
            let columns = [first, min(first + 1, patches.columns - 1)]
            let pair = columns.map { Patch(from, patches.left($0), patches.top(row)) }
            var best = columns.map { column in
                Fit(flow: patches.flow[row][column], cost: patches.cost[row][column])
            }
            if isFirst { best = zip(pair, best).map { $0.fit(to, $1.flow) } }
            var improved = [isFirst, isFirst]
            if before >= 0 {
                for shift in -1...1 {
                    let candidates = columns.map {
                        patches.flow[before][min(max($0 + shift, 0), patches.columns - 1)]
                    }
                    let isNew = zip(candidates, best).contains { candidate, best in
                        let other = candidate - best.flow
                        return abs(other.x) > 0.05 || abs(other.y) > 0.05
                    }
                    guard isNew else { continue }
                    for side in 0..<2 {
                        let fit = pair[side].fit(to, candidates[side])
                        guard fit.cost < best[side].cost else { continue }
                        best[side] = fit
                        improved[side] = true
                    }
                }
            }
            for side in 0..<2 {
                if improved[side] { best[side] = descend(pair[side], to, best[side]) }
                patches.flow[row][columns[side]] = best[side].flow
                patches.cost[row][columns[side]] = best[side].cost
            }
        }
    }

    private func densify(_ from: EndlessPlane, _ to: EndlessPlane, _ patches: Patches) -> (
        x: EndlessPlane, y: EndlessPlane
    ) {
        var weights = EndlessPlane(width: max(8, from.width), height: max(8, from.height))
        var (sumX, sumY) = (weights, weights)
        for row in 0..<patches.rows {
            for column in 0..<patches.columns {
                let (x, y, flow) = (patches.left(column), patches.top(row), patches.flow[row][column])
                let place = (SIMD2(Float(x), Float(y)) + flow)
                    .clamped(lowerBound: SIMD2(-8, -8), upperBound: SIMD2(Float(to.width), Float(to.height)))
                let whole = (place + 8).rounded(.towardZero) - 8
                let part = place - whole
                let differences = (0..<64).map { index in
                    to.interpolated(Int(whole.x) + index % 8, Int(whole.y) + index / 8, part)
                        - from[x + index % 8, y + index / 8]
                }
                let lanes = (0..<8).map { lane in
                    Swift.stride(from: lane, to: 64, by: 8).reduce(Float(0)) { $0 + differences[$1] }
                }
                let halves = (0..<4).map { lanes[$0] + lanes[$0 + 4] }
                let mean = ((halves[0] + halves[1]) + (halves[2] + halves[3])) * (1.0 / 64)
                for index in 0..<64 {
                    let distance = max(abs(differences[index] - mean), 1)
                    let weight = 1 / (distance * distance.squareRoot())
                    weights[x + index % 8, y + index / 8] += weight
                    sumX[x + index % 8, y + index / 8] += weight * flow.x
                    sumY[x + index % 8, y + index / 8] += weight * flow.y
                }
            }
        }
        var field = (
            x: EndlessPlane(width: from.width, height: from.height),
            y: EndlessPlane(width: from.width, height: from.height)
        )
        for y in 0..<from.height {
            for x in 0..<from.width {
                let scale = 1 / weights[x, y]
                field.x[x, y] = sumX[x, y] * scale
                field.y[x, y] = sumY[x, y] * scale
            }
        }
        return field
    }

    private func enlarge(_ fieldX: EndlessPlane, _ fieldY: EndlessPlane, _ level: Int, _ width: Int, _ height: Int)
        -> [Float]
    {
        let scale = Float(1 << level)
        func split(_ position: Int) -> (near: Int, far: Int, part: Float) {
            let offset = (Float(position & ((1 << level) - 1)) + 0.5) / scale - 0.5
            let near = position >> level
            return (near, offset < 0 ? near - 1 : near + 1, abs(offset))
        }
        var flow: [Float] = []
        for y in 0..<height {
            let down = split(y)
            for x in 0..<width {
                let across = split(x)
                for plane in [fieldX, fieldY] {
                    func mixed(_ x: Int) -> Float {
                        (plane[x, down.near] + down.part * (plane[x, down.far] - plane[x, down.near])) * scale
                    }
                    let here = mixed(across.near)
                    flow.append(here + across.part * (mixed(across.far) - here))
                }
            }
        }
        return flow
    }
}

/// Where patches lie, and what was found for each.
private struct Patches {
    let columns: Int
    let rows: Int
    let stride: Int
    let last: (x: Int, y: Int)
    var flow: [[SIMD2<Float>]]
    var cost: [[Float]]

    init(width: Int, height: Int, stride: Int) {
        func count(_ size: Int) -> Int { size <= 8 ? 1 : (size - 8 + stride - 1) / stride + 1 }
        columns = count(width)
        rows = count(height)
        self.stride = stride
        last = (max(0, width - 8), max(0, height - 8))
        flow = Array(repeating: Array(repeating: SIMD2(), count: columns), count: rows)
        cost = Array(repeating: Array(repeating: 0, count: columns), count: rows)
    }

    func left(_ column: Int) -> Int { min(column * stride, last.x) }
    func top(_ row: Int) -> Int { min(row * stride, last.y) }

    mutating func place(_ x: EndlessPlane, _ y: EndlessPlane) {
        for row in 0..<rows {
            for column in 0..<columns {
                let (left, right) = ((left(column) + 3) / 2, (self.left(column) + 4) / 2)
                let (top, bottom) = ((top(row) + 3) / 2, (self.top(row) + 4) / 2)
                flow[row][column] = SIMD2(
                    0.5 * ((x[left, top] + x[right, top]) + (x[left, bottom] + x[right, bottom])),
                    0.5 * ((y[left, top] + y[right, top]) + (y[left, bottom] + y[right, bottom])))
            }
        }
    }
}

/// The sum of 64 values, by column first, then in the order in which vectors are folded.
private func laneSum(_ values: [Float]) -> Float {
    let lanes = (0..<8).map { lane in stride(from: lane, to: 64, by: 8).reduce(Float(0)) { $0 + values[$1] } }
    return ((lanes[0] + lanes[2]) + (lanes[1] + lanes[3])) + ((lanes[4] + lanes[6]) + (lanes[5] + lanes[7]))
}
