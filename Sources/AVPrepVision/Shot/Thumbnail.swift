import AVPrepModel

/// A very small copy of a frame in brightness and colour, for comparing frames.
struct Thumbnail {
    /// Y, Cb and Cr planes (ITU-R BT.601, full range, Cb and Cr centred at 0), one after the other.
    private let planes: [Float]
    private let width: Int
    /// Mean and standard deviation of brightness, in levels.
    let mean: Float
    let deviation: Float

    init(_ rgb: PixelBuffer) {
        let count = rgb.width * rgb.height
        width = rgb.width
        planes = Array(unsafeUninitializedCapacity: 3 * count) { buffer, initialised in
            for pixel in 0..<count {
                let red = Float(rgb.pixels[3 * pixel])
                let green = Float(rgb.pixels[3 * pixel + 1])
                let blue = Float(rgb.pixels[3 * pixel + 2])
                let brightness = 0.299 * red + 0.587 * green + 0.114 * blue
                buffer[pixel] = brightness
                buffer[count + pixel] = 0.564 * (blue - brightness)
                buffer[2 * count + pixel] = 0.713 * (red - brightness)
            }
            initialised = 3 * count
        }
        let brightness = planes[..<count]
        let mean = brightness.reduce(0, +) / Float(count)
        self.mean = mean
        deviation = (brightness.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(count)).squareRoot()
    }

    private var count: Int { planes.count / 3 }

    /// The change from `other` to this picture: mean of |ΔY| + (|ΔCb| + |ΔCr|) / 2, in levels.
    func change(from other: Thumbnail) -> Float {
        planes.withUnsafeBufferPointer { a in
            other.planes.withUnsafeBufferPointer { b in
                var brightness: Float = 0
                var colour: Float = 0
                for index in 0..<count { brightness += abs(a[index] - b[index]) }
                for index in count..<3 * count { colour += abs(a[index] - b[index]) }
                return (brightness + colour / 2) / Float(count)
            }
        }
    }

    /// As ``change(from:)``, for each tile.
    func changes(from other: Thumbnail, in grid: TileGrid) -> [Float] {
        planes.withUnsafeBufferPointer { a in
            other.planes.withUnsafeBufferPointer { b in
                grid.means { pixel in
                    let (blue, red) = (count + pixel, 2 * count + pixel)
                    return abs(a[pixel] - b[pixel]) + (abs(a[blue] - b[blue]) + abs(a[red] - b[red])) / 2
                }
            }
        }
    }

    /// Mean brightness of each tile, in levels.
    func brightness(in grid: TileGrid) -> [Float] {
        planes.withUnsafeBufferPointer { planes in grid.means { planes[$0] } }
    }

    /// Similarity of two pictures under different light, 0...1: how much of the brightness of one is determined by that
    /// of the other, in the better direction. 1 where one is the other in different light, however much the light
    /// hides. The correlation ratio, over pixels that are at least `blackLevel` in one of them. 0 for a plain picture.
    func likeness(with other: Thumbnail, blackLevel: Float) -> Float {
        let pixels = (0..<count).filter { max(planes[$0], other.planes[$0]) >= blackLevel }
        func ratio(_ values: [Float], by keys: [Float]) -> Float {
            var sums = [Float](repeating: 0, count: Self.bins)
            var counts = [Float](repeating: 0, count: Self.bins)
            var (sum, square): (Float, Float) = (0, 0)
            for pixel in pixels {
                let bin = min(Self.bins - 1, max(0, Int(keys[pixel]) * Self.bins / 256))
                sums[bin] += values[pixel]
                counts[bin] += 1
                sum += values[pixel]
                square += values[pixel] * values[pixel]
            }
            let total = square - sum * sum / Float(pixels.count)
            let between = zip(sums, counts).reduce(0) { $1.1 > 0 ? $0 + $1.0 * $1.0 / $1.1 : $0 }
            return total > Float(pixels.count) ? max(0, (between - sum * sum / Float(pixels.count)) / total) : 0
        }
        guard !pixels.isEmpty else { return 0 }
        return max(ratio(planes, by: other.planes), ratio(other.planes, by: planes)).squareRoot()
    }

    /// Number of brightness levels used by ``likeness(with:blackLevel:)``.
    private static let bins = 24

    /// Correlation of brightness, -1...1. 0 for a plain picture.
    func correlation(with other: Thumbnail) -> Float {
        var product: Float = 0
        for pixel in 0..<count { product += (planes[pixel] - mean) * (other.planes[pixel] - other.mean) }
        let norm = deviation * other.deviation * Float(count)
        return norm > 1e-3 ? product / norm : 0
    }

