import AVPrepCore
import AVPrepModel

/// The background that video editors put behind a portrait film in a wide frame: the film itself, blurred and enlarged
/// to cover the frame.
struct BlurredFiller {
    /// Standard deviation of the blur, as a fraction of the frame's height.
    private let blur: Double
    /// Most editors dim it.
    private let gain: Double
    /// Whether the copy keeps the film's aspect ratio and is cropped; else it is stretched.
    private let keepsAspect: Bool
    /// Factor by which it is larger than necessary.
    private let zoom: Double

    init(_ random: inout SeededRandom) {
        blur = random.uniform(0.02...0.06)
        gain = random.unit() < 0.5 ? 1 : random.uniform(0.5...1)
        keepsAspect = random.unit() < 0.7
        zoom = random.unit() < 0.5 ? 1 : random.uniform(1...1.4)
    }

    /// Rows of the small picture that is blurred.
    private static let lines = 48

    /// - Parameter shape: width and height of the film in the frame.
    func paint(_ picture: PixelBuffer, on target: PixelBuffer, shape: (width: Int, height: Int)) {
        let (cover, scale) = (Double(Self.lines) / Double(target.height), Double(target.width) / Double(target.height))
        let small = PixelBuffer(width: max(8, Int(scale * Double(Self.lines))), height: Self.lines, channels: 3)
        // The visible part of the film, centred, as a fraction of its width and of its height.
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
        // Three box filters approximate a Gaussian: their variances add up.
        let deviation = max(0.8, blur * Double(target.height) * cover)
        let reach = max(1, Int(((4 * deviation * deviation + 1).squareRoot() / 2).rounded()))
        for _ in 0..<3 { Self.box(small, reach) }
        for index in small.pixels.indices { small.pixels[index] = UInt8(gain * Double(small.pixels[index])) }
        small.stretch(into: target)
    }

    /// The mean of each pixel's neighbourhood, with border pixels repeated.
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
