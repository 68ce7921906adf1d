import AVPrepCore
package import AVPrepModel
import Foundation

/// A short film of a real or painted picture along a known camera path, with objects that move in front of it: the
/// ground truth for camera motion.
///
/// The background is one plane seen by a camera that shifts or turns, zooms, rolls and shakes, so every frame is an
/// exact homography of every other. The foreground has its own paths and textures.
package struct CameraCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A camera on a tripod.
        case still
        /// Slow motion below every threshold, but not a tripod.
        case drift
        case pan
        case tilt
        case zoom
        case roll
        /// A shaking hand-held camera.
        case shake
        /// Two or three motions at once.
        case mixed
        /// A pan of more than 40 pixels from each frame to the next.
        case whip
        /// Objects that move in front of a plain wall: the camera's motion cannot be determined.
        case plain
        /// Noise without a picture: nothing can be determined.
        case blank

        /// Whether the pictures do not determine the camera's motion.
        package var isBlind: Bool { self == .plain || self == .blank }
    }

    package let kind: Kind
    package let number: Int
    /// Luma, all of one shape.
    package let frames: [PixelBuffer]
    /// For every frame, the nine numbers (row-major) that map its pixels to the plane.
    package let views: [[Double]]
    /// The correct flags of the path at the default thresholds, which it stays clear of.
    package let flags: SegmentFlags
    /// Fraction of the picture covered by the foreground, averaged over the frames.
    package let foreground: Double

    /// Frames per second of every case.
    package static let fps = 25.0

    /// Renders a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed.
    ///   - scenes: the first frame of one of them is the background, those of others the foreground.
    package init(
        _ kind: Kind, number: Int, scenes: [CaseScene], width: Int = 456, height: Int = 256, frames count: Int = 41
    ) {
        var random = SeededRandom(seed: UInt64(number), for: "camera-\(kind.rawValue)")
        self.kind = kind
        self.number = number
        var backdrop = Self.picture(of: scenes, &random)
        // Moving objects in front of a plain wall do not determine the camera's motion.
        for _ in 0..<60 where Self.texturedShare(of: backdrop) < 0.6 { backdrop = Self.picture(of: scenes, &random) }
        if kind == .plain { backdrop = Self.wall(width: width, height: height, &random) }
        let background = SplineTexture(backdrop, width: width, height: height)
        let path = CameraPath(kind, width: Double(width), frames: count, &random)
        flags = path.flags
        views = (0..<count).map { path.view(at: $0, width: width, height: height) }
        let wanted = kind == .blank ? 0 : random.uniform((kind == .plain ? 0.05 : 0)...0.4)
        let things = ForegroundObject.several(wanted, scenes, width: width, height: height, &random) {
            Self.picture(of: scenes, &$0)
        }
        let noise = random.uniform(0.5...2)
        var covered = 0.0
        var films: [PixelBuffer] = []
        for (index, view) in views.enumerated() {
            let frame = PixelBuffer(width: width, height: height, channels: 1)
            let places = things.map { $0.place(at: Double(index) / Self.fps) }
            for y in 0..<height {
                for x in 0..<width {
                    var level = 128.0
                    if kind != .blank {
                        var cover = 0.0
                        let thing = places.firstIndex {
                            cover = $0.cover(Double(x), Double(y))
                            return cover > 0
                        }
                        if cover < 1 {
                            let point = Self.image(Double(x), Double(y), view)
                            level = background.level(point.x, point.y)
                        }
                        if let thing {
                            level += cover * (places[thing].level(Double(x), Double(y)) - level)
                            covered += cover
                        }
                    }
                    level += noise * random.quickNormal()
                    frame.pixels[y * width + x] = UInt8(max(0, min(255, level + 0.5)))
                }
            }
            films.append(frame)
        }
        frames = films
        foreground = covered / Double(width * height * count)
    }

    /// The image of a point under the map of nine numbers.
    private static func image(_ x: Double, _ y: Double, _ view: [Double]) -> SIMD2<Double> {
        let across: Double = view[0] * x + view[1] * y + view[2]
        let down: Double = view[3] * x + view[4] * y + view[5]
        let weight: Double = view[6] * x + view[7] * y + view[8]
        return SIMD2(across, down) / weight
    }

    /// Fraction of the 12 × 8 parts of a picture in which levels deviate by more than three times the greatest noise.
    private static func texturedShare(of picture: PixelBuffer) -> Double {
        let (columns, rows) = (12, 8)
        let (width, height) = (picture.width / columns, picture.height / rows)
        var textured = 0
        for part in 0..<columns * rows {
            var (sum, squares) = (0.0, 0.0)
            for y in part / columns * height..<(part / columns + 1) * height {
                for x in part % columns * width..<(part % columns + 1) * width {
                    let level = Double(picture.pixels[y * picture.rowBytes + 3 * x + 1])
                    sum += level
                    squares += level * level
                }
            }
            let count = Double(max(1, width * height))
            if squares / count - sum * sum / (count * count) > 36 { textured += 1 }
        }
        return Double(textured) / Double(columns * rows)
    }

    /// A blank wall, lit from one side.
    private static func wall(width: Int, height: Int, _ random: inout SeededRandom) -> PixelBuffer {
        let level = random.uniform(70...190)
        let (right, down) = (random.uniform(-25...25), random.uniform(-25...25))
        let wall = PixelBuffer(width: width, height: height, channels: 3)
        for y in 0..<height {
            for x in 0..<width {
                let light = right * Double(x) / Double(width) + down * Double(y) / Double(height)
                for channel in 0..<3 { wall.pixels[y * wall.rowBytes + 3 * x + channel] = UInt8(level + light) }
            }
        }
        return wall
    }

    private static func picture(of scenes: [CaseScene], _ random: inout SeededRandom) -> PixelBuffer {
        scenes[random.below(scenes.count)].frame(random.below(40))
    }
}

extension SeededRandom {
    /// Approximately normal, mean 0 and standard deviation 1: the sum of the eight bytes of a random number.
    fileprivate mutating func quickNormal() -> Double {
        let bits = next()
        let sum = (0..<8).reduce(0) { $0 + Int(bits >> UInt64(8 * $1) & 0xFF) }
        return (Double(sum) - 1020) / 209
    }
}
