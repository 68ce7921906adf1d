import AVPrepCore

/// A very small copy of a frame in brightness and colour, to compare frames by.
struct Thumbnail {
    /// Y, Cb and Cr planes (ITU-R BT.601, full range, Cb and Cr about 0), one after the other.
    private let planes: [Float]

    init(_ rgb: Image8) {
        let count = rgb.width * rgb.height
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
    }

    private var count: Int { planes.count / 3 }

    /// How much the picture changed from `other` to this: mean of |ΔY| + (|ΔCb| + |ΔCr|) / 2, in levels.
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

    /// Correlation of brightness, -1...1, of the pixels that are at least `blackLevel` in one of the pictures: 1 where one
    /// picture is the other in another light. 0 for a picture of one level.
    func correlation(with other: Thumbnail, blackLevel: Float) -> Float {
        let pixels = (0..<count).filter { max(planes[$0], other.planes[$0]) >= blackLevel }
        guard !pixels.isEmpty else { return 0 }
        let mean = pixels.reduce(0) { $0 + planes[$1] } / Float(pixels.count)
        let otherMean = pixels.reduce(0) { $0 + other.planes[$1] } / Float(pixels.count)
        var (sum, square, otherSquare): (Float, Float, Float) = (0, 0, 0)
        for pixel in pixels {
            let (deviation, otherDeviation) = (planes[pixel] - mean, other.planes[pixel] - otherMean)
            sum += deviation * otherDeviation
            square += deviation * deviation
            otherSquare += otherDeviation * otherDeviation
        }
        let norm = (square * otherSquare).squareRoot()
        return norm > 1e-3 ? sum / norm : 0
    }
}
