/// How a line of text is drawn.
package struct TextStyle: Sendable, Hashable {
    package enum Alignment: Sendable {
        case left, centre, right
    }

    /// 1 gives capitals 10 pixels high, 7 pixels a letter.
    package var scale: Double
    package var colour: Colour
    package var alignment: Alignment

    package init(_ colour: Colour = Palette.text, scale: Double = 1, alignment: Alignment = .left) {
        self.scale = scale
        self.colour = colour
        self.alignment = alignment
    }

    /// Pixels that a text takes from its first letter's left to its last one's right.
    package func width(of text: String) -> Int {
        guard !text.isEmpty else { return 0 }
        return Int(((Double(text.count - 1) * StrokeFont.advance + StrokeFont.letterWidth) * scale).rounded(.up))
    }

    /// Pixels from the top of a capital to its bottom.
    package var capitalHeight: Int { Int(((StrokeFont.baseline + 1) * scale).rounded(.up)) }

    /// `text`, or as much of its start and end as fits into so many pixels, with an ellipsis between.
    package func shortened(_ text: String, toFit pixels: Int) -> String {
        guard width(of: text) > pixels else { return text }
        let letters = max(1, Int(Double(pixels) / (StrokeFont.advance * scale)) - 1)
        return text.prefix((letters + 1) / 2) + "…" + text.suffix(letters / 2)
    }
}

extension Canvas {
    /// Draws a line of text. Control characters are drawn as boxes, as are letters that the font has not.
    ///
    /// - Parameters:
    ///   - x: the left, middle or right of the text, by the style's alignment.
    ///   - y: the top row of its capitals.
    package func text(_ text: String, x: Int, y: Int, _ style: TextStyle = TextStyle()) {
        let width = style.width(of: text)
        let left =
            switch style.alignment {
            case .left: x
            case .centre: x - width / 2
            case .right: x - width
            }
        // A stroke a little wider than a pixel, and none thinner at small sizes: light text on a dark ground thins out.
        let stroke = max(1.15, style.scale * 1.15)
        for (index, character) in text.enumerated() {
            let corner = Point(Double(left) + Double(index) * StrokeFont.advance * style.scale, Double(y))
            let lines = StrokeFont.strokes(of: character).map { $0.map { corner + $0 * style.scale } }
            self.stroke(lines, style.colour, width: stroke)
        }
    }
}
