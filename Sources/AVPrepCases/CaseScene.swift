import AVPrepCore
import AVPrepMedia
package import AVPrepModel

/// A sequence of moving pictures used to build benchmark and test cases: painted, or from a real clip.
package struct CaseScene: Sendable {
    package let name: String
    /// RGB, all of one shape, at a constant rate.
    package let frames: [PixelBuffer]

    /// The frame at `index`, playing back and forth where the scene is shorter.
    package func frame(_ index: Int) -> PixelBuffer {
        let turn = max(1, 2 * frames.count - 2)
        let position = index % turn
        return frames[position < frames.count ? position : turn - position]
    }
}

extension CaseScene {
    /// Paints a scene: a textured background with plain shapes that the camera pans across, and moving objects.
    ///
    /// - Parameters:
    ///   - speed: of the camera, in pixels per frame at most.
    package static func painted(
        _ name: String, width: Int, height: Int, frames count: Int, speed: Double = 1.5, seed: UInt64
    ) -> CaseScene {
        var random = SeededRandom(seed: seed, for: name)
        let reach = speed * Double(count) + 2
        let ground = Ground(width: width + Int(2 * reach), height: height + Int(2 * reach), &random)
        let (right, down) = (random.uniform(-speed...speed), random.uniform(-speed...speed) / 2)
        let things = (0..<3 + random.below(3)).map { _ in Thing(width: width, height: height, &random) }
        let frames = (0..<count).map { index in
            let picture = PixelBuffer(width: width, height: height, channels: 3)
            let time = Double(index)
            ground.picture.resample(into: picture) { x, y in
                (Double(x) + reach + right * time, Double(y) + reach + down * time)
            }
            for thing in things { thing.paint(on: picture, time: time) }
            return picture
        }
        return CaseScene(name: name, frames: frames)
    }

    /// The frames of `[start, end)` seconds of a video, at a constant rate and with the given short side. A black
    /// border is cropped, together with a twentieth of each side.
    package static func real(_ path: String, shortSide: Int, fps: Double, from start: Double, to end: Double) throws
        -> CaseScene
    {
        try real(path, shortSide: shortSide, fps: fps, stretches: [(start, end)])[0]
    }

    /// Several parts of one video, in one decoding pass: one scene each, empty past the end of the video.
    package static func real(
        _ path: String, shortSide: Int, fps: Double, stretches: [(start: Double, end: Double)]
    ) throws -> [CaseScene] {
        let media = try MediaFile(path: path)
        let video = media.info.video
        let (width, height) = (video?.displayWidth ?? 0, video?.displayHeight ?? 0)
        let crop = CropMargins(top: height / 20, bottom: height / 20, left: width / 20, right: width / 20)
        let keeper = FrameKeeper(
            stretches.map { stretch in
                let first = Int((stretch.start * fps).rounded(.up))
                return first..<max(first, Int((stretch.end * fps).rounded(.down)))
            })
        do {
            _ = try media.decode(DecodeRequest(fps: fps, crop: crop, shortSide: shortSide, audio: []), to: keeper)
        } catch is FrameKeeper.Enough {}
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return keeper.frames.map { CaseScene(name: name, frames: $0) }
    }
}

/// Keeps the frames of some ranges of a decode pass, and stops the pass after the last.
private final class FrameKeeper: DecodeConsumer {
    struct Enough: Error {}
    private let ranges: [Range<Int>]
    private let end: Int
    /// By range.
    private(set) var frames: [[PixelBuffer]]

    init(_ ranges: [Range<Int>]) {
        self.ranges = ranges
        end = ranges.map(\.upperBound).max() ?? 0
        frames = ranges.map { _ in [] }
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        guard index < end else { throw Enough() }
        for (number, range) in ranges.enumerated() where range.contains(index) {
            frames[number].append(picture.copied())
        }
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
}

/// The background: noise of several octaves, and plain shapes with hard edges.
private struct Ground {
    let picture: PixelBuffer

    init(width: Int, height: Int, _ random: inout SeededRandom) {
        picture = PixelBuffer(width: width, height: height, channels: 3)
        let base = (0..<3).map { _ in random.uniform(60...170) }
        var octaves: [(cell: Double, strength: Double, seed: UInt64)] = []
        var strength = random.uniform(25...55)
        for cell in [64.0, 28, 12, 5, 2.5] {
            octaves.append((cell, strength, random.next()))
            strength *= random.uniform(0.5...0.8)
        }
        let tints = octaves.map { _ in (0..<3).map { _ in random.uniform(0.6...1.2) } }
        for y in 0..<height {
            for x in 0..<width {
                var levels = (base[0], base[1], base[2])
                for (octave, tint) in zip(octaves, tints) {
                    let value =
                        octave.strength * Self.noise(Double(x) / octave.cell, Double(y) / octave.cell, octave.seed)
                    levels.0 += value * tint[0]
                    levels.1 += value * tint[1]
                    levels.2 += value * tint[2]
                }
                picture.set(x, y, levels)
            }
        }
        for _ in 0..<6 {
            let (w, h) = (8 + random.below(width / 4), 8 + random.below(height / 4))
            let (left, top) = (random.below(width - w), random.below(height - h))
            let colour = (random.uniform(0...255), random.uniform(0...255), random.uniform(0...255))
            for y in top..<top + h { for x in left..<left + w { picture.set(x, y, colour) } }
        }
    }

