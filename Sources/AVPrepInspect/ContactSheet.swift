import AVPrepDrawing
import AVPrepModel
import AVPrepVision

/// Draws `inspect --image`: frames over time, their flow, the results of the stages, waveform and spectrogram, on one
/// time axis.
struct ContactSheet {
    private static let width = 1920
    private static let margin = 96
    private static let title = TextStyle(scale: 2)
    private static let fact = TextStyle(Palette.faintText, scale: 1.5)
    static let label = TextStyle(Palette.faintText, scale: 1.25)

    private let content: SheetContent
    private let axis: TimeAxis
    private let tileBoxes: [Box]
    private let hasFlow: Bool

    private init(_ content: SheetContent) {
        self.content = content
        let plotWidth = Self.width - 2 * Self.margin
        axis = TimeAxis(from: content.start, to: content.end, x: Self.margin, width: plotWidth)
        hasFlow = content.tiles.contains { $0.flow != nil }
        guard let first = content.tiles.first?.picture else {
            tileBoxes = []
            return
        }
        // Each tile is below the part of the time axis that it represents.
        let count = min(content.tiles.count, SheetContent.tileCount(width: first.width, height: first.height))
        let slot = Double(plotWidth) / Double(count)
        let shape = Double(first.height) / Double(first.width)
        let tileWidth = min(Int(slot) - 8, Int(240 / shape))
        let tileHeight = max(8, Int(Double(tileWidth) * shape))
        var free = 0
        tileBoxes = content.tiles.map { [axis] tile in
            let part = max(free, min(count - 1, Int((axis.place(of: tile.seconds) - Double(axis.x)) / slot)))
            free = part + 1
            let middle = Double(axis.x) + (Double(part) + 0.5) * slot
            return Box(x: Int(middle) - tileWidth / 2, y: 0, width: tileWidth, height: tileHeight)
        }
    }

    /// The sheet as an image.
    static func draw(_ content: SheetContent) -> PixelBuffer { ContactSheet(content).draw() }

    // MARK: - Layout

    private func draw() -> PixelBuffer {
        let header = 32 + Self.title.capitalHeight + 18 + content.facts.count * 26 + 14
        let tiles = tileBoxes.first.map { $0.height + 30 + (hasFlow ? $0.height + 14 : 0) } ?? 0
        let lanes = content.lanes.count * 26 + 10
        let waveform = content.waveform == nil ? 0 : 120 + 10
        let spectrogram = content.spectrogram == nil ? 0 : 240 + 10
        let canvas = Canvas(width: Self.width, height: header + tiles + lanes + waveform + spectrogram + 64)
        drawHeader(on: canvas)
        var y = header
        if !tileBoxes.isEmpty {
            drawTiles(on: canvas, y: y)
            y += tiles
        }
        let tracksStart = y
        for lane in content.lanes {
            drawLane(lane, on: canvas, in: Box(x: axis.x, y: y, width: axis.width, height: 20))
            y += 26
        }
        y += 10
        if let waveform = content.waveform {
            let box = Box(x: axis.x, y: y, width: axis.width, height: 120)
            WaveformPanel(extremes: waveform, axis: axis).draw(on: canvas, in: box)
            y += 130
        }
        if let spectrogram = content.spectrogram {
            let box = Box(x: axis.x, y: y, width: axis.width, height: 240)
            SpectrogramPanel(image: spectrogram, axis: axis).draw(on: canvas, in: box)
            y += 250
        }
        drawCuts(on: canvas, from: tracksStart, to: y - 10)
        drawAxis(on: canvas, y: y - 6)
        return canvas.picture
    }

    private func drawHeader(on canvas: Canvas) {
        let room = Self.width - 2 * Self.margin
        var y = 32
        canvas.text(Self.title.shortened(content.title, toFit: room), x: Self.margin, y: y, Self.title)
        y += Self.title.capitalHeight + 18
        for fact in content.facts {
            canvas.text(Self.fact.shortened(fact, toFit: room), x: Self.margin, y: y, Self.fact)
            y += 26
        }
    }

    private func drawTiles(on canvas: Canvas, y: Int) {
        let radius = SheetContent.flowRadius(of: content.tiles)
        Self.name("frames", beside: Box(x: axis.x, y: y, width: 1, height: tileBoxes[0].height), on: canvas)
        for (tile, place) in zip(content.tiles, tileBoxes) {
            var box = place
            box.y = y
            TileDrawing.frame(tile, on: canvas, in: box)
            let time = TimeAxis.label(tile.seconds, within: axis.end - axis.start)
            var style = Self.label
            style.alignment = .centre
            canvas.text(time, x: box.x + box.width / 2, y: box.endY + 8, style)
            guard hasFlow else { continue }
            box.y = box.endY + 30
            TileDrawing.flow(tile, radius: radius, on: canvas, in: box)
        }
        guard hasFlow else { return }
        let row = Box(
            x: axis.x, y: y + tileBoxes[0].height + 30, width: 1, height: tileBoxes[0].height)
        Self.name("flow", beside: row, on: canvas)
        TileDrawing.legend(
            radius: radius, on: canvas,
            in: Box(x: axis.x + axis.width + 14, y: row.y, width: Self.margin - 28, height: row.height))
    }

