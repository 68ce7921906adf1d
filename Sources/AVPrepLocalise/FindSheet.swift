import AVPrepClips
import AVPrepCore
import AVPrepDrawing
import AVPrepModel
import AVPrepStore
import AVPrepTraining

/// A sheet of clips that were found: a row a unit or a category, each clip with its map.
struct FindSheet {
    /// A row.
    struct Row {
        let label: String
        let detail: String
        let tiles: [Tile]
    }

    /// A clip.
    struct Tile {
        let clip: LocalisedClip
        let response: Float
    }

    /// Whether the maps are those of the sound: then it is drawn under each frame.
    let showsSound: Bool
    let title: String
    let facts: [String]
    let localiser: Localiser

    private static let margin = 32
    private static let labelWidth = 220
    private static let label = TextStyle(scale: 1.25)
    private static let faint = TextStyle(Palette.faintText, scale: 1)

    /// - Throws: `StoreError` when a frame or a spectrogram cannot be read.
    func draw(_ rows: [Row]) throws -> PixelBuffer {
        let columns = max(1, rows.map(\.tiles.count).max() ?? 1)
        let tile = (width: 168, height: 126)
        let soundHeight = showsSound ? 72 : 0
        let pitch = tile.height + soundHeight + 30
        let header = 32 + 20 + 18 + facts.count * 22 + 14
        let canvas = Canvas(
            width: 2 * Self.margin + Self.labelWidth + columns * (tile.width + 8),
            height: header + max(1, rows.count) * pitch + Self.margin)
        let room = canvas.width - 2 * Self.margin
        let titleStyle = TextStyle(scale: 2)
        canvas.text(titleStyle.shortened(title, toFit: room), x: Self.margin, y: 32, titleStyle)
        let factStyle = TextStyle(Palette.faintText, scale: 1.25)
        for (index, fact) in facts.enumerated() {
            canvas.text(factStyle.shortened(fact, toFit: room), x: Self.margin, y: 70 + index * 22, factStyle)
        }
        let frames = StoredFrames()
        for (number, row) in rows.enumerated() {
            let y = header + number * pitch
            canvas.text(
                Self.label.shortened(row.label, toFit: Self.labelWidth - 8), x: Self.margin, y: y + 4, Self.label)
            canvas.text(
                Self.faint.shortened(row.detail, toFit: Self.labelWidth - 8), x: Self.margin, y: y + 26, Self.faint)
            // One scale a row: its clips can be compared.
            let top = HeatScale.top(
                of: row.tiles.lazy.flatMap { showsSound ? $0.clip.sound?.values ?? [] : $0.clip.picture.values })
            for (column, found) in row.tiles.enumerated() {
                let x = Self.margin + Self.labelWidth + column * (tile.width + 8)
                let place = Box(x: x, y: y, width: tile.width, height: tile.height)
                try drawFrame(found.clip, top, on: canvas, in: place, frames)
                if showsSound {
                    let box = Box(x: x, y: place.endY + 4, width: tile.width, height: soundHeight - 4)
                    try drawSound(found.clip, top, on: canvas, in: box)
                }
                canvas.text(
                    Self.caption(found), x: x, y: y + tile.height + soundHeight + 6, Self.faint)
            }
        }
        return canvas.picture
    }

    private static func caption(_ tile: Tile) -> String {
        let segment = tile.clip.reader.segments[Int(tile.clip.pair.videoSegment)].segment
        let seconds = segment.startSeconds + Double(tile.clip.pair.videoStartFrame) / tile.clip.reader.layout.fps
        let name = segment.source.split(separator: "/").last.map(String.init) ?? segment.source
        return faint.shortened("\(name) \(TimeAxis.label(seconds, within: 10))", toFit: 168)
    }

    private func drawFrame(
        _ clip: LocalisedClip, _ top: Float?, on canvas: Canvas, in place: Box, _ frames: StoredFrames
    ) throws {
        canvas.fill(place, Palette.panel)
        let middle = Int(clip.pair.videoStartFrame) + localiser.measured.clipFrames / 2
        let picture = try frames.picture(middle, of: Int(clip.pair.videoSegment), in: clip.reader)
        let box = place.fitted(width: picture.width, height: picture.height)
        canvas.draw(picture, in: box)
        guard !showsSound, let top else { return }
        let size = clip.picture.height * clip.picture.width
        let first = clip.picture.steps / 2 * size
        HeatMap(
            height: clip.picture.height, width: clip.picture.width,
            values: Array(clip.picture.values[first..<first + size]), top: top
        ).draw(on: canvas, in: StoredFrames.seen(share: localiser.cropShare, in: box))
    }

    private func drawSound(_ clip: LocalisedClip, _ top: Float?, on canvas: Canvas, in box: Box) throws {
        guard let layout = clip.reader.layout.spectrogram(localiser.spectrogram), let map = clip.sound else { return }
        let stored = clip.reader.spectrogram(layout, of: clip.pair, seconds: localiser.measured.soundSeconds)
        guard let rows = stored.rowCount else { return }
        var values = [Float](repeating: 0, count: rows * layout.bins)
        try values.withUnsafeMutableBufferPointer { try stored.read(into: $0) }
        SpectrogramImage(values, bins: layout.bins).draw(on: canvas, in: box) { time, bin in
            guard let top else { return 0 }
            let step = min(map.steps - 1, Int(time * Double(map.steps)))
            return HeatScale.value(
                of: Array(map.values[step * map.width..<(step + 1) * map.width]), at: bin, top: top)
        }
    }
}
