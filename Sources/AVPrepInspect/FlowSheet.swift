import AVPrepDrawing
import AVPrepModel

/// Draws `inspect --flow`: frames spread over the video, each with the flow to the next picture in the colours of the
/// Middlebury benchmark.
enum FlowSheet {
    private static let width = 1920
    private static let margin = 48
    private static let gap = 20
    private static let wheel = 132

    /// Number of pairs of frame and flow on a sheet.
    static func pairCount(width: Int, height: Int) -> Int {
        let columns = columns(width: width, height: height)
        return columns * (width > height ? 4 : 2)
    }

    /// Number of pairs side by side: fewer for wide frames.
    private static func columns(width: Int, height: Int) -> Int {
        let shape = Double(width) / Double(height)
        return shape > 2.6 ? 2 : shape > 0.9 ? 3 : 5
    }

    /// The sheet as an image.
    static func draw(_ content: SheetContent) -> PixelBuffer {
        let tiles = content.tiles.filter { $0.flow != nil }
        let first = tiles.first?.picture ?? PixelBuffer(width: 16, height: 9, channels: 3)
        let columns = columns(width: first.width, height: first.height)
        let rows = max(1, (tiles.count + columns - 1) / columns)
        let cellWidth = (width - 2 * margin - (columns - 1) * gap) / columns
        let tileWidth = (cellWidth - 4) / 2
        let tileHeight = max(8, tileWidth * first.height / first.width)
        let header = 32 + wheel + 24
        let cellHeight = tileHeight + 40
        let canvas = Canvas(width: width, height: header + rows * cellHeight + 12)
        let radius = SheetContent.flowRadius(of: tiles)
        drawHeader(content, radius: radius, on: canvas)
        for (index, tile) in tiles.enumerated() {
            let x = margin + index % columns * (cellWidth + gap)
            let y = header + index / columns * cellHeight
            let frame = Box(x: x, y: y, width: tileWidth, height: tileHeight)
            TileDrawing.frame(tile, on: canvas, in: frame)
            let flow = Box(x: frame.endX + 4, y: y, width: tileWidth, height: tileHeight)
            TileDrawing.flow(tile, radius: radius, on: canvas, in: flow)
            let time = QuantityText.clock(tile.seconds, within: content.end - content.start)
            canvas.text(time, x: x, y: frame.endY + 8, ContactSheet.label)
        }
        return canvas.picture
    }

    private static func drawHeader(_ content: SheetContent, radius: Double, on canvas: Canvas) {
        let title = TextStyle(scale: 2)
        let fact = TextStyle(Palette.faintText, scale: 1.5)
        let room = width - 2 * margin - wheel - 220
        canvas.text(title.shortened(content.title, toFit: room), x: margin, y: 32, title)
        var y = 32 + title.capitalHeight + 18
        for line in content.facts.prefix(3) {
            canvas.text(fact.shortened(line, toFit: room), x: margin, y: y, fact)
            y += 26
        }
        let disc = Box(x: width - margin - wheel, y: 32, width: wheel, height: wheel)
        canvas.flowWheel(in: disc)
        var style = ContactSheet.label
        style.alignment = .right
        let lines = ["colour: direction", "strength: speed", "rim: \(QuantityText.number(radius)) px/picture"]
        for (index, line) in lines.enumerated() {
            canvas.text(line, x: disc.x - 20, y: disc.y + 32 + index * 24, style)
        }
    }
}