    /// Writes a track's name to its left, vertically centred.
    static func name(_ name: String, beside box: Box, on canvas: Canvas) {
        var style = label
        style.alignment = .right
        canvas.text(name, x: box.x - 12, y: box.y + (box.height - style.capitalHeight) / 2, style)
    }

    // MARK: - Tracks

    private func drawLane(_ lane: SheetContent.Lane, on canvas: Canvas, in box: Box) {
        canvas.fill(box, Palette.panel)
        Self.name(lane.name, beside: box, on: canvas)
        for span in lane.spans {
            let start = axis.column(of: span.start)
            let end = max(start + 1, Int(axis.place(of: span.end).rounded()))
            // A dark pixel separates neighbours.
            let area = Box(x: start, y: box.y, width: max(1, min(end, box.endX) - start - 1), height: box.height)
            canvas.fill(area, span.colour, opacity: 0.32)
            canvas.fill(Box(x: area.x, y: area.endY - 2, width: area.width, height: 2), span.colour, opacity: 0.8)
            let style = TextStyle(Palette.text, scale: 1)
            let text = style.shortened(span.label, toFit: area.width - 8)
            // A truncated word would be unreadable.
            guard text == span.label || area.width > 120 else { continue }
            canvas.text(text, x: area.x + 5, y: area.y + (area.height - 2 - style.capitalHeight) / 2, style)
        }
    }

    private func drawCuts(on canvas: Canvas, from top: Int, to bottom: Int) {
        let opacity = content.cuts.count > 100 ? 0.35 : 0.85
        for cut in content.cuts {
            let x = axis.column(of: cut)
            canvas.fill(Box(x: x, y: top, width: 1, height: bottom - top), Palette.red, opacity: opacity)
            for step in 0..<6 {
                let width = 2 * (5 - step) + 1
                canvas.fill(Box(x: x - (5 - step), y: top - 6 + step, width: width, height: 1), Palette.red)
            }
        }
    }

    private func drawAxis(on canvas: Canvas, y: Int) {
        canvas.fill(Box(x: axis.x, y: y, width: axis.width, height: 1), Palette.outline)
        var style = Self.label
        style.alignment = .centre
        for tick in axis.ticks(apart: 90) {
            let x = axis.column(of: tick)
            canvas.fill(Box(x: x, y: y, width: 1, height: 7), Palette.faintText)
            canvas.text(axis.label(tick), x: x, y: y + 14, style)
        }
        style.alignment = .right
        let isClock = axis.ticks(apart: 90).last.map { axis.label($0).contains(":") } ?? false
        canvas.text(isClock ? "time" : "time, s", x: axis.x - 24, y: y + 14, style)
    }
}

/// A frame or a flow field in its box.
enum TileDrawing {
    /// The whole frame, with a rectangle around the part that is kept.
    static func frame(_ tile: SheetContent.Tile, on canvas: Canvas, in box: Box) {
        canvas.draw(tile.picture, in: box)
        guard let inner = tile.inner else { return }
        canvas.outline(place(inner, of: tile.picture, in: box), Palette.yellow, thickness: 2)
    }

    /// The flow of the stored part, at the position of that part.
    static func flow(_ tile: SheetContent.Tile, radius: Double, on canvas: Canvas, in box: Box) {
        canvas.fill(box, Palette.panel)
        guard let field = tile.flow else { return }
        let picture = FlowColours.picture(
            UnsafeBufferPointer(field.vectors), width: field.width, radius: radius)
        canvas.draw(picture, in: tile.inner.map { place($0, of: tile.picture, in: box) } ?? box)
    }

    /// The colour wheel with the speed at its rim.
    static func legend(radius: Double, on canvas: Canvas, in box: Box) {
        let style = TextStyle(Palette.faintText, scale: 1, alignment: .centre)
        let size = min(box.width, max(24, box.height - 32))
        let wheel = Box(x: box.x + (box.width - size) / 2, y: box.y, width: size, height: size)
        canvas.flowWheel(in: wheel)
        let middle = box.x + box.width / 2
        canvas.text("rim: \(QuantityText.number(radius))", x: middle, y: wheel.endY + 6, style)
        canvas.text("px/picture", x: middle, y: wheel.endY + 20, style)
    }

    /// The position of a part of a picture that fills a box.
    private static func place(_ part: Box, of picture: PixelBuffer, in box: Box) -> Box {
        let horizontal = Double(box.width) / Double(picture.width)
        let vertical = Double(box.height) / Double(picture.height)
        let x = Int((Double(part.x) * horizontal).rounded())
        let y = Int((Double(part.y) * vertical).rounded())
        return Box(
            x: box.x + x, y: box.y + y, width: max(1, Int((Double(part.endX) * horizontal).rounded()) - x),
            height: max(1, Int((Double(part.endY) * vertical).rounded()) - y))
    }
}
