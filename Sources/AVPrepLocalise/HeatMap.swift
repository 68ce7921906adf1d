import AVPrepDrawing
import AVPrepModel

/// A map over a part of a picture, drawn over it: the stronger a place, the less of the picture is seen under its colour.
struct HeatMap {
    let height: Int
    let width: Int
    /// `[height, width]`.
    let values: [Float]
    /// The value in full colour.
    let top: Float

    /// Where it is largest, as shares of its extent from the left and from the top: the centre of gravity of the largest cell
    /// and of those around it, as far as they are above 0.
    var peak: (x: Double, y: Double) {
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        let (column, row) = (best % width, best / width)
        var (mass, x, y) = (0.0, 0.0, 0.0)
        for other in max(0, row - 1)...min(height - 1, row + 1) {
            for place in max(0, column - 1)...min(width - 1, column + 1) {
                let value = Double(max(0, values[other * width + place]))
                mass += value
                x += value * (Double(place) + 0.5)
                y += value * (Double(other) + 0.5)
            }
        }
        guard mass > 0 else { return ((Double(column) + 0.5) / Double(width), (Double(row) + 0.5) / Double(height)) }
        return (x / mass / Double(width), y / mass / Double(height))
    }

    /// Draws it over a box, linear between the middles of its cells. What is at or below 0 leaves the picture as it is.
    func draw(on canvas: Canvas, in box: Box) {
        guard let area = box.intersection(canvas.bounds), top > 0 else { return }
        let colours = ColourMap.magma.table
        let columns = (area.x..<area.endX).map { Self.taps(Double($0 - box.x), of: box.width, cells: width) }
        for y in area.y..<area.endY {
            let row = Self.taps(Double(y - box.y), of: box.height, cells: height)
            for (x, column) in zip(area.x..<area.endX, columns) {
                func value(_ y: Int, _ x: Int) -> Double { Double(values[y * width + x]) }
                let upper =
                    value(row.first, column.first) * (1 - column.share) + value(row.first, column.next) * column.share
                let lower =
                    value(row.next, column.first) * (1 - column.share) + value(row.next, column.next) * column.share
                let heat = min(1, max(0, (upper + (lower - upper) * row.share) / Double(top)))
                guard heat > 0.02 else { continue }
                canvas.fill(
                    Box(x: x, y: y, width: 1, height: 1), HeatScale.colour(heat, in: colours),
                    opacity: HeatScale.opacity(heat))
            }
        }
    }

    /// The two cells between whose middles a pixel lies.
    private static func taps(_ pixel: Double, of size: Int, cells: Int) -> (first: Int, next: Int, share: Double) {
        let place = (pixel + 0.5) / Double(size) * Double(cells) - 0.5
        let first = min(cells - 1, max(0, Int(place.rounded(.down))))
        return (first, min(cells - 1, first + 1), min(1, max(0, place - Double(first))))
    }
}
