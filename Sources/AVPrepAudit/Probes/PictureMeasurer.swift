import AVPrepClips
import AVPrepModel
import AVPrepStore
import Foundation

/// Looks at clips of pictures. One a thread; its buffers are used again.
final class PictureMeasurer {
    /// Pictures looked at in a clip, evenly spread from its first frame to its last.
    private static let mostPictures = 16
    /// Pictures are decoded at the smallest scale with a shorter side of at least this.
    private static let shortSide = 112
    private static let block = 8
    /// Blocks whose mean changes by no more than this through the clip stand still, in grey levels.
    private static let stillRange: Float = 2
    private static let fewestStillBlocks = 4
    /// Where the window in the middle begins, as a share of width and height: between the bars of an upright video too.
    private static let innerStart = 0.35

    private let decoder: ClipDecoder
    private let motion: MotionMeasurer
    private var luma: [UInt8] = []

    init() throws {
        decoder = try ClipDecoder()
        motion = MotionMeasurer(decoder: decoder)
    }

    func measure(_ clip: PictureClip) throws -> PictureMeasures {
        var measures = PictureMeasures()
        let pixels = Float(clip.width * clip.height)
        measures.logBytes = clip.byteCounts.map { log(max(1, Float($0)) / pixels) }
        var blocks: [[Float]] = []
        var blockSharpness: [[Float]] = []
        let looked = Self.spread(clip.frames)
        for frame in looked {
            let size = try take(frame, of: clip, &measures)
            measureParts(width: size.width, height: size.height, &measures)
            let (levels, sharpness) = measureBlocks(width: size.width, height: size.height)
            measures.sharpness.append(Series(sharpness, floor: 0).mean)
            if let last = blocks.last {
                let sum = zip(last, levels).reduce(0) { $0 + abs($1.0 - $1.1) }
                measures.change.append(sum / Float(max(1, levels.count)))
            }
            blocks.append(levels)
            blockSharpness.append(sharpness)
        }
        measures.colour /= Float(looked.count)
        measures.stillSharpness = Self.stillSharpness(blocks, blockSharpness)
        (measures.motion, measures.backwardMotion) = try motion.measure(clip)
        return measures
    }

    /// Symmetric, so that a clip and its reverse show the same pictures.
    private static func spread(_ rows: Range<Int>) -> [Int] {
        guard rows.count > mostPictures else { return Array(rows) }
        let step = Double(rows.count - 1) / Double(mostPictures - 1)
        return (0..<mostPictures).map { number in
            let mirrored = mostPictures - 1 - number
            return number < mostPictures / 2
                ? rows.lowerBound + Int((Double(number) * step).rounded())
                : rows.upperBound - 1 - Int((Double(mirrored) * step).rounded())
        }
    }

    // MARK: - Pixels

    /// Decodes a picture into ``luma``, and adds its mean colour.
    private func take(_ frame: Int, of clip: PictureClip, _ measures: inout PictureMeasures) throws
        -> (width: Int, height: Int)
    {
        let (width, height) = (clip.width, clip.height)
        let scale = min(1, Double(Self.shortSide) / Double(min(width, height)))
        return try decoder.withPixels(
            of: frame, in: clip, region: .init(x: 0, y: 0, width: width, height: height),
            outputWidth: max(1, Int(Double(width) * scale)), outputHeight: max(1, Int(Double(height) * scale))
        ) { picture in
            convert(picture.pixels, channels: picture.channels, &measures)
            return (picture.placement.width, picture.placement.height)
        }
    }

    /// Luma by BT.601's weights, in 256ths.
    private func convert(_ pixels: UnsafeBufferPointer<UInt8>, channels: Int, _ measures: inout PictureMeasures) {
        let count = pixels.count / channels
        if luma.count < count { luma = [UInt8](repeating: 0, count: count) }
        var (reds, greens, blues) = (0, 0, 0)
        let (green, blue) = channels == 3 ? (1, 2) : (0, 0)
        luma.withUnsafeMutableBufferPointer { luma in
            for index in 0..<count {
                let first = index * channels
                let red = Int(pixels[first])
                let (green, blue) = (Int(pixels[first + green]), Int(pixels[first + blue]))
                reds += red
                greens += green
                blues += blue
                luma[index] = UInt8(truncatingIfNeeded: (77 * red + 150 * green + 29 * blue) >> 8)
            }
        }
        measures.colour += SIMD3(Float(reds), Float(greens), Float(blues)) / Float(max(1, count))
    }

