import AVPrepCore
import AVPrepModel
import Foundation

/// The orientation of the camera over time.
struct CameraPath {
    private(set) var flags: SegmentFlags = []
    /// Velocities: picture widths, logarithm of scale and degrees per second.
    private var right = 0.0
    private var down = 0.0
    private var closer = 0.0
    private var clockwise = 0.0
    /// Sums of three sine waves each for the shift right and down, in picture widths, and the roll, in degrees.
    private var shakes: [[(amplitude: Double, frequency: Double, phase: Double)]] = [[], [], []]
    /// Focal length in picture widths; nil where the camera shifts instead of turning.
    private let focal: Double?
    private let middle: Double

    /// Velocities are at least 1.5 times the default threshold for a flagged motion, and at most 0.4 times it
    /// otherwise.
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
                shakes[part] = (0..<3).map { _ in
                    (random.uniform(0.002...0.005), random.uniform(2...6), random.uniform(0...(2 * .pi)))
                }
            }
            shakes[2] = (0..<3).map { _ in
                (random.uniform(0.02...0.15), random.uniform(2...6), random.uniform(0...(2 * .pi)))
            }
            flags.insert(.shake)
        }
        if kind == .still { flags.insert(.staticCamera) }
        if kind.isBlind { flags.insert(.motionUnreliable) }
        func number(_ random: inout SeededRandom) -> Int { random.below(2) }
    }

    /// The nine numbers that map a frame's pixels to the plane.
    func view(at index: Int, width: Int, height: Int) -> [Double] {
        let seconds = (Double(index) - middle) / CameraCase.fps
        func shake(_ part: Int) -> Double {
            shakes[part].reduce(0) { $0 + $1.amplitude * sin(2 * .pi * $1.frequency * seconds + $1.phase) }
        }
        let size = Double(width)
        let (cx, cy) = (Double(width - 1) / 2, Double(height - 1) / 2)
        let (dx, dy) = ((right * seconds + shake(0)) * size, (down * seconds + shake(1)) * size)
        let angle = (clockwise * seconds + shake(2)) * .pi / 180
        let shrink = exp(-closer * seconds)
        // Rotation about the optical axis and zoom, about the picture's centre.
        let (c, s) = (cos(angle) * shrink, sin(angle) * shrink)
        let spin = [c, -s, -c * cx + s * cy, s, c, -s * cx - c * cy, 0, 0, 1]
        guard let focal else { return Self.product([1, 0, cx + dx, 0, 1, cy + dy, 0, 0, 1], spin) }
        // K R K⁻¹ without the principal point: yaw, then pitch.
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
