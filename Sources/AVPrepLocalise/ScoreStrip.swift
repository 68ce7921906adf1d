import AVPrepDrawing

/// The score of a video's clips over time, with 0.5 marked.
struct ScoreStrip {
    let parts: [VideoMaps.Part]
    let axis: TimeAxis

    /// - Parameter now: a moment on the video's clock to mark; nil for none.
    func draw(on canvas: Canvas, in box: Box, now: Double? = nil) {
        canvas.fill(box, Palette.panel)
        func y(_ score: Float) -> Double {
            Double(box.y) + 3 + (1 - Double(min(1, max(0, score)))) * Double(box.height - 7)
        }
        canvas.fill(Box(x: box.x, y: Int(y(0.5)), width: box.width, height: 1), Palette.outline)
        for part in parts {
            let points = part.scores.sorted { $0.seconds < $1.seconds }.map {
                Canvas.Point(axis.place(of: part.startSeconds + $0.seconds), y($0.score))
            }
            if points.count == 1, let only = points.first {
                canvas.line(from: only - Canvas.Point(2, 0), to: only + Canvas.Point(2, 0), Palette.yellow, width: 2)
            } else {
                canvas.stroke([points], Palette.yellow, width: 1.6)
            }
        }
        if let now {
            canvas.fill(Box(x: axis.column(of: now), y: box.y, width: 1, height: box.height), Palette.text)
        }
    }
}
