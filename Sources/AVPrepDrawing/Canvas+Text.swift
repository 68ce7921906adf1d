/// How a line of text is drawn.
package struct TextStyle: Sendable, Hashable {
    package enum Alignment: Sendable {
        case left, centre, right
    }

    /// At 1, capitals are 10 pixels high and letters 7 pixels apart.
    package var scale: Double
    package var colour: Colour
    package var alignment: Alignment

    package init(_ colour: Colour = Palette.text, scale: Double = 1, alignment: Alignment = .left) {
        self.scale = scale
        self.colour = colour
        self.alignment = alignment
    }

    /// Width of a text in pixels, from its first letter's left to its last one's right.
    package func width(of text: String) -> Int {
        guard !text.isEmpty else { return 0 }
        return Int(((Double(text.count - 1) * StrokeFont.advance + StrokeFont.letterWidth) * scale).rounded(.up))
    }

    /// Height of a capital in pixels.
    package var capitalHeight: Int { Int(((StrokeFont.baseline + 1) * scale).rounded(.up)) }

    /// `text`, shortened to fit a width in pixels: its start and end with an ellipsis between.
    package func shortened(_ text: String, toFit pixels: Int) -> String {
        guard width(of: text) > pixels else { return text }
        let letters = max(1, Int(Double(pixels) / (StrokeFont.advance * scale)) - 1)
        return text.prefix((letters + 1) / 2) + "…" + text.suffix(letters / 2)
    }
}

extension Canvas {
    /// Draws a line of text. Control characters and characters missing from the font are drawn as boxes.
    ///
    /// - Parameters:
    ///   - x: the left, centre or right of the text, by the style's alignment.
    ///   - y: the top row of its capitals.
    package func text(_ text: String, x: Int, y: Int, _ style: TextStyle = TextStyle()) {
        let width = style.width(of: text)
        let left =
            switch style.alignment {
            case .left: x
            case .centre: x - width / 2
            case .right: x - width
            }
        // A stroke is a little wider than a pixel, even at small sizes: light text on a dark background looks thinner.
        let stroke = max(1.15, style.scale * 1.15)
        for (index, character) in text.enumerated() {
            let corner = Point(Double(left) + Double(index) * StrokeFont.advance * style.scale, Double(y))
            let lines = StrokeFont.strokes(of: character).map { $0.map { corner + $0 * style.scale } }
            self.stroke(lines, style.colour, width: stroke)
        }
    }
}