    private struct Rectangle {
        var columns: Range<Int>
        var rows: Range<Int>
    }

    private func measureParts(width: Int, height: Int, _ measures: inout PictureMeasures) {
        let all = Rectangle(columns: 0..<width, rows: 0..<height)
        func middle(_ length: Int) -> Range<Int> {
            let start = min(Int(Self.innerStart * Double(length)), (length - 1) / 2)
            return start..<length - start
        }
        let inner = Rectangle(columns: middle(width), rows: middle(height))
        for (frame, rectangle) in [(\PictureMeasures.border, all), (\PictureMeasures.inner, inner)] {
            measure(rectangle, of: all, &measures[keyPath: frame])
        }
    }

    /// Measures along the sides of `rectangle`.
    private func measure(_ rectangle: Rectangle, of picture: Rectangle, _ frame: inout PictureMeasures.Frame) {
        let (width, height) = (picture.columns.count, picture.rows.count)
        let (columns, rows) = (rectangle.columns, rectangle.rows)
        let depth = min(max(2, min(width, height) / 28), min(columns.count, rows.count))
        for (part, thickness) in [(\PictureMeasures.Frame.edges, depth), (\PictureMeasures.Frame.rims, 1)] {
            let strips = [
                Rectangle(columns: columns, rows: rows.prefix(thickness)),
                Rectangle(columns: columns, rows: rows.suffix(thickness)),
                Rectangle(columns: columns.prefix(thickness), rows: rows),
                Rectangle(columns: columns.suffix(thickness), rows: rows),
            ]
            for (number, strip) in strips.enumerated() { add(strip, width, to: &frame[keyPath: part][number]) }
        }
        add(rectangle, width, to: &frame.whole)
        let (across, down) = (max(1, width / 8), max(1, height / 8))
        let corners = [rows.prefix(down), rows.suffix(down)].flatMap { rows in
            [columns.prefix(across), columns.suffix(across)].map { Rectangle(columns: $0, rows: rows) }
        }
        for (number, corner) in corners.enumerated() { add(corner, width, to: &frame.corners[number]) }
    }

    private func add(_ rectangle: Rectangle, _ width: Int, to part: inout PictureMeasures.Part) {
        var sum = 0
        var squares = 0
        luma.withUnsafeBufferPointer { luma in
            for row in rectangle.rows {
                for column in rectangle.columns {
                    let value = Int(luma[row * width + column])
                    sum += value
                    squares += value * value
                }
            }
        }
        let count = Float(max(1, rectangle.rows.count * rectangle.columns.count))
        let mean = Float(sum) / count
        part.level.append(mean)
        part.spread.append(max(0, Float(squares) / count - mean * mean).squareRoot())
    }

    /// Mean and sharpness of each whole block.
    private func measureBlocks(width: Int, height: Int) -> (levels: [Float], sharpness: [Float]) {
        let size = Self.block
        var levels: [Float] = []
        var sharpness: [Float] = []
        luma.withUnsafeBufferPointer { luma in
            for top in stride(from: 0, through: height - size, by: size) {
                for left in stride(from: 0, through: width - size, by: size) {
                    var sum = 0
                    var differences = 0
                    for row in top..<top + size {
                        for column in left..<left + size {
                            let index = row * width + column
                            let value = Int(luma[index])
                            sum += value
                            if column > left { differences += abs(value - Int(luma[index - 1])) }
                            if row > top { differences += abs(value - Int(luma[index - width])) }
                        }
                    }
                    levels.append(Float(sum) / Float(size * size))
                    sharpness.append(Float(differences) / Float(2 * size * (size - 1)))
                }
            }
        }
        return (levels, sharpness)
    }

    private static func stillSharpness(_ blocks: [[Float]], _ sharpness: [[Float]]) -> [Float] {
        guard let first = blocks.first else { return [] }
        var (lowest, highest) = (first, first)
        for levels in blocks {
            for (index, level) in levels.enumerated() {
                lowest[index] = min(lowest[index], level)
                highest[index] = max(highest[index], level)
            }
        }
        let still = first.indices.filter { highest[$0] - lowest[$0] <= stillRange }
        guard still.count >= fewestStillBlocks else { return [] }
        return sharpness.map { values in still.reduce(0) { $0 + values[$1] } / Float(still.count) }
    }
}
