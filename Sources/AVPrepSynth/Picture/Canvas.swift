import AVPrepModel
import Foundation

/// A small rasteriser: anti-aliased shapes and glows blended over an RGB picture, without allocation.
///
/// Positions are pixels with the origin at the top left corner of the top left pixel; a pixel's centre is at (½, ½).
struct Canvas {
    let picture: PixelBuffer

    init(_ picture: PixelBuffer) {
        precondition(picture.channels == 3, "a canvas must be RGB")
        self.picture = picture
    }

    /// How a shape is filled.
    struct Paint {
        var colour: SIMD3<Float>
        /// 0 … 1: amount of white mixed in.
        var flash: Float = 0
        /// Darkening from the shape's upper left to its lower right, 0 … 1, which makes it look solid.
        var shading: Float = 0.35
    }

    /// Fills `shape`.
    ///
    /// - Parameters:
    ///   - centre: its origin.
    ///   - radii: length of the shape's unit in pixels, along its own x and y.
    ///   - angle: clockwise rotation in radians.
    func fill(_ shape: Shape, at centre: SIMD2<Float>, radii: SIMD2<Float>, angle: Float = 0, paint: Paint) {
        let largest = max(radii.x, radii.y)
        guard min(radii.x, radii.y) > 0.25, centre.x.isFinite, centre.y.isFinite else { return }
        let sine = sin(angle)
        let cosine = cos(angle)
        // The rotated box with corners at (±1.1, ±1.1).
        let half = SIMD2(
            1.1 * (abs(cosine) * radii.x + abs(sine) * radii.y), 1.1 * (abs(sine) * radii.x + abs(cosine) * radii.y))
        let unit = min(radii.x, radii.y)
        let outline = min(1.4, 0.14 * largest)
        let dark = paint.colour * 0.35
        forEachPixel(from: centre - half, to: centre + half) { place, pixel in
            let p = place - centre
            let local = SIMD2(cosine * p.x + sine * p.y, cosine * p.y - sine * p.x) / radii
            let distance = shape.distance(local) * unit
            guard distance < 0.5 else { return }
            let cover = min(1, 0.5 - distance)
            let light = 1 + paint.shading * (0.25 - 0.6 * (p.x * 0.4 + p.y) / largest)
            let rim = max(0, min(1, distance + outline + 0.5))
            var colour = Colour.mix(paint.colour * light, dark, rim * 0.8)
            colour = Colour.mix(colour, Colour.white, paint.flash)
            Self.blend(pixel, colour, cover)
        }
    }

    /// A soft ring of light.
    ///
    /// - Parameters:
    ///   - radius: of its brightest line, in pixels.
    ///   - width: distance from that line to where the ring ends on either side.
    ///   - strength: opacity on the line, 0 … 1.
    func glow(
        at centre: SIMD2<Float>, radius: Float, width: Float, colour: SIMD3<Float>, strength: Float
    ) {
        let reach = SIMD2(repeating: radius + width)
        forEachPixel(from: centre - reach, to: centre + reach) { place, pixel in
            let p = place - centre
            let near = 1 - abs((p * p).sum().squareRoot() - radius) / width
            guard near > 0 else { return }
            Self.blend(pixel, colour, strength * near * near * (3 - 2 * near))
        }
    }

    /// Sets the whole picture to one grey level.
    func clear(to level: UInt8) { picture.pixels.update(repeating: level) }

    /// Copies a smaller picture in, its corner at (`left`, `top`). It must lie inside.
    func place(_ inner: PixelBuffer, left: Int, top: Int) {
        precondition(
            inner.channels == 3 && left >= 0 && top >= 0 && left + inner.width <= picture.width
                && top + inner.height <= picture.height, "the inner picture exceeds the canvas")
        for row in 0..<inner.height {
            let target = ((top + row) * picture.width + left) * 3
            _ = picture.pixels.extracting(target..<target + inner.rowBytes).update(
                fromContentsOf: inner.pixels.extracting(row * inner.rowBytes..<(row + 1) * inner.rowBytes))
        }
    }

    /// Visits the pixels whose centres lie in a box, clipped to the picture.
    @inline(__always)
    private func forEachPixel(
        from low: SIMD2<Float>, to high: SIMD2<Float>,
        _ visit: (_ place: SIMD2<Float>, _ pixel: UnsafeMutablePointer<UInt8>) -> Void
    ) {
        guard let base = picture.pixels.baseAddress, high.x > 0, high.y > 0,
            low.x < Float(picture.width), low.y < Float(picture.height)
        else { return }
        let left = max(0, Int(low.x.rounded(.down)))
        let right = min(picture.width, Int(min(high.x, Float(picture.width)).rounded(.up)))
        let top = max(0, Int(low.y.rounded(.down)))
        let bottom = min(picture.height, Int(min(high.y, Float(picture.height)).rounded(.up)))
        guard left < right, top < bottom else { return }
        for y in top..<bottom {
            var pixel = base + (y * picture.width + left) * 3
            for x in left..<right {
                visit(SIMD2(Float(x) + 0.5, Float(y) + 0.5), pixel)
                pixel += 3
            }
        }
    }

    @inline(__always)
    private static func blend(_ pixel: UnsafeMutablePointer<UInt8>, _ colour: SIMD3<Float>, _ opacity: Float) {
        let old = SIMD3(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]))
        let mixed = Colour.mix(old, colour, opacity).clamped(
            lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 255))
        pixel[0] = UInt8(mixed.x + 0.5)
        pixel[1] = UInt8(mixed.y + 0.5)
        pixel[2] = UInt8(mixed.z + 0.5)
    }
}
