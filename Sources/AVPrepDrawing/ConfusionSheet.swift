/// A confusion matrix as a picture: a row a class, coloured by its shares, with the numbers where there is room.
package enum ConfusionSheet {
    private static let mostLetters = 24
    private static let margin = 16

    /// - Parameters:
    ///   - confusion: rows: what items are; columns: what they are taken for.
    ///   - items: what these are, in words.
    package static func draw(_ confusion: [[Int]], classes: [String], title: String, items: String = "recordings")
        -> Canvas
    {
        let count = classes.count
        let cell = count <= 12 ? 44 : count <= 30 ? 30 : count <= 60 ? 20 : count <= 200 ? 8 : 3
        let style = TextStyle(Palette.text, scale: cell >= 20 ? 1 : 0.6)
        let names = classes.enumerated().map { number, name in
            "\(number + 1) \(name.count > mostLetters ? String(name.prefix(mostLetters - 1)) + "…" : name)"
        }
        let left = margin * 2 + (names.map(style.width).max() ?? 0)
        let top = margin * 5
        let side = cell * count
        let heading = TextStyle(Palette.text, scale: 1.2)
        let axis = "rows: what \(items) are; columns: what they are taken for"
        let faint = TextStyle(Palette.faintText)
        let width = max(left + side, margin + max(heading.width(of: title), faint.width(of: axis))) + margin
        let canvas = Canvas(width: width, height: top + side + margin)
        canvas.text(title, x: margin, y: margin, heading)
        canvas.text(axis, x: margin, y: margin * 2 + 6, faint)
        for (row, counts) in confusion.enumerated() {
            let y = top + row * cell
            let total = counts.reduce(0, +)
            let middle = y + (cell - style.capitalHeight) / 2
            canvas.text(
                names[row], x: left - margin / 2, y: middle,
                TextStyle(style.colour, scale: style.scale, alignment: .right))
            for (column, number) in counts.enumerated() {
                let share = total > 0 ? Double(number) / Double(total) : 0
                let box = Box(x: left + column * cell, y: y, width: cell - 1, height: cell - 1)
                canvas.fill(box, total > 0 ? ColourMap.magma.colour(share) : Palette.panel)
                if row == column { canvas.outline(box, Palette.green, opacity: 0.7) }
                guard number > 0, cell >= 20, style.width(of: String(number)) < cell - 2 else { continue }
                let ink = share > 0.6 ? Palette.ground : Palette.text
                canvas.text(
                    String(number), x: box.x + cell / 2, y: middle,
                    TextStyle(ink, scale: style.scale, alignment: .centre))
            }
        }
        if cell >= 20 {
            for column in 0..<count {
                canvas.text(
                    String(column + 1), x: left + column * cell + cell / 2, y: top - margin,
                    TextStyle(Palette.faintText, scale: 0.8, alignment: .centre))
            }
        }
        return canvas
    }
}
