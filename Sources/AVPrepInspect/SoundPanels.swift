import AVPrepDrawing
import Foundation

/// Draws a sound's minimum and maximum over time.
struct WaveformPanel {
    let extremes: (_ start: Double, _ end: Double) -> (low: Float, high: Float)?
    let axis: TimeAxis

    func draw(on canvas: Canvas, in box: Box) {
        canvas.fill(box, Palette.panel)
        let columns = (box.x..<box.endX).map { x -> (low: Float, high: Float)? in
            let middle = axis.seconds(at: x)
            let half = (axis.end - axis.start) / Double(axis.width) / 2
            return extremes(middle - half, middle + half)
        }
        let peak = Double(columns.compactMap(\.self).map { max(abs($0.low), abs($0.high)) }.max() ?? 0)
        // Quiet sound is drawn magnified, and the label states the scale.
        let scale = Self.fullScales.first { $0 >= peak * 0.98 } ?? 1
        let centre = Double(box.y) + Double(box.height) / 2
        let reach = Double(box.height) / 2 - 4
        for (x, column) in zip(box.x..<box.endX, columns) {
            guard let column else { continue }
            let top = centre - min(1, max(-1, Double(column.high) / scale)) * reach
            let bottom = centre - min(1, max(-1, Double(column.low) / scale)) * reach
            let first = Int(top.rounded(.down))
            let height = max(1, Int(bottom.rounded(.up)) - first)
            canvas.fill(Box(x: x, y: first, width: 1, height: height), Palette.blue)
        }
        canvas.fill(Box(x: box.x, y: Int(centre), width: box.width, height: 1), Palette.ground, opacity: 0.5)
        var style = ContactSheet.label
        style.alignment = .right
        ContactSheet.name("sound", beside: box, on: canvas)
        style.alignment = .left
        canvas.text("±\(QuantityText.number(scale))", x: box.endX + 14, y: box.y + 2, style)
    }

    private static let fullScales = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
}

/// Draws a spectrogram over time, with frequencies and a colour scale.
struct SpectrogramPanel {
    let image: SheetContent.SpectrogramImage
    let axis: TimeAxis

    /// Range from the brightest to the darkest colour, in decibels.
    private static let range: Float = 80
    /// Smallest peak power, in decibels, that gets the brightest colour, so that digital silence stays dark.
    private static let faintest: Float = -60

    func draw(on canvas: Canvas, in box: Box) {
        canvas.fill(box, Palette.panel)
        let columns = (box.x..<box.endX).map { x -> [Float]? in
            let middle = axis.seconds(at: x)
            let half = (axis.end - axis.start) / Double(axis.width) / 2
            return image.levels(middle - half, middle + half)
        }
        let largest = max(Self.faintest, columns.compactMap { $0?.filter(\.isFinite).max() }.max() ?? 0)
        let colours = ColourMap.magma.table
        let rows = (0..<box.height).map { place(ofRow: $0, of: box.height) }
        for (x, column) in zip(box.x..<box.endX, columns) {
            guard let column, column.count == image.frequenciesHz.count else { continue }
            for (y, row) in rows.enumerated() {
                let level = column[row.band] + (column[row.next] - column[row.band]) * row.share
                let value = level.isFinite ? 1 - (largest - level) / Self.range : 0
                let colour = colours[Int(min(255, max(0, value * 255)))]
                canvas.fill(Box(x: x, y: box.y + y, width: 1, height: 1), colour)
            }
        }
        drawFrequencies(on: canvas, in: box)
        drawScale(on: canvas, in: box, colours)
    }

    /// The two bands between which a row of pixels lies; the top row is the highest frequency.
    private func place(ofRow row: Int, of height: Int) -> (band: Int, next: Int, share: Float) {
        let bands = image.frequenciesHz.count
        let place = (1 - (Double(row) + 0.5) / Double(height)) * Double(bands) - 0.5
        let band = min(bands - 1, max(0, Int(place.rounded(.down))))
        return (band, min(bands - 1, band + 1), Float(min(1, max(0, place - Double(band)))))
    }

    private func drawFrequencies(on canvas: Canvas, in box: Box) {
        var style = ContactSheet.label
        style.alignment = .right
        let bands = Double(image.frequenciesHz.count)
        var lowestFree = box.endY
        for frequency in [100.0, 200, 500, 1000, 2000, 4000, 8000, 16_000] {
            guard let next = image.frequenciesHz.firstIndex(where: { $0 >= frequency }), next > 0 else { continue }
            let before = image.frequenciesHz[next - 1]
            let step = image.frequenciesHz[next] - before
            let band = Double(next - 1) + (step > 0 ? (frequency - before) / step : 0)
            let y = box.y + Int((1 - (band + 0.5) / bands) * Double(box.height))
            guard y + style.capitalHeight / 2 < lowestFree, y > box.y + 24 else { continue }
            canvas.fill(Box(x: box.x - 6, y: y, width: 6, height: 1), Palette.faintText)
            let text = frequency < 1000 ? "\(Int(frequency))" : "\(Int(frequency / 1000))k"
            canvas.text(text, x: box.x - 12, y: y - style.capitalHeight / 2, style)
            lowestFree = y - style.capitalHeight
        }
        canvas.text("Hz, \(image.name)", x: box.x - 12, y: box.y, style)
    }

    private func drawScale(on canvas: Canvas, in box: Box, _ colours: [Colour]) {
        let bar = Box(x: box.endX + 14, y: box.y + 2, width: 12, height: box.height - 4)
        for y in 0..<bar.height {
            let colour = colours[255 - y * 255 / max(1, bar.height - 1)]
            canvas.fill(Box(x: bar.x, y: bar.y + y, width: bar.width, height: 1), colour)
        }
        let style = ContactSheet.label
        canvas.text("0 dB", x: bar.endX + 6, y: bar.y, style)
        canvas.text("-\(Int(Self.range))", x: bar.endX + 6, y: bar.endY - style.capitalHeight, style)
    }
}
