import AVPrepClips
import AVPrepDrawing
import AVPrepModel

/// A stored spectrogram as a picture, over which a map can be drawn: grey, as far as its values reach.
struct SpectrogramImage {
    /// `[row, bin]`.
    private let values: [Float]
    private let bins: Int
    private let low: Float
    private let high: Float

    /// - Parameter values: `[row, bin]`, in whatever unit they are stored.
    init(_ values: [Float], bins: Int) {
        self.values = values
        self.bins = bins
        let sorted = stride(from: 0, to: values.count, by: 7).map { values[$0] }.filter(\.isFinite).sorted()
        // A twentieth of the values is silence, mostly; the loudest hundredth keeps its shape.
        low = sorted.isEmpty ? 0 : sorted[sorted.count / 20]
        high = max(low + 1e-6, sorted.isEmpty ? 1 : sorted[(sorted.count - 1) * 999 / 1000])
    }

    var rows: Int { bins == 0 ? 0 : values.count / bins }

    /// Draws it into a box: time to the right, low frequencies at the bottom.
    ///
    /// - Parameter heat: how strongly the network answers at a row and a bin, both as shares of the whole, 0 to 1.
    func draw(on canvas: Canvas, in box: Box, heat: (_ time: Double, _ bin: Double) -> Double) {
        canvas.fill(box, Palette.panel)
        guard rows > 0, let area = box.intersection(canvas.bounds) else { return }
        let colours = ColourMap.magma.table
        for x in area.x..<area.endX {
            let time = (Double(x - box.x) + 0.5) / Double(box.width)
            let row = min(rows - 1, Int(time * Double(rows)))
            for y in area.y..<area.endY {
                let place = 1 - (Double(y - box.y) + 0.5) / Double(box.height)
                let value = values[row * bins + min(bins - 1, Int(place * Double(bins)))]
                let share = value.isFinite ? min(1, max(0, Double((value - low) / (high - low)))) : 0
                let level = UInt8(24 + share * 190)
                var colour = Colour(red: level, green: level, blue: level)
                let warmth = min(1, max(0, heat(time, place)))
                if warmth > 0.02 {
                    colour = colour.mixed(with: HeatScale.colour(warmth, in: colours), HeatScale.opacity(warmth))
                }
                canvas.fill(Box(x: x, y: y, width: 1, height: 1), colour)
            }
        }
    }
}