    /// Smooth noise in -1...1 with a random value at integer coordinates.
    private static func noise(_ x: Double, _ y: Double, _ seed: UInt64) -> Double {
        let (column, row) = (Int(x), Int(y))
        func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }
        let (u, v) = (smooth(x - Double(column)), smooth(y - Double(row)))
        func value(_ column: Int, _ row: Int) -> Double {
            var hash = seed &+ UInt64(column) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(row) &* 0xC2B2_AE3D_27D4_EB4F
            hash = (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9
            return Double((hash ^ (hash >> 32)) & 0xFFFF) / 32767.5 - 1
        }
        let top = value(column, row) * (1 - u) + value(column + 1, row) * u
        let bottom = value(column, row + 1) * (1 - u) + value(column + 1, row + 1) * u
        return top * (1 - v) + bottom * v
    }
}

/// An ellipse that moves and bounces off the picture's sides.
private struct Thing {
    private let size: (Double, Double)
    private let start: (Double, Double)
    private let speed: (Double, Double)
    private let colour: (Double, Double, Double)

    init(width: Int, height: Int, _ random: inout SeededRandom) {
        let side = Double(min(width, height))
        size = (random.uniform(0.04...0.16) * side, random.uniform(0.04...0.16) * side)
        start = (random.uniform(0...Double(width)), random.uniform(0...Double(height)))
        speed = (random.uniform(-0.02...0.02) * side, random.uniform(-0.02...0.02) * side)
        colour = (random.uniform(0...255), random.uniform(0...255), random.uniform(0...255))
    }

    func paint(on picture: PixelBuffer, time: Double) {
        func bounced(_ position: Double, _ limit: Double) -> Double {
            let turn = position.truncatingRemainder(dividingBy: 2 * limit)
            let inside = turn < 0 ? turn + 2 * limit : turn
            return inside < limit ? inside : 2 * limit - inside
        }
        let x0 = bounced(start.0 + speed.0 * time, Double(picture.width))
        let y0 = bounced(start.1 + speed.1 * time, Double(picture.height))
        for y in max(0, Int(y0 - size.1))..<min(picture.height, max(0, Int(y0 + size.1) + 1)) {
            for x in max(0, Int(x0 - size.0))..<min(picture.width, max(0, Int(x0 + size.0) + 1)) {
                let (u, v) = ((Double(x) - x0) / size.0, (Double(y) - y0) / size.1)
                let distance = u * u + v * v
                guard distance < 1 else { continue }
                let shade = 1 - 0.5 * distance
                picture.set(x, y, (colour.0 * shade, colour.1 * shade, colour.2 * shade))
            }
        }
    }
}

extension PixelBuffer {
    /// Sets an RGB pixel, clipped to 0...255.
    func set(_ x: Int, _ y: Int, _ levels: (Double, Double, Double)) {
        let index = 3 * (y * width + x)
        pixels[index] = UInt8(max(0, min(255, levels.0 + 0.5)))
        pixels[index + 1] = UInt8(max(0, min(255, levels.1 + 0.5)))
        pixels[index + 2] = UInt8(max(0, min(255, levels.2 + 0.5)))
    }

    /// An RGB pixel's levels.
    func levels(_ x: Int, _ y: Int) -> (Double, Double, Double) {
        let index = 3 * (y * width + x)
        return (Double(pixels[index]), Double(pixels[index + 1]), Double(pixels[index + 2]))
    }

    /// Fills a part of `target` (all of it by default) by resampling this RGB picture with interpolation; its border
    /// pixels are repeated.
    ///
    /// - Parameter map: from a pixel of the target's part, counted from its corner, to a point of this picture.
    func resample(
        into target: PixelBuffer, rows: Range<Int>? = nil, columns: Range<Int>? = nil,
        _ map: (Int, Int) -> (Double, Double)
    ) {
        let (rows, columns) = (rows ?? 0..<target.height, columns ?? 0..<target.width)
        for y in rows {
            for x in columns {
                let (u, v) = map(x - columns.lowerBound, y - rows.lowerBound)
                let (a, b) = (max(0, min(Double(width - 1), u)), max(0, min(Double(height - 1), v)))
                let (column, row) = (Int(a), Int(b))
                let (p, q) = (Float(a - Double(column)), Float(b - Double(row)))
                let first = 3 * (row * width + column)
                let right = column + 1 < width ? 3 : 0
                let below = row + 1 < height ? rowBytes : 0
                let index = 3 * (y * target.width + x)
                for channel in 0..<3 {
                    let here = first + channel
                    let top = Float(pixels[here]) * (1 - p) + Float(pixels[here + right]) * p
                    let bottom = Float(pixels[here + below]) * (1 - p) + Float(pixels[here + below + right]) * p
                    target.pixels[index + channel] = UInt8(top * (1 - q) + bottom * q + 0.5)
                }
            }
        }
    }

    /// Fills a part of `target` with this picture, scaled to fit it.
    func stretch(into target: PixelBuffer, rows: Range<Int>? = nil, columns: Range<Int>? = nil) {
        let (toRows, toColumns) = (rows ?? 0..<target.height, columns ?? 0..<target.width)
        let (sx, sy) = (Double(width) / Double(toColumns.count), Double(height) / Double(toRows.count))
        resample(into: target, rows: toRows, columns: toColumns) { x, y in
            ((Double(x) + 0.5) * sx - 0.5, (Double(y) + 0.5) * sy - 0.5)
        }
    }

    /// A picture of the same pixels.
    func copied() -> PixelBuffer {
        let copy = PixelBuffer(width: width, height: height, channels: channels)
        copy.copyPixels(from: self)
        return copy
    }
}
