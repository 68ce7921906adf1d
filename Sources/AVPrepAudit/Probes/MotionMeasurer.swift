import AVPrepClips
import AVPrepModel
import AVPrepStore
import Foundation

/// How the camera moves through a clip, by what is stored: by flow where it is stored forward and backward, since that is
/// what a network is shown either way; else by the columns of /motion.
final class MotionMeasurer {
    /// Pictures of flow looked at in a clip.
    private static let mostPictures = 16
    /// Blocks of flow along the shorter side, about.
    private static let shortSide = 12

    private let decoder: ClipDecoder

    init(decoder: ClipDecoder) { self.decoder = decoder }

    /// - Returns: the motion of the clip as it is, and of the clip played backwards; both empty where neither is stored, or the
    ///   clip is too short.
    func measure(_ clip: PictureClip) throws -> ([GlobalMotion], [GlobalMotion]) {
        if let forward = clip.shard.flow(.forward, of: clip), let backward = clip.shard.flow(.backward, of: clip) {
            return (
                try Self.spread(forward.pictures).map { try measure(forward, $0) },
                try Self.spread(backward.pictures).reversed().map { try measure(backward, $0) }
            )
        }
        // Where too little was found to tell the camera, what was found is things that move and lights that spread.
        guard clip.count > 1, !clip.segment.flags.contains(.motionUnreliable) else { return ([], []) }
        // A row tells the movement since the estimated frame before it: the first row's lies before the clip.
        let rows = try clip.motion().dropFirst()
        let side = Float(min(clip.width, clip.height))
        let motion = rows.filter { $0.isKnown || $0.pan != 0 || $0.tilt != 0 }.map { row in
            // What is seen moves against the camera.
            GlobalMotion(
                pan: -row.pan / side, tilt: -row.tilt / side, zoom: row.zoom, roll: -row.roll * .pi / 180, agreement: 1)
        }
        let backward = motion.reversed().map {
            GlobalMotion(pan: -$0.pan, tilt: -$0.tilt, zoom: -$0.zoom, roll: -$0.roll, agreement: 1)
        }
        return (motion, backward)
    }

    private static func spread(_ rows: Range<Int>) -> [Int] {
        guard rows.count > mostPictures else { return Array(rows) }
        return (0..<mostPictures).map { rows.lowerBound + (2 * $0 + 1) * rows.count / (2 * mostPictures) }
    }

    // MARK: - Flow

    /// A displacement of the picture, in pixels, at a place measured from its middle.
    private struct Vector {
        let x: Float
        let y: Float
        let u: Float
        let v: Float
    }

    private func measure(_ clip: FlowClip, _ picture: Int) throws -> GlobalMotion {
        let vectors = try decoder.withFlow(of: picture, in: clip, shortSide: Self.shortSide, Self.vectors)
        return Self.similarity(
            vectors, side: Float(min(clip.width, clip.height)), perSecond: Float(clip.stepsPerSecond))
    }

    private static func vectors(_ field: FlowField) -> [Vector] {
        let (width, height) = (field.width, field.height)
        let step = max(1, min(width, height) / shortSide)
        return stride(from: step / 2, to: height, by: step).flatMap { row in
            stride(from: step / 2, to: width, by: step).map { column in
                let displacement = field[column, row]
                return Vector(
                    x: (Float(column) + 0.5 - Float(width) / 2) * field.pixelsPerSample,
                    y: (Float(row) + 0.5 - Float(height) / 2) * field.pixelsPerSample,
                    u: displacement.x, v: displacement.y)
            }
        }
    }

    /// The similarity that most vectors follow, by least squares with Tukey's weights around the median.
    private static func similarity(_ vectors: [Vector], side: Float, perSecond: Float) -> GlobalMotion {
        guard vectors.count > 3 else { return GlobalMotion(pan: 0, tilt: 0, zoom: 0, roll: 0, agreement: 0) }
        var shift = SIMD2(median(vectors.map(\.u)), median(vectors.map(\.v)))
        var growth: Float = 0
        var turn: Float = 0
        var agreement: Float = 0
        for _ in 0..<6 {
            let errors = vectors.map { vector in
                let u = vector.u - shift.x - growth * vector.x + turn * vector.y
                let v = vector.v - shift.y - growth * vector.y - turn * vector.x
                return (u * u + v * v).squareRoot()
            }
            let limit = max(4.7 * 1.5 * median(errors), 0.002 * side)
            let weights = errors.map { error -> Float in
                let share = error / limit
                return share < 1 ? (1 - share * share) * (1 - share * share) : 0
            }
            agreement = weights.reduce(0, +) / Float(weights.count)
            // Around the weighted middle the four numbers do not depend on each other.
            var (total, mx, my, mu, mv) = (Float(1e-6), Float(0), Float(0), Float(0), Float(0))
            for (vector, weight) in zip(vectors, weights) {
                total += weight
                mx += weight * vector.x
                my += weight * vector.y
                mu += weight * vector.u
                mv += weight * vector.v
            }
            (mx, my, mu, mv) = (mx / total, my / total, mu / total, mv / total)
            var (square, along, across) = (Float(1e-3), Float(0), Float(0))
            for (vector, weight) in zip(vectors, weights) {
                let (x, y, u, v) = (vector.x - mx, vector.y - my, vector.u - mu, vector.v - mv)
                square += weight * (x * x + y * y)
                along += weight * (x * u + y * v)
                across += weight * (x * v - y * u)
            }
            (growth, turn) = (along / square, across / square)
            shift = SIMD2(mu - growth * mx + turn * my, mv - growth * my - turn * mx)
        }
        return GlobalMotion(
            pan: shift.x / side * perSecond, tilt: shift.y / side * perSecond,
            zoom: log(max(0.1, 1 + growth)) * perSecond, roll: turn * perSecond, agreement: agreement)
    }

    private static func median(_ values: [Float]) -> Float {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
