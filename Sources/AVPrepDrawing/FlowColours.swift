package import AVPrepModel
import Foundation

/// The usual colour code of optical flow: hue is direction, saturation is speed (Baker, Scharstein, Lewis, Roth, Black,
/// Szeliski, "A Database and Evaluation Methodology for Optical Flow", IJCV 92, 2011; vision.middlebury.edu/flow).
package enum FlowColours {
    /// Steps of the wheel from red to yellow, yellow to green, green to cyan, cyan to blue, blue to magenta and magenta
    /// to red: unequal, because hues are not equally distinguishable.
    private static let steps = [15, 6, 4, 11, 13, 6]

    /// The colours of the wheel's rim, each channel 0...1.
    private static let wheel: [SIMD3<Double>] = {
        let corners: [SIMD3<Double>] = [
            [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0],
        ]
        return steps.enumerated().flatMap { part, count in
            (0..<count).map { step in
                // The code's channels are integers of 255: ⌊255 · step / count⌋.
                let share = (255 * Double(step) / Double(count)).rounded(.down) / 255
                return corners[part] + (corners[part + 1] - corners[part]) * share
            }
        }
    }()

    /// The colour of one displacement, in units of the wheel's radius: white at rest, full colour at length 1, darker
    /// beyond; black where it is unknown (NaN, infinite).
    ///
    /// - Parameters:
    ///   - x: to the right.
    ///   - y: down.
    package static func colour(x: Double, y: Double) -> Colour {
        guard x.isFinite, y.isFinite else { return Colour(0) }
        let place = (atan2(-y, -x) / .pi + 1) / 2 * Double(wheel.count - 1)
        let index = min(wheel.count - 1, Int(place))
        let rim = wheel[index] + (wheel[(index + 1) % wheel.count] - wheel[index]) * (place - Double(index))
        let length = (x * x + y * y).squareRoot()
        let colour = length <= 1 ? SIMD3(repeating: 1) - length * (SIMD3(repeating: 1) - rim) : rim * 0.75
        func level(_ value: Double) -> UInt8 { UInt8((255 * value).rounded(.down)) }
        return Colour(red: level(colour.x), green: level(colour.y), blue: level(colour.z))
    }

    /// A picture of a flow field.
    ///
    /// - Parameters:
    ///   - vectors: `[y, x, (dx, dy)]`, in pixels.
    ///   - width: pixels per row; `vectors` holds whole rows.
    ///   - radius: the displacement, in pixels, of full colour; > 0.
    package static func picture(_ vectors: UnsafeBufferPointer<Float>, width: Int, radius: Double) -> PixelBuffer {
        precondition(width > 0 && vectors.count % (2 * width) == 0 && !vectors.isEmpty && radius > 0)
        let picture = PixelBuffer(width: width, height: vectors.count / (2 * width), channels: 3)
        for index in 0..<vectors.count / 2 {
            let colour = colour(
                x: Double(vectors[2 * index]) / radius, y: Double(vectors[2 * index + 1]) / radius)
            picture.pixels[3 * index] = colour.red
            picture.pixels[3 * index + 1] = colour.green
            picture.pixels[3 * index + 2] = colour.blue
        }
        return picture
    }
}

extension Canvas {
    /// Draws the colour wheel as a legend: a disc as large as the box allows.
    package func flowWheel(in box: Box) {
        let radius = Double(min(box.width, box.height)) / 2
        let centre = Point(Double(box.x) + Double(box.width - 1) / 2, Double(box.y) + Double(box.height - 1) / 2)
        guard let area = box.intersection(bounds) else { return }
        for y in area.y..<area.endY {
            for x in area.x..<area.endX {
                let place = Point(Double(x), Double(y)) - centre
                let length = (place * place).sum().squareRoot()
                let cover = min(1, radius - length)
                guard cover > 0 else { continue }
                let inside = place / max(radius, length)
                blend(x, y, FlowColours.colour(x: inside.x, y: inside.y), cover)
            }
        }
    }
}
