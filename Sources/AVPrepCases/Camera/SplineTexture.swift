import AVPrepModel

/// A picture as a smooth function of the plane: its luma through cubic B-splines, which blur a little, so that a view
/// between pixels is as exact as one on them. Mirrored periodically beyond its borders.
struct SplineTexture: Sendable {
    private let width: Int
    private let height: Int
    private let luma: [Float]
    /// Texture pixels per pixel of the views.
    private let scale: Double

    /// - Parameters:
    ///   - picture: RGB; an unmoved view shows all of it but a tenth.
    ///   - width: of the views, in pixels.
    ///   - height: of the views.
    init(_ picture: PixelBuffer, width: Int, height: Int) {
        self.width = picture.width
        self.height = picture.height
        scale = 0.9 * min(Double(picture.width) / Double(width), Double(picture.height) / Double(height))
        luma = (0..<picture.width * picture.height).map { index in
            let red = Float(picture.pixels[3 * index])
            let green = Float(picture.pixels[3 * index + 1])
            let blue = Float(picture.pixels[3 * index + 2])
            return 0.299 * red + 0.587 * green + 0.114 * blue
        }
    }

    /// The level, 0...255, at a point in pixels of the views.
    func level(_ x: Double, _ y: Double) -> Double {
        let (u, v) = (x * scale, y * scale)
        let (left, top) = (u.rounded(.down), v.rounded(.down))
        let across = Self.weights(Float(u - left))
        let down = Self.weights(Float(v - top))
        let (column, row) = (Int(left) - 1, Int(top) - 1)
        let isInside = column >= 0 && row >= 0 && column + 3 < width && row + 3 < height
        var sum = SIMD4<Float>.zero
        luma.withUnsafeBufferPointer { luma in
            for index in 0..<4 {
                var values = SIMD4<Float>.zero
                if isInside {
                    let start = (row + index) * width + column
                    values = SIMD4(luma[start], luma[start + 1], luma[start + 2], luma[start + 3])
                } else {
                    let start = Self.mirror(row + index, height) * width
                    for part in 0..<4 { values[part] = luma[start + Self.mirror(column + part, width)] }
                }
                sum += values * down[index]
            }
        }
        return Double((sum * across).sum())
    }

    /// The four weights of a uniform cubic B-spline at `t`, 0..<1, between the middle two.
    private static func weights(_ t: Float) -> SIMD4<Float> {
        let s = 1 - t
        let (t2, s2) = (t * t, s * s)
        let near: Float = 4 - 6 * t2 + 3 * t2 * t
        let next: Float = 4 - 6 * s2 + 3 * s2 * s
        return SIMD4(s2 * s, near, next, t2 * t) / 6
    }

    private static func mirror(_ index: Int, _ count: Int) -> Int {
        let period = max(1, 2 * count - 2)
        let inside = ((index % period) + period) % period
        return inside < count ? inside : period - inside
    }
}
