package import AVPrepModel

/// An RGB picture to draw on. Drawing is clipped to its bounds.
///
/// Boxes are in integer pixels. Points of lines are in pixels too, with pixel centres at integers: a line one pixel
/// wide from (2, 5) to (9, 5) fills row 5 only.
package final class Canvas {
    package typealias Point = SIMD2<Double>

    package let picture: PixelBuffer

    /// A canvas of one colour; `width` and `height` in pixels, > 0.
    package init(width: Int, height: Int, ground: Colour = Palette.ground) {
        picture = PixelBuffer(width: width, height: height, channels: 3)
        fill(bounds, ground)
    }

    package var width: Int { picture.width }
    package var height: Int { picture.height }
    package var bounds: Box { Box(x: 0, y: 0, width: width, height: height) }

    /// Fills a box.
    ///
    /// - Parameter opacity: 0 is invisible, 1 opaque.
    package func fill(_ box: Box, _ colour: Colour, opacity: Double = 1) {
        guard let box = box.intersection(bounds) else { return }
        guard opacity >= 1 else {
            for y in box.y..<box.endY {
                for x in box.x..<box.endX { blend(x, y, colour, opacity) }
            }
            return
        }
        // One row pixel by pixel, the others as its copies.
        for x in box.x..<box.endX { blend(x, box.y, colour, 1) }
        guard let pixels = picture.pixels.baseAddress else { return }
        let first = pixels + (box.y * width + box.x) * 3
        for row in 1..<box.height { (first + row * width * 3).update(from: first, count: box.width * 3) }
    }

    /// Draws the edge of a box, inside of it.
    package func outline(_ box: Box, _ colour: Colour, thickness: Int = 1, opacity: Double = 1) {
        guard box.width > 2 * thickness, box.height > 2 * thickness else { return fill(box, colour, opacity: opacity) }
        let inner = box.height - 2 * thickness
        fill(Box(x: box.x, y: box.y, width: box.width, height: thickness), colour, opacity: opacity)
        fill(Box(x: box.x, y: box.endY - thickness, width: box.width, height: thickness), colour, opacity: opacity)
        for x in [box.x, box.endX - thickness] {
            fill(Box(x: x, y: box.y + thickness, width: thickness, height: inner), colour, opacity: opacity)
        }
    }

    /// Draws one anti-aliased line.
    package func line(from start: Point, to end: Point, _ colour: Colour, width: Double = 1, opacity: Double = 1) {
        stroke([[start, end]], colour, width: width, opacity: opacity)
    }

    /// Draws anti-aliased lines through points, all as one shape: crossings are not drawn twice.
    package func stroke(_ lines: [[Point]], _ colour: Colour, width: Double, opacity: Double = 1) {
        let points = lines.joined()
        let reach = width / 2 + 0.5
        guard let first = points.first, reach > 0 else { return }
        var low = first
        var high = first
        for point in points {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        guard let area = Self.pixels(from: low - reach, to: high + reach).intersection(bounds) else { return }
        var cover = [Double](repeating: 0, count: area.width * area.height)
        for line in lines {
            for index in line.indices.dropLast() {
                Self.cover(&cover, area, from: line[index], to: line[index + 1], reach: reach)
            }
        }
        for y in 0..<area.height {
            for x in 0..<area.width where cover[y * area.width + x] > 0 {
                blend(area.x + x, area.y + y, colour, cover[y * area.width + x] * opacity)
            }
        }
    }

    /// Coverage of each pixel by a line between two points, from the distance of its centre, accurate to a few per
    /// cent.
    private static func cover(_ cover: inout [Double], _ area: Box, from start: Point, to end: Point, reach: Double) {
        let along = end - start
        let length = (along * along).sum()
        let box = pixels(from: pointwiseMin(start, end) - reach, to: pointwiseMax(start, end) + reach)
        guard let box = box.intersection(area) else { return }
        for y in box.y..<box.endY {
            for x in box.x..<box.endX {
                let offset = Point(Double(x), Double(y)) - start
                let share = length > 0 ? min(1, max(0, (offset * along).sum() / length)) : 0
                let away = offset - along * share
                let value = min(1, reach - (away * away).sum().squareRoot())
                let index = (y - area.y) * area.width + x - area.x
                if value > cover[index] { cover[index] = value }
            }
        }
    }

    /// The pixels whose centres lie between two points. Points far outside any picture are clamped.
    private static func pixels(from low: Point, to high: Point) -> Box {
        let far = 1e6
        let low = low.clamped(lowerBound: Point(repeating: -far), upperBound: Point(repeating: far)).rounded(.up)
        let high = high.clamped(lowerBound: Point(repeating: -far), upperBound: Point(repeating: far)).rounded(.down)
        guard low.x <= high.x, low.y <= high.y else { return Box(x: 0, y: 0, width: 0, height: 0) }
        return Box(x: Int(low.x), y: Int(low.y), width: Int(high.x - low.x) + 1, height: Int(high.y - low.y) + 1)
    }

    /// Blends a colour into one pixel, which must lie inside.
    func blend(_ x: Int, _ y: Int, _ colour: Colour, _ opacity: Double) {
        let base = (y * width + x) * 3
        let old = self[x, y]
        let new = opacity >= 1 ? colour : old.mixed(with: colour, opacity)
        picture.pixels[base] = new.red
        picture.pixels[base + 1] = new.green
        picture.pixels[base + 2] = new.blue
    }

    /// The colour of a pixel, which must lie inside.
    package subscript(x: Int, y: Int) -> Colour {
        let base = (y * width + x) * 3
        return Colour(
            red: picture.pixels[base], green: picture.pixels[base + 1], blue: picture.pixels[base + 2])
    }
}