    /// Correlation of brightness of each tile, -1...1; 0 for one without contrast.
    func correlations(with other: Thumbnail, in grid: TileGrid) -> [Float] {
        let (here, there) = (grid.means { planes[$0] }, grid.means { other.planes[$0] })
        let products = grid.means { planes[$0] * other.planes[$0] }
        let (squares, others) = (
            grid.means { planes[$0] * planes[$0] }, grid.means { other.planes[$0] * other.planes[$0] }
        )
        return here.indices.map { tile in
            let (first, second) = (
                squares[tile] - here[tile] * here[tile], others[tile] - there[tile] * there[tile]
            )
            // A standard deviation below one level is noise.
            guard first >= 1, second >= 1 else { return 0 }
            return (products[tile] - here[tile] * there[tile]) / (first * second).squareRoot()
        }
    }

    // MARK: - Displacement

    /// How well this picture is `other` seen by a camera that turned: the least mean difference of brightness over all
    /// shifts that keep a third of the picture in common, as a fraction of the difference without a shift.
    ///
    /// 1 for two unrelated pictures; near 0 after a jerk of the camera. The parts in common under a shift must
    /// correlate, not only agree in level: dark corners match everywhere.
    func displacedShare(from other: Thumbnail) -> Float {
        let height = count / width
        let (reachX, reachY) = (width * 6 / 10, height * 4 / 10)
        let atRest = brightnessChange(from: other)
        var least = atRest
        planes.withUnsafeBufferPointer { a in
            other.planes.withUnsafeBufferPointer { b in
                for down in -reachY...reachY {
                    for right in -reachX...reachX {
                        let rows = max(0, down)..<min(height, height + down)
                        let columns = max(0, right)..<min(width, width + right)
                        guard rows.count * columns.count * 3 >= count else { continue }
                        var sum: Float = 0
                        for row in rows {
                            let (here, there) = (row * width, (row - down) * width - right)
                            for column in columns { sum += abs(a[here + column] - b[there + column]) }
                        }
                        let mean = sum / Float(rows.count * columns.count)
                        if mean < least, correlation(with: other, rows, columns, down, right) >= Self.commonPattern {
                            least = mean
                        }
                    }
                }
            }
        }
        return atRest > 0 ? least / atRest : 1
    }

    /// Correlation of brightness from which two parts of pictures show the same scene: two unrelated real pictures have
    /// -0.4...0.5 where their levels match best.
    private static let commonPattern: Float = 0.5

    /// Correlation of brightness with the other picture shifted by `down` and `right`.
    private func correlation(
        with other: Thumbnail, _ rows: Range<Int>, _ columns: Range<Int>, _ down: Int, _ right: Int
    ) -> Float {
        var (sumHere, sumThere, squareHere, squareThere, product) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for row in rows {
            for column in columns {
                let here = Double(planes[row * width + column])
                let there = Double(other.planes[(row - down) * width + column - right])
                sumHere += here
                sumThere += there
                squareHere += here * here
                squareThere += there * there
                product += here * there
            }
        }
        let count = Double(rows.count * columns.count)
        let power = (squareHere - sumHere * sumHere / count) * (squareThere - sumThere * sumThere / count)
        return power > 1 ? Float((product - sumHere * sumThere / count) / power.squareRoot()) : 0
    }

    // MARK: - Mixtures

    /// Distance of this picture from the mixture of `share` of `last` and the rest of `first`: the mean difference of
    /// brightness.
    func distance(fromMixtureOf first: Thumbnail, and last: Thumbnail, _ share: Float) -> Float {
        planes.withUnsafeBufferPointer { middle in
            first.planes.withUnsafeBufferPointer { a in
                last.planes.withUnsafeBufferPointer { b in
                    var sum: Float = 0
                    for index in 0..<count { sum += abs(middle[index] - a[index] * (1 - share) - b[index] * share) }
                    return sum / Float(count)
                }
            }
        }
    }

    /// Distance of this picture's pattern from the equal mixture of two others: the mean absolute deviation of the
    /// difference of brightness from its median, which is the change of light; over all pixels, and over each tile.
    func patternDifference(fromMixtureOf first: Thumbnail, and last: Thumbnail, in grid: TileGrid) -> (
        mean: Float, tiles: [Float]
    ) {
        let differences = (0..<count).map { planes[$0] - (first.planes[$0] + last.planes[$0]) / 2 }
        let light = differences.sorted()[count / 2]
        let tiles = grid.means { abs(differences[$0] - light) }
        return (differences.reduce(0) { $0 + abs($1 - light) } / Float(count), tiles)
    }

    /// Mean difference of brightness only.
    func brightnessChange(from other: Thumbnail) -> Float { distance(fromMixtureOf: other, and: other, 0) }
}
