import AVPrepDrawing
import AVPrepModel
import TestSupport
import Testing

@Suite struct CanvasTests {
    private static let black = Colour(0)
    private static let white = Colour(0xFFFFFF)

    private func canvas(_ width: Int, _ height: Int) -> Canvas {
        Canvas(width: width, height: height, ground: Self.black)
    }

    private func lit(_ canvas: Canvas) -> [[Int]] {
        (0..<canvas.height).flatMap { y in
            (0..<canvas.width).compactMap { x in canvas[x, y] == Self.black ? nil : [x, y] }
        }
    }

    @Test func aBoxFillsItsPixelsAndIsCutOffAtTheEdge() {
        let canvas = canvas(8, 6)
        canvas.fill(Box(x: 6, y: 4, width: 10, height: 10), Self.white)
        canvas.fill(Box(x: -5, y: -5, width: 6, height: 6), Self.white)
        #expect(lit(canvas) == [[0, 0], [6, 4], [7, 4], [6, 5], [7, 5]])
        canvas.fill(Box(x: 0, y: 0, width: 1, height: 1), Self.black, opacity: 0.5)
        #expect(canvas[0, 0] == Colour(0x808080))
    }

    @Test func aLineOnePixelWideFillsItsRowAndNothingElse() {
        let canvas = canvas(12, 8)
        canvas.line(from: [2, 5], to: [9, 5], Self.white)
        let full = (2...9).map { [$0, 5] }
        #expect(lit(canvas).filter { canvas[$0[0], $0[1]] == Self.white } == full)
        #expect(Set(lit(canvas).map { $0[1] }) == [5])
    }

    @Test func linesFarOutsideAndWithoutLengthAreHarmless() {
        let canvas = canvas(4, 4)
        canvas.line(from: [-1e12, 1e12], to: [1e300, -1e300], Self.white)
        canvas.line(from: [50, 50], to: [60, 50], Self.white)
        canvas.line(from: [2, 2], to: [2, 2], Self.white)
        #expect(canvas[2, 2] == Self.white)
        canvas.outline(Box(x: 0, y: 0, width: 1, height: 1), Self.white, thickness: 3)
        #expect(canvas[0, 0] == Self.white)
    }

    @Test func everyPrintableCharacterHasAGlyphOfItsOwnWithinItsCell() {
        var seen: [[UInt8]: Character] = [:]
        for code in 33...126 {
            let character = Character(UnicodeScalar(UInt8(code)))
            let canvas = canvas(7, 16)
            canvas.text(String(character), x: 1, y: 2, TextStyle(Self.white))
            let pixels = Array(canvas.picture.pixels)
            #expect(pixels.contains { $0 > 150 }, "\(character) is faint")
            if let other = seen[pixels] { Issue.record("\(character) looks like \(other)") }
            seen[pixels] = character
            // Nothing reaches into the next letter's cell, nor above the line or below its descenders.
            #expect(lit(canvas).allSatisfy { $0[0] <= 6 && (1...15).contains($0[1]) }, "\(character)")
        }
        #expect(seen.count == 94)
    }

    @Test func textIsPlacedByItsAlignmentAndShortenedInTheMiddle() {
        let style = TextStyle(Self.white)
        #expect(style.width(of: "abc") == 19 && style.width(of: "") == 0)
        for (alignment, columns) in [(TextStyle.Alignment.left, 39...45), (.right, 34...40), (.centre, 37...43)] {
            let canvas = canvas(80, 14)
            canvas.text("H", x: 40, y: 2, TextStyle(Self.white, alignment: alignment))
            #expect(lit(canvas).allSatisfy { columns.contains($0[0]) }, "\(alignment)")
        }
        let short = style.shortened("a-very-long-name-of-a-file.mp4", toFit: 100)
        #expect(short.hasPrefix("a-very") && short.hasSuffix("le.mp4") && short.contains("…"))
        #expect(style.width(of: short) <= 100)
    }

    /// Pillow's bilinear filter is the same tent; it rounds its weights to fixed point.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [(7, 5), (40, 31), (13, 60)])
    func picturesAreScaledAsPillowScalesThem(width: Int, height: Int) throws {
        let picture = PixelBuffer(width: 23, height: 17, channels: 3)
        for index in picture.pixels.indices {
            picture.pixels[index] = UInt8(truncatingIfNeeded: (index * index * 31) >> 3)
        }
        let canvas = canvas(width + 4, height + 2)
        canvas.draw(picture, in: Box(x: 3, y: 1, width: width, height: height))
        let expected = try Oracle.json(
            [Int].self,
            """
            import json, sys
            import numpy as np
            from PIL import Image
            i = np.arange(23 * 17 * 3)
            image = Image.fromarray((i * i * 31 >> 3 & 255).astype(np.uint8).reshape(17, 23, 3))
            print(json.dumps(np.asarray(image.resize((int(sys.argv[1]), int(sys.argv[2])), Image.BILINEAR)).ravel().tolist()))
            """, ["\(width)", "\(height)"])
        var largest = 0
        for y in 0..<height {
            for x in 0..<width {
                let colour = canvas[x + 3, y + 1]
                let place = (y * width + x) * 3
                for (channel, level) in [colour.red, colour.green, colour.blue].enumerated() {
                    largest = max(largest, abs(Int(level) - expected[place + channel]))
                }
            }
        }
        #expect(largest <= 1)
        #expect(canvas[0, 0] == Self.black && canvas[2, 1] == Self.black)
    }
}
