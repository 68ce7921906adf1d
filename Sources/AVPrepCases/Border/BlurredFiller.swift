import AVPrepCore
import AVPrepModel

/// What video editors lay behind a portrait film in a broad frame: the film once more, out of focus, as large as it takes
/// to cover everything.
struct BlurredFiller {
    /// Deviation of the blur, as a share of the frame's height.
    private let blur: Double
    /// Most editors dim it.
    private let gain: Double
    /// Whether the copy keeps the film's aspect, and is cut off; else it is stretched.
    private let keepsAspect: Bool
    /// By how much it is larger than it has to be.
    private let zoom: Double

    init(_ random: inout SeededRandom) {
        blur = random.uniform(0.02...0.06)
        gain = random.unit() < 0.5 ? 1 : random.uniform(0.5...1)
        keepsAspect = random.unit() < 0.7
        zoom = random.unit() < 0.5 ? 1 : random.uniform(1...1.4)
    }

    /// Lines of the small picture that is blurred.
    private static let lines = 48

    /// - Parameter shape: width and height of the film in the frame.
    func paint(_ picture: PixelBuffer, on target: PixelBuffer, shape: (width: Int, height: Int)) {
        let (cover, scale) = (Double(Self.lines) / Double(target.height), Double(target.width) / Double(target.height))
        let small = PixelBuffer(width: max(8, Int(scale * Double(Self.lines))), height: Self.lines, channels: 3)
        // The part of the film that is seen, from its middle, as a share of its width and of its height.
        let enlarged = max(Double(target.width) / Double(shape.width), Double(target.height) / Double(shape.height))
        let across = keepsAspect ? Double(target.width) / (Double(shape.width) * enlarged) : 1
        let down = keepsAspect ? Double(target.height) / (Double(shape.height) * enlarged) : 1
        let (width, height) = (across / zoom * Double(picture.width), down / zoom * Double(picture.height))
        let (left, top) = ((Double(picture.width) - width) / 2, (Double(picture.height) - height) / 2)
        picture.resample(into: small) { x, y in
            (
                left + (Double(x) + 0.5) / Double(small.width) * width - 0.5,
                top + (Double(y) + 0.5) / Double(small.height) * height - 0.5
            )
        }
        // Three boxes are a bell: their variances add up.
        let deviation = max(0.8, blur * Double(target.height) * cover)
        let reach = max(1, Int(((4 * deviation * deviation + 1).squareRoot() / 2).rounded()))
        for _ in 0..<3 { Self.box(small, reach) }
        for index in small.pixels.indices { small.pixels[index] = UInt8(gain * Double(small.pixels[index])) }
        small.stretch(into: target)
    }

    /// The mean of each pixel's neighbourhood, repeated beyond the sides.
    private static func box(_ picture: PixelBuffer, _ reach: Int) {
        func pass(_ count: Int, _ lineCount: Int, _ pixel: (_ line: Int, _ place: Int) -> Int) {
            for line in 0..<lineCount {
                for channel in 0..<3 {
                    let row = (0..<count).map { Int(picture.pixels[3 * pixel(line, $0) + channel]) }
                    for place in 0..<count {
                        let sum = (place - reach...place + reach).reduce(0) { $0 + row[max(0, min(count - 1, $1))] }
                        picture.pixels[3 * pixel(line, place) + channel] = UInt8(sum / (2 * reach + 1))
                    }
                }
            }
        }
        pass(picture.width, picture.height) { $0 * picture.width + $1 }
        pass(picture.height, picture.width) { $1 * picture.width + $0 }
    }
}
