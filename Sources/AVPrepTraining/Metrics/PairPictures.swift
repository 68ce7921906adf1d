import AVPrepCore
import AVPrepDrawing
import AVPrepModel
import AVPrepStore
import AVPrepTorch

/// Pictures of the pairs that a model finds hardest and easiest, as it gets them: frames in a row, below them what it hears.
///
/// Whoever looks at them sees what no number tells: a black picture, sound of nothing, a cue that makes negatives easy.
struct PairPictures {
    /// The pairs of one picture: places in the scores, those in sync and those not.
    struct Choice: Equatable {
        let name: String
        let inSync: [Int]
        let outOfSync: [Int]

        var places: [Int] { inSync + outOfSync }
    }

    /// Pairs of a kind on one picture.
    static let columns = 4
    private static let quality = 85
    private static let side = 56
    private static let frames = 4
    private static let gap = 6
    private static let caption = 18
    private static let tileWidth = frames * side
    private static let text = TextStyle(Palette.text, scale: 1)

    /// The hardest and the easiest: those that score least, and most, as what they are. Scores that are no numbers are left
    /// out; of equal ones the first are taken.
    static func choices(_ scores: PairScores) -> [Choice] {
        func places(_ label: UInt8, hardest: Bool) -> [Int] {
            // In sync means low distances, or high probabilities.
            let isAscending = ((scores.order == .below) == (label == 1)) != hardest
            return scores.scores.indices.filter { scores.labels[$0] == label && scores.scores[$0].isFinite }
                .sorted { left, right in
                    let (a, b) = (scores.scores[left], scores.scores[right])
                    return a == b ? left < right : (a < b) == isAscending
                }.prefix(columns).map(\.self)
        }
        return [true, false].map { hardest in
            Choice(
                name: hardest ? "hardest" : "easiest", inSync: places(1, hardest: hardest),
                outOfSync: places(0, hardest: hardest))
        }
    }

    /// Draws a choice.
    ///
    /// - Parameters:
    ///   - scoreName: the field's word for a score.
    ///   - drawn: the tiles of ``Choice/places``, in that order.
    /// - Returns: the picture as JPEG.
    static func sheet(
        _ choice: Choice, _ scores: PairScores, scoreName: String, drawn: [PixelBuffer]
    ) throws -> EncodedPicture {
        let rows = [("in sync", choice.inSync), ("not in sync", choice.outOfSync)]
        let height = drawn.map(\.height).max() ?? side
        let rowHeight = caption + height + gap
        let canvas = Canvas(width: gap + columns * (tileWidth + gap), height: rows.count * (rowHeight + gap))
        var tiles = drawn.makeIterator()
        for (row, (title, places)) in rows.enumerated() {
            for (column, place) in places.enumerated() {
                guard let tile = tiles.next() else { break }
                let (x, y) = (gap + column * (tileWidth + gap), gap + row * (rowHeight + gap))
                let score = scoreText(scores.scores[place])
                canvas.text(text.shortened("\(title), \(scoreName) \(score)", toFit: tileWidth), x: x, y: y, text)
                canvas.draw(tile, in: Box(x: x, y: y + caption, width: tile.width, height: tile.height))
            }
        }
        return try EncodedPicture(canvas.picture, quality: quality)
    }

    private static func scoreText(_ score: Float) -> String {
        String((Double(score) * 1000).rounded() / 1000)
    }

    /// One sample: everything that can be looked at, one input below the other.
    static func tile(_ batch: Batch, slot: Int) -> PixelBuffer {
        let rows = batch.inputs.compactMap { strip(batch, $0, slot: slot) }
        let height = max(1, rows.reduce(0) { $0 + $1.height + 2 } - 2)
        let canvas = Canvas(width: tileWidth, height: height)
        var y = 0
        for row in rows {
            canvas.draw(row, in: Box(x: 0, y: y, width: row.width, height: row.height))
            y += row.height + 2
        }
        return canvas.picture
    }

