package import AVPrepCore
import Foundation

/// A short film of a real or painted picture along a known camera path, with things that move in front of it: the truth
/// that camera motion is measured by.
///
/// The background is one plane seen by a camera that shifts or turns, zooms, rolls and trembles, so every frame is an
/// exact homography of every other. The foreground has paths and textures of its own.
package struct CameraCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A camera on a tripod.
        case still
        /// Slow motion below every threshold, yet no tripod.
        case drift
        case pan
        case tilt
        case zoom
        case roll
        /// A hand that trembles.
        case shake
        /// Two or three motions at once.
        case mixed
        /// A pan of more than 40 pixels from each frame to the next.
        case whip
        /// Things that move before a plain wall: whether the camera moves cannot be told.
        case plain
        /// Noise without a picture: nothing can be told.
        case blank

        /// Whether the picture says nothing about the camera.
        package var isBlind: Bool { self == .plain || self == .blank }
    }

    package let kind: Kind
    package let number: Int
    /// Luma, all of one shape.
    package let frames: [Image8]
    /// For every frame, the nine numbers (row-major) that take its pixels to the plane.
    package let views: [[Double]]
    /// The flags that the path deserves under the default thresholds, which it keeps away from.
    package let flags: SegmentFlags
    /// Share of the picture that the foreground covers, mean over the frames.
    package let foreground: Double

    /// Frames a second of every case.
    package static let fps = 25.0

    /// Films a case.
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
        // A plain wall behind things that move tells nobody how the camera moves.
        for _ in 0..<60 where Self.texturedShare(of: backdrop) < 0.6 { backdrop = Self.picture(of: scenes, &random) }
        if kind == .plain { backdrop = Self.wall(width: width, height: height, &random) }
        let background = PlaneTexture(backdrop, width: width, height: height)
        let path = CameraPath(kind, width: Double(width), frames: count, &random)
        flags = path.flags
        views = (0..<count).map { path.view(at: $0, width: width, height: height) }
        let wanted = kind == .blank ? 0 : random.uniform((kind == .plain ? 0.05 : 0)...0.4)
        let things = ForegroundThing.several(wanted, scenes, width: width, height: height, &random) {
            Self.picture(of: scenes, &$0)
        }
        let noise = random.uniform(0.5...2)
        var covered = 0.0
        var films: [Image8] = []
        for (index, view) in views.enumerated() {
            let frame = Image8(width: width, height: height, channels: 1)
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

    /// Where nine numbers take a point.
    private static func image(_ x: Double, _ y: Double, _ view: [Double]) -> SIMD2<Double> {
        let across: Double = view[0] * x + view[1] * y + view[2]
        let down: Double = view[3] * x + view[4] * y + view[5]
        let weight: Double = view[6] * x + view[7] * y + view[8]
        return SIMD2(across, down) / weight
    }

    /// Share of the 12 × 8 parts of a picture in which levels deviate by more than three times the greatest noise.
    private static func texturedShare(of picture: Image8) -> Double {
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

    /// A wall with nothing on it, lit from one side.
    private static func wall(width: Int, height: Int, _ random: inout SeededRandom) -> Image8 {
        let level = random.uniform(70...190)
        let (right, down) = (random.uniform(-25...25), random.uniform(-25...25))
        let wall = Image8(width: width, height: height, channels: 3)
        for y in 0..<height {
            for x in 0..<width {
                let light = right * Double(x) / Double(width) + down * Double(y) / Double(height)
                for channel in 0..<3 { wall.pixels[y * wall.rowBytes + 3 * x + channel] = UInt8(level + light) }
            }
        }
        return wall
    }

    private static func picture(of scenes: [CaseScene], _ random: inout SeededRandom) -> Image8 {
        scenes[random.below(scenes.count)].frame(random.below(40))
    }
}

/// Where the camera looks at each moment.
private struct CameraPath {
    private(set) var flags: SegmentFlags = []
    /// Velocities: picture widths, logarithm of scale and degrees a second.
    private var right = 0.0
    private var down = 0.0
    private var closer = 0.0
    private var clockwise = 0.0
    /// Sums of three waves each for the shift right and down, in picture widths, and the roll, in degrees.
    private var trembles: [[(amplitude: Double, frequency: Double, phase: Double)]] = [[], [], []]
    /// In picture widths; nil where the camera shifts instead of turning.
    private let focal: Double?
    private let middle: Double

    /// Velocities are at least 1.5 times the default threshold where they deserve a flag, and at most 0.4 times elsewhere.
    init(_ kind: CameraCase.Kind, width: Double, frames: Int, _ random: inout SeededRandom) {
        middle = Double(frames / 2)
        func signed(_ range: ClosedRange<Double>) -> Double {
            random.uniform(range) * (random.unit() < 0.5 ? -1 : 1)
        }
        var parts: Set<CameraCase.Kind> = [kind]
        if kind == .mixed {
            let all: [CameraCase.Kind] = [.pan, .tilt, .zoom, .roll, .shake]
            parts = []
            while parts.count < 2 + number(&random) { parts.insert(all[random.below(all.count)]) }
        }
        focal = random.unit() < 0.5 && kind != .whip ? random.uniform(0.9...1.6) : nil
        if parts.contains(.drift) {
            right = signed(0.012...0.02)
            down = signed(0.003...0.012)
            closer = signed(0...0.01)
        }
        if parts.contains(.pan) {
            right = signed(0.08...0.45)
            flags.insert(.pan)
        }
        if parts.contains(.whip) {
            right = signed(42...75) / width * CameraCase.fps
            flags.insert(.pan)
        }
        if parts.contains(.tilt) {
            down = signed(0.08...0.3)
            flags.insert(.tilt)
        }
        if parts.contains(.zoom) {
            closer = signed(0.08...0.4)
            flags.insert(.zoom)
        }
        if parts.contains(.roll) {
            clockwise = signed(4.5...20)
            flags.insert(.roll)
        }
        if parts.contains(.shake) {
            for part in 0..<2 {
                trembles[part] = (0..<3).map { _ in
                    (random.uniform(0.002...0.005), random.uniform(2...6), random.uniform(0...(2 * .pi)))
                }
            }
            trembles[2] = (0..<3).map { _ in
                (random.uniform(0.02...0.15), random.uniform(2...6), random.uniform(0...(2 * .pi)))
            }
            flags.insert(.shake)
        }
        if kind == .still { flags.insert(.staticCamera) }
        if kind.isBlind { flags.insert(.motionUnreliable) }
        func number(_ random: inout SeededRandom) -> Int { random.below(2) }
    }

    /// The nine numbers that take a frame's pixels to the plane.
    func view(at index: Int, width: Int, height: Int) -> [Double] {
        let seconds = (Double(index) - middle) / CameraCase.fps
        func tremble(_ part: Int) -> Double {
            trembles[part].reduce(0) { $0 + $1.amplitude * sin(2 * .pi * $1.frequency * seconds + $1.phase) }
        }
        let size = Double(width)
        let (cx, cy) = (Double(width - 1) / 2, Double(height - 1) / 2)
        let (dx, dy) = ((right * seconds + tremble(0)) * size, (down * seconds + tremble(1)) * size)
        let angle = (clockwise * seconds + tremble(2)) * .pi / 180
        let shrink = exp(-closer * seconds)
        // A turn about the axis of view and the zoom, from the middle of the picture.
        let (c, s) = (cos(angle) * shrink, sin(angle) * shrink)
        let spin = [c, -s, -c * cx + s * cy, s, c, -s * cx - c * cy, 0, 0, 1]
        guard let focal else { return Self.product([1, 0, cx + dx, 0, 1, cy + dy, 0, 0, 1], spin) }
        // K R K⁻¹ without the middle: yaw, then pitch.
        let f = focal * size
        let (yaw, pitch) = (dx / f, dy / f)
        let yawed = [cos(yaw), 0, f * sin(yaw), 0, 1, 0, -sin(yaw) / f, 0, cos(yaw)]
        let pitched = [1, 0, 0, 0, cos(pitch), f * sin(pitch), 0, -sin(pitch) / f, cos(pitch)]
        return Self.product([1, 0, cx, 0, 1, cy, 0, 0, 1], Self.product(yawed, Self.product(pitched, spin)))
    }

    private static func product(_ a: [Double], _ b: [Double]) -> [Double] {
        var result = Array(repeating: 0.0, count: 9)
        for row in 0..<3 {
            for column in 0..<3 {
                for part in 0..<3 { result[3 * row + column] += a[3 * row + part] * b[3 * part + column] }
            }
        }
        return result
    }
}

/// A thing that crosses the picture on a path of its own.
private struct ForegroundThing {
    private let texture: PlaneTexture
    private let radius: (x: Double, y: Double)
    /// 2 is an ellipse; the larger, the more of a rectangle.
    private let exponent: Double
    private let start: (x: Double, y: Double)
    private let velocity: (x: Double, y: Double)
    private let picture: (width: Double, height: Double)

    /// Things that together cover about `share` of the picture.
    static func several(
        _ share: Double, _ scenes: [CaseScene], width: Int, height: Int, _ random: inout SeededRandom,
        picture: (inout SeededRandom) -> Image8
    ) -> [ForegroundThing] {
        let count = 1 + random.below(3)
        guard share > 0.01 else { return [] }
        return (0..<count).map { _ in
            let texture = PlaneTexture(picture(&random), width: width, height: height)
            let exponent = random.uniform(2...6)
            let area = 1.15 * share / Double(count) * Double(width * height)
            // Between an ellipse, π/4 of its box, and the box.
            let box = area / (.pi / 4 + (1 - .pi / 4) * min(1, (exponent - 2) / 4))
            let slimness = random.uniform(0.6...1.6)
            let y = min(0.5 * Double(height), (box / 4 / slimness).squareRoot())
            let x = min(0.5 * Double(width), box / 4 / y)
            return ForegroundThing(
                texture: texture, radius: (x, y), exponent: exponent,
                start: (random.uniform(0...Double(width)), random.uniform(0...Double(height))),
                velocity: (
                    random.uniform(-0.4...0.4) * Double(width), random.uniform(-0.2...0.2) * Double(width)
                ), picture: (Double(width), Double(height)))
        }
    }

    /// The thing at one moment.
    struct Place {
        fileprivate let thing: ForegroundThing
        fileprivate let x: Double
        fileprivate let y: Double

        /// 0 outside, 1 inside, between over about two pixels.
        func cover(_ px: Double, _ py: Double) -> Double {
            let (u, v) = (abs(px - x) / thing.radius.x, abs(py - y) / thing.radius.y)
            guard u < 1.1, v < 1.1 else { return 0 }
            let distance = pow(pow(u, thing.exponent) + pow(v, thing.exponent), 1 / thing.exponent)
            return max(0, min(1, (1 - distance) * min(thing.radius.x, thing.radius.y) / 2 + 0.5))
        }

        func level(_ px: Double, _ py: Double) -> Double { thing.texture.level(px - x, py - y) }
    }

    /// Where it is: it turns back where half of it would leave the picture.
    func place(at seconds: Double) -> Place {
        func bounced(_ position: Double, _ radius: Double, _ limit: Double) -> Double {
            let (low, high) = (
                min(radius, limit / 2) * 0.7, max(limit - radius, limit / 2) + 0.3 * min(radius, limit / 2)
            )
            let length = max(1, high - low)
            let turn = (position - low).truncatingRemainder(dividingBy: 2 * length)
            let inside = turn < 0 ? turn + 2 * length : turn
            return low + (inside < length ? inside : 2 * length - inside)
        }
        return Place(
            thing: self, x: bounced(start.x + velocity.x * seconds, radius.x, picture.width),
            y: bounced(start.y + velocity.y * seconds, radius.y, picture.height))
    }
}

extension SeededRandom {
    /// About normal, mean 0 and deviation 1: the sum of the eight bytes of a random number.
    fileprivate mutating func quickNormal() -> Double {
        let bits = next()
        let sum = (0..<8).reduce(0) { $0 + Int(bits >> UInt64(8 * $1) & 0xFF) }
        return (Double(sum) - 1020) / 209
    }
}
