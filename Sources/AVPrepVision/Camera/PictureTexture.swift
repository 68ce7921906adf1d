import CKernels

/// The amount of texture in each cell of a picture: without texture the camera's motion cannot be determined.
struct PictureTexture {
    /// Number of columns and rows of cells.
    let columns: Int
    let rows: Int
    /// For each cell, the mean squared gradient in levels² per pixel², or 0 where it does not exceed the noise.
    let strength: [Float]
    /// Variance, in levels², of the difference between two pictures of the same scene.
    let noise: Float
    /// Fraction of the cells with texture.
    let share: Double

    /// Variance added by rounding, compression and interpolation between pixels.
    private static let leastNoise: Float = 0.3
    /// Squared gradient from which a cell has texture, absolute and relative to the noise. Some cells of pure noise
    /// reach it; asphalt and fine wood exceed it little.
    private static let leastStrength: Float = 0.4
    private static let strengthOverNoise: Float = 1.5

    init(_ picture: ckernels_grey) {
        let side = Int(CKERNELS_CELL)
        columns = (Int(picture.width) + side - 1) / side
        rows = (Int(picture.height) + side - 1) / side
        var strength = Array(repeating: Float(0), count: columns * rows)
        var deviations = strength
        ckernels_motion_texture(picture, &strength, &deviations)
        // Fine texture looks like noise, so the noise is estimated from the quietest fifth of the picture.
        let quiet = deviations.sorted().dropFirst(deviations.count / 5).first ?? 0
        noise = Self.leastNoise + 2.2 * quiet * quiet
        var textured = 0
        for cell in strength.indices {
            if strength[cell] < max(Self.leastStrength, Self.strengthOverNoise * noise) {
                strength[cell] = 0
            } else {
                textured += 1
            }
        }
        self.strength = strength
        share = Double(textured) / Double(max(1, strength.count))
    }
}

/// The number of cells and their spatial spread.
struct CellSpread {
    /// The sum of the cells' weights.
    private(set) var count = 0.0
    private var sum = SIMD2<Double>()
    private var sumOfSquares = SIMD2<Double>()

    mutating func add(column: Int, row: Int, weight: Double = 1) {
        let place = SIMD2(Double(column), Double(row))
        count += weight
        sum += weight * place
        sumOfSquares += weight * place * place
    }

    /// The product of their standard deviations in both directions, in cells²: a twelfth of the area for a filled
    /// rectangle, more for a frame around it.
    var area: Double {
        guard count > 0 else { return 0 }
        let mean = sum / count
        let variance = sumOfSquares / count - mean * mean
        return (max(0, variance.x) * max(0, variance.y)).squareRoot()
    }
}
