import CFFmpeg

/// Conversion of linear light between the primaries of displays.
enum Primaries {
    /// Chromaticities x, y of red, green, blue and white; Rec. ITU-T H.273, table 2.
    private static func chromaticities(_ primaries: AVColorPrimaries) -> [(x: Double, y: Double)] {
        let d65 = (x: 0.3127, y: 0.3290)
        return switch primaries {
        case AVCOL_PRI_BT2020: [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046), d65]
        // The white of cinema projection is displayed as white too: P3 with D65.
        case AVCOL_PRI_SMPTE431, AVCOL_PRI_SMPTE432: [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060), d65]
        case AVCOL_PRI_SMPTE170M, AVCOL_PRI_SMPTE240M: [(0.630, 0.340), (0.310, 0.595), (0.155, 0.070), d65]
        case AVCOL_PRI_BT470BG: [(0.640, 0.330), (0.290, 0.600), (0.150, 0.060), d65]
        default: [(0.640, 0.330), (0.300, 0.600), (0.150, 0.060), d65]
        }
    }

    /// The row-major 3 × 3 matrix that converts RGB of these primaries to RGB of BT.709.
    static func toBT709(from primaries: AVColorPrimaries) -> [Double] {
        product(inverse(toXYZ(chromaticities(AVCOL_PRI_BT709))), toXYZ(chromaticities(primaries)))
    }

    /// RGB to CIE XYZ: the primaries scaled so that together they give white (SMPTE RP 177).
    private static func toXYZ(_ points: [(x: Double, y: Double)]) -> [Double] {
        let columns = points.map { [$0.x / $0.y, 1, (1 - $0.x - $0.y) / $0.y] }
        let unscaled = (0..<9).map { columns[$0 % 3][$0 / 3] }
        let inverted = inverse(unscaled)
        let weights = (0..<3).map { row in (0..<3).reduce(0.0) { $0 + inverted[3 * row + $1] * columns[3][$1] } }
        return (0..<9).map { unscaled[$0] * weights[$0 % 3] }
    }

    private static func product(_ left: [Double], _ right: [Double]) -> [Double] {
        (0..<9).map { cell -> Double in
            let (row, column) = (cell / 3 * 3, cell % 3)
            return left[row] * right[column] + left[row + 1] * right[column + 3] + left[row + 2] * right[column + 6]
        }
    }

    private static func inverse(_ matrix: [Double]) -> [Double] {
        /// The determinant of the matrix without one row and one column, with its sign.
        func cofactor(_ row: Int, _ column: Int) -> Double {
            let (upper, lower) = ((row + 1) % 3 * 3, (row + 2) % 3 * 3)
            let (left, right) = ((column + 1) % 3, (column + 2) % 3)
            return matrix[upper + left] * matrix[lower + right] - matrix[upper + right] * matrix[lower + left]
        }
        let determinant = (0..<3).reduce(0.0) { $0 + matrix[$1] * cofactor(0, $1) }
        return (0..<9).map { cofactor($0 % 3, $0 / 3) / determinant }
    }
}