    private static func strip(_ batch: Batch, _ input: InputShape, slot: Int) -> PixelBuffer? {
        switch (input.type, input.sizes.count) {
        case (.uint8, 4) where input.sizes[3] == 3:
            let (height, width) = (input.sizes[1], input.sizes[2])
            let values = batch.values(input.name, slot: slot, as: UInt8.self)
            return row(of: input.sizes[0]) { picture($0, values, width: width, height: height) }
        case (.uint8, 3) where input.sizes[0] % 2 == 0:
            // Flow: planes of x and y in turn, 128 for none.
            let values = batch.values(input.name, slot: slot, as: UInt8.self)
            return row(of: input.sizes[0] / 2) {
                flow($0, values, width: input.sizes[2], area: input.sizes[1] * input.sizes[2])
            }
        case (.float32, 3) where input.sizes[0] == 1 && input.sizes[1] > 1 && input.sizes[2] > 1:
            let values = batch.values(input.name, slot: slot, as: Float.self)
            return scaled(spectrogram(values, rows: input.sizes[1], bins: input.sizes[2]))
        case (.float32, 2) where input.sizes[1] >= tileWidth:
            return envelope(batch.values(input.name, slot: slot, as: Float.self)[..<input.sizes[1]])
        default: return nil
        }
    }

    /// Some of `count` pictures, the first and the last among them, side by side.
    private static func row(of count: Int, _ picture: (Int) -> PixelBuffer) -> PixelBuffer {
        let shown = min(frames, count)
        let canvas = Canvas(width: tileWidth, height: side)
        for place in 0..<shown {
            let number = shown == 1 ? 0 : place * (count - 1) / (shown - 1)
            canvas.draw(picture(number), in: Box(x: place * side, y: 0, width: side, height: side))
        }
        return canvas.picture
    }

    private static func picture(
        _ number: Int, _ values: UnsafeBufferPointer<UInt8>, width: Int, height: Int
    ) -> PixelBuffer {
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        let length = picture.pixels.count
        for index in 0..<length { picture.pixels[index] = values[number * length + index] }
        return picture
    }

    private static func flow(_ number: Int, _ values: UnsafeBufferPointer<UInt8>, width: Int, area: Int) -> PixelBuffer
    {
        let first = 2 * number * area
        let vectors = (0..<area).flatMap { [Float(values[first + $0]) - 128, Float(values[first + area + $0]) - 128] }
        let radius = max(1, vectors.reduce(0) { max($0, abs($1)) })
        return vectors.withUnsafeBufferPointer { FlowColours.picture($0, width: width, radius: Double(radius)) }
    }

    /// Time to the right, frequency upwards, from the least value to the greatest.
    private static func spectrogram(_ values: UnsafeBufferPointer<Float>, rows: Int, bins: Int) -> PixelBuffer {
        let finite = values.lazy.filter(\.isFinite)
        let (low, high) = (finite.min() ?? 0, finite.max() ?? 0)
        let picture = PixelBuffer(width: rows, height: bins, channels: 3)
        let colours = ColourMap.magma.table
        for row in 0..<rows {
            for bin in 0..<bins {
                let value = values[row * bins + bin]
                let share = high > low ? (value - low) / (high - low) : 0
                let colour = colours[share > 0 ? Int(min(1, share) * 255) : 0]
                let place = 3 * ((bins - 1 - bin) * rows + row)
                picture.pixels[place] = colour.red
                picture.pixels[place + 1] = colour.green
                picture.pixels[place + 2] = colour.blue
            }
        }
        return picture
    }

    private static func scaled(_ picture: PixelBuffer) -> PixelBuffer {
        let canvas = Canvas(width: tileWidth, height: side)
        canvas.draw(picture, in: canvas.bounds)
        return canvas.picture
    }

    /// The least and the greatest sample of each column.
    private static func envelope(_ samples: Slice<UnsafeBufferPointer<Float>>) -> PixelBuffer {
        let canvas = Canvas(width: tileWidth, height: side, ground: Palette.panel)
        let loudest = max(1e-6, samples.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 })
        for x in 0..<tileWidth {
            let part = samples[x * samples.count / tileWidth..<(x + 1) * samples.count / tileWidth]
            let (low, high) = (part.min() ?? 0, part.max() ?? 0)
            guard low.isFinite, high.isFinite else { continue }
            func y(_ value: Float) -> Int { min(side - 1, max(0, Int(Float(side) / 2 * (1 - value / loudest)))) }
            canvas.fill(Box(x: x, y: y(high), width: 1, height: max(1, y(low) - y(high))), Palette.blue)
        }
        return canvas.picture
    }
}

/// A picture as a file's bytes.
package struct EncodedPicture: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// JPEG.
    package let bytes: [UInt8]

    init(_ picture: PixelBuffer, quality: Int) throws {
        (width, height) = (picture.width, picture.height)
        bytes = try JPEGEncoder(quality: quality).withEncoded(picture) { Array($0) }
    }
}
