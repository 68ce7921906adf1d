import AVPrepCore
import AVPrepModel
import AVPrepVision

/// Two consecutive pictures, and their flow where it is known.
struct FlowPair {
    let kind: String
    let from: PixelBuffer
    let to: PixelBuffer
    let truth: [Float]?

    /// For each pixel whether the flow stays in the picture.
    func inside(_ field: FlowField) -> [Bool] {
        (0..<from.width * from.height).map { pixel in
            let x = Float(pixel % from.width) + field.vectors[2 * pixel]
            let y = Float(pixel / from.width) + field.vectors[2 * pixel + 1]
            return x >= 0 && y >= 0 && x < Float(from.width - 1) && y < Float(from.height - 1)
        }
    }

    /// Mean absolute difference, in grey levels, between `from` and `to` warped back, over the pixels of `mask`, at
    /// which the flow must stay in the picture.
    func warpingError(_ field: FlowField, over mask: [Bool]) -> Double {
        var (sum, count) = (0.0, 0.0)
        for pixel in mask.indices where mask[pixel] {
            let x = Float(pixel % from.width) + field.vectors[2 * pixel]
            let y = Float(pixel / from.width) + field.vectors[2 * pixel + 1]
            let (left, top) = (Int(x), Int(y))
            let (fx, fy) = (x - Float(left), y - Float(top))
            func level(_ x: Int, _ y: Int) -> Float { Float(to.pixels[y * to.width + x]) }
            let above = level(left, top) * (1 - fx) + level(left + 1, top) * fx
            let below = level(left, top + 1) * (1 - fx) + level(left + 1, top + 1) * fx
            sum += Double(abs(above * (1 - fy) + below * fy - Float(from.pixels[pixel])))
            count += 1
        }
        return count > 0 ? sum / count : 0
    }
}

extension FlowField {
    /// A field with these displacements.
    convenience init(width: Int, height: Int, vectors: [Float]) {
        self.init(width: width, height: height)
        _ = self.vectors.update(fromContentsOf: vectors)
    }
}

extension PixelBuffer {
    /// The luma of an RGB picture.
    func grey() throws -> PixelBuffer {
        let grey = PixelBuffer(width: width, height: height, channels: 1)
        try Grey.convert(self, into: grey)
        return grey
    }

    /// Writes a grey picture as a portable graymap.
    func writeGrey(_ path: String) throws {
        try AtomicFile.write([UInt8]("P5 \(width) \(height) 255\n".utf8) + pixels, to: path)
    }
}
