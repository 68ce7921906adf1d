import AVPrepClips
import AVPrepDrawing
import AVPrepModel
import AVPrepStore
import AVPrepTraining
import Foundation

/// The contact sheet of one video: frames, the same frames under their maps, the scores, and the spectrogram under its map, on
/// one time axis.
struct VideoSheet {
    let maps: VideoMaps
    let localiser: Localiser
    let title: String
    let facts: [String]

    private static let width = 1920
    private static let margin = 96
    private static let tiles = 8
    private static let label = TextStyle(Palette.faintText, scale: 1.25)

    /// - Throws: `StoreError` when a frame or a spectrogram cannot be read.
    func draw() throws -> PixelBuffer {
        let plot = Self.width - 2 * Self.margin
        let (start, end) = maps.span
        let axis = TimeAxis(from: start, to: end, x: Self.margin, width: plot)
        let first = maps.reader.segments[maps.parts[0].row].segment
        let slot = plot / Self.tiles
        let tile = (width: slot - 8, height: max(8, (slot - 8) * first.height / first.width))
        let header = 32 + 20 + 18 + facts.count * 26 + 14
        let hasSound = maps.parts.contains { $0.sound != nil }
        let canvas = Canvas(
            width: Self.width, height: header + 2 * (tile.height + 10) + 30 + 90 + (hasSound ? 250 : 0) + 50)
        canvas.text(title, x: Self.margin, y: 32, TextStyle(scale: 2))
        for (index, fact) in facts.enumerated() {
            canvas.text(fact, x: Self.margin, y: 70 + index * 26, TextStyle(Palette.faintText, scale: 1.5))
        }
        var y = header
        try drawTiles(on: canvas, y: y, slot: slot, tile, axis)
        y += 2 * (tile.height + 10) + 30
        let strip = Box(x: axis.x, y: y, width: axis.width, height: 80)
        ScoreStrip(parts: maps.parts, axis: axis).draw(on: canvas, in: strip)
        name("score", beside: strip, on: canvas)
        canvas.text("1", x: strip.endX + 10, y: strip.y, Self.label)
        canvas.text("0", x: strip.endX + 10, y: strip.endY - 12, Self.label)
        y += 90
        if hasSound {
            let box = Box(x: axis.x, y: y, width: axis.width, height: 240)
            canvas.fill(box, Palette.panel)
            try drawSound(on: canvas, in: box, axis)
            name("sound", beside: box, on: canvas)
            y += 250
        }
        drawAxis(axis, on: canvas, y: y)
        return canvas.picture
    }

    private func drawTiles(
        on canvas: Canvas, y: Int, slot: Int, _ tile: (width: Int, height: Int), _ axis: TimeAxis
    ) throws {
        let frames = StoredFrames()
        let fps = maps.reader.layout.fps
        for number in 0..<Self.tiles {
            let moment = axis.seconds(at: axis.x + number * slot + slot / 2)
            // The part that is on screen then, or the nearest.
            let part = maps.parts.min { distance($0, moment) < distance($1, moment) } ?? maps.parts[0]
            let seconds = min(max(0, moment - part.startSeconds), part.seconds)
            let picture = try frames.picture(Int(seconds * fps), of: part.row, in: maps.reader)
            let x = axis.x + number * slot + 4
            for (row, isHeated) in [false, true].enumerated() {
                let place = Box(x: x, y: y + row * (tile.height + 10), width: tile.width, height: tile.height)
                let box = place.fitted(width: picture.width, height: picture.height)
                canvas.draw(picture, in: box)
                guard isHeated else { continue }
                let seen = StoredFrames.seen(share: localiser.cropShare, in: box)
                maps.heat(part, at: seconds)?.draw(on: canvas, in: seen)
                canvas.outline(seen, Palette.faintText, opacity: 0.5)
            }
            var style = Self.label
            style.alignment = .centre
            canvas.text(
                axis.label(part.startSeconds + seconds), x: x + tile.width / 2, y: y + 2 * (tile.height + 10), style)
        }
        name("frames", beside: Box(x: axis.x, y: y, width: 1, height: tile.height), on: canvas)
        name("map", beside: Box(x: axis.x, y: y + tile.height + 10, width: 1, height: tile.height), on: canvas)
    }

    private func distance(_ part: VideoMaps.Part, _ moment: Double) -> Double {
        max(0, part.startSeconds - moment, moment - part.startSeconds - part.seconds)
    }

    private func drawSound(on canvas: Canvas, in box: Box, _ axis: TimeAxis) throws {
        guard let layout = maps.reader.layout.spectrogram(localiser.spectrogram) else { return }
        for part in maps.parts {
            guard let sound = part.sound, let rows = maps.reader.segments[part.row].spectrograms[layout.name] else {
                continue
            }
            let image = SpectrogramImage(try maps.reader.store.spectrogram(layout.name, rows), bins: layout.bins)
            let left = axis.column(of: part.startSeconds)
            let right = axis.column(of: part.startSeconds + part.seconds)
            let top = maps.soundTop
            image.draw(on: canvas, in: Box(x: left, y: box.y, width: max(1, right - left), height: box.height)) {
                time, bin in
                guard let top, let values = sound.values(at: time * part.seconds) else { return 0 }
                return HeatScale.value(of: values, at: bin, top: top)
            }
        }
    }

    private func drawAxis(_ axis: TimeAxis, on canvas: Canvas, y: Int) {
        canvas.fill(Box(x: axis.x, y: y, width: axis.width, height: 1), Palette.outline)
        var style = Self.label
        style.alignment = .centre
        for tick in axis.ticks(apart: 90) {
            let x = axis.column(of: tick)
            canvas.fill(Box(x: x, y: y, width: 1, height: 7), Palette.faintText)
            canvas.text(axis.label(tick), x: x, y: y + 14, style)
        }
        name("time, s", beside: Box(x: axis.x - 14, y: y + 8, width: 1, height: 24), on: canvas)
    }

    private func name(_ text: String, beside box: Box, on canvas: Canvas) {
        var style = Self.label
        style.alignment = .right
        canvas.text(text, x: box.x - 12, y: box.y + (box.height - style.capitalHeight) / 2, style)
    }
}
