/// Divides a picture into nearly square tiles, to locate changes.
struct TileGrid {
    /// Tiles along the short side: few enough that a thumbnail's tile has pixels to average, enough that an object and
    /// its glow leave most of them unchanged.
    static let shortSide = 6

    /// Number of tiles, at least 1, row by row.
    let count: Int
    private let tileOfPixel: [Int]
    private let pixelsInTile: [Float]

    /// - Parameters:
    ///   - width: of the picture, in pixels, > 0.
    ///   - height: of the picture, in pixels, > 0.
    init(width: Int, height: Int) {
        let side = max(1, Double(min(width, height)) / Double(Self.shortSide))
        let columns = max(1, Int((Double(width) / side).rounded()))
        let rows = max(1, Int((Double(height) / side).rounded()))
        count = rows * columns
        tileOfPixel = (0..<height * width).map { pixel in
            (pixel / width * rows / height) * columns + pixel % width * columns / width
        }
        var pixels = [Float](repeating: 0, count: count)
        for tile in tileOfPixel { pixels[tile] += 1 }
        pixelsInTile = pixels
    }

    /// The mean of a value over the pixels of each tile.
    func means(of value: (_ pixel: Int) -> Float) -> [Float] {
        var sums = [Float](repeating: 0, count: count)
        for (pixel, tile) in tileOfPixel.enumerated() { sums[tile] += value(pixel) }
        for tile in sums.indices { sums[tile] /= pixelsInTile[tile] }
        return sums
    }
}
