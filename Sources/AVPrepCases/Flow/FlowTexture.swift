import AVPrepModel

/// A picture as a smooth function of the plane: its luma through cubic B-splines, which blur a little, so that no edge
/// is sharper than the pixels of a camera. Mirrored beyond its borders.
struct FlowTexture: Sendable {
    private let width: Int
    private let height: Int
    private let luma: [Float]
    /// Texture pixels per pixel of the views.
    private let scale: Double
    private let middle: (x: Double, y: Double)

    /// - Parameters:
    ///   - picture: RGB; unmoved views show all of it but a tenth.
    ///   - width: of the views, in pixels.
    ///   - height: of the views.
    init(_ picture: PixelBuffer, width: Int, height: Int) {
        self.width = picture.width
        self.height = picture.height
        scale = 0.9 * min(Double(picture.width) / Double(width), Double(picture.height) / Double(height))
        middle = (Double(width - 1) / 2, Double(height - 1) / 2)
        luma = (0..<picture.width * picture.height).map { index in
            let (red, green, blue) = (
                picture.pixels[3 * index], picture.pixels[3 * index + 1], picture.pixels[3 * index + 2]
            )
            return 0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue)
        }
    }

    /// The level, 0...255, at a point in pixels of the views.
    func level(_ x: Double, _ y: Double) -> Double {
        let tx = (x - middle.x) * scale + Double(width - 1) / 2
        let ty = (y - middle.y) * scale + Double(height - 1) / 2
        let (left, top) = (tx.rounded(.down), ty.rounded(.down))
        let across = Self.weights(Float(tx - left))
        let down = Self.weights(Float(ty - top))
        var sum: Float = 0
        luma.withUnsafeBufferPointer { luma in
            for row in 0..<4 {
                let start = Self.mirror(Int(top) - 1 + row, height) * width
                var part: Float = 0
                for column in 0..<4 {
                    part += across[column] * luma[start + Self.mirror(Int(left) - 1 + column, width)]
                }
                sum += down[row] * part
            }
        }
        return Double(sum)
    }

    /// The four weights of a uniform cubic B-spline at `t`, 0..<1, between the middle two.
    private static func weights(_ t: Float) -> SIMD4<Float> {
        let s = 1 - t
        return SIMD4(s * s * s, 4 - 6 * t * t + 3 * t * t * t, 4 - 6 * s * s + 3 * s * s * s, t * t * t) / 6
    }

    private static func mirror(_ index: Int, _ count: Int) -> Int {
        let period = max(1, 2 * count - 2)
        let inside = ((index % period) + period) % period
        return inside < count ? inside : period - inside
    }
}
