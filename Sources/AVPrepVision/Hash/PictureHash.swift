package import AVPrepModel
import Foundation

/// Perceptual hash of pictures: the signs of their low frequencies.
///
/// A discrete cosine transform of a small grey copy; each frequency gives one bit, its sign. Brightness and contrast
/// therefore have no effect, scaling and encoding little, and mirroring inverts just the bits of odd horizontal
/// frequencies: ``mirrored(_:)`` needs no second hash. Nearly absent frequencies are marked as weak, since their signs
/// change easily: among 23 real clips, cropping a tenth of width and height changes 12 % of the strong bits (21 % at
/// most), and two unrelated pictures differ in 49 %. After the "pHash" of Zauner, "Implementation and Benchmarking of
/// Perceptual Image Hash Functions", 2010, with signs in place of its median and without the DC term.
///
/// One thread at a time.
package final class PictureHash {
    /// Side of the grey copy.
    private static let side = 32
    /// Number of frequencies in each direction.
    private static let reach = 9
    /// Standard deviation of brightness below which a picture is plain, in levels.
    private static let plainDeviation = 3.0

    /// The frequency of each bit, lowest first.
    package static let frequencies: [(x: Int, y: Int)] = {
        let all = (0..<reach).flatMap { y in (0..<reach).map { x in (x: x, y: y) } }.dropFirst()
        let ordered = all.sorted { ($0.x * $0.x + $0.y * $0.y, $0.y, $0.x) < ($1.x * $1.x + $1.y * $1.y, $1.y, $1.x) }
        return Array(ordered.prefix(VideoFingerprint.Picture.bitCount))
    }()

    /// The bits inverted by mirroring.
    package static let mirrorBits: UInt64 = frequencies.enumerated().reduce(0) { bits, entry in
        entry.element.x % 2 == 1 ? bits | 1 << UInt64(entry.offset) : bits
    }

    /// `[frequency, pixel]`: the cosines of the transform.
    private let cosines: [Double] = (0..<reach).flatMap { frequency in
        (0..<side).map { cos(.pi * Double(frequency) * (Double($0) + 0.5) / Double(side)) }
    }
    private let small = PixelBuffer(width: side, height: side, channels: 3)
    private let grey = PixelBuffer(width: side, height: side, channels: 1)
    private let scaler = AreaScaler()

    package init() {}

    /// The hash of an RGB picture of any size and aspect ratio.
    package func hash(_ picture: PixelBuffer) throws(VisionError) -> VideoFingerprint.Picture {
        try scaler.scale(picture, into: small)
        try Grey.convert(small, into: grey)
        let side = Self.side
        let levels = grey.pixels.map(Double.init)
        let mean = levels.reduce(0, +) / Double(levels.count)
        let power = levels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(levels.count)
        guard power.squareRoot() >= Self.plainDeviation else { return .plain }
        // [y, frequency]: rows transformed.
        var rows = [Double](repeating: 0, count: side * Self.reach)
        for y in 0..<side {
            for frequency in 0..<Self.reach {
                var sum = 0.0
                for x in 0..<side { sum += levels[y * side + x] * cosines[frequency * side + x] }
                rows[y * Self.reach + frequency] = sum
            }
        }
        let values = Self.frequencies.map { place in
            (0..<side).reduce(0.0) { $0 + rows[$1 * Self.reach + place.x] * cosines[place.y * side + $1] }
        }
        var hash = VideoFingerprint.Picture(bits: 0, weak: 0)
        for (bit, value) in values.enumerated() where value > 0 { hash.bits |= 1 << UInt64(bit) }
        let weakest = values.indices.sorted { abs(values[$0]) < abs(values[$1]) }.prefix(values.count / 4)
        for bit in weakest { hash.weak |= 1 << UInt64(bit) }
        return hash
    }

    /// The hash of the mirrored picture.
    package static func mirrored(_ picture: VideoFingerprint.Picture) -> VideoFingerprint.Picture {
        VideoFingerprint.Picture(bits: picture.bits ^ mirrorBits, weak: picture.weak)
    }
}
