import AVPrepClips
import AVPrepCore
import AVPrepDrawing
import AVPrepMedia
import AVPrepModel
import AVPrepStore
import AVPrepTraining

/// Writes a video with its maps drawn over it: H.264 with the video's own sound, on the video's own clock.
struct HeatVideo {
    let maps: VideoMaps
    let localiser: Localiser
    /// Nil for a video without sound.
    let sound: SoundTrack?

    /// Pixels of the shorter side, at least: small pictures are enlarged by a whole number.
    private static let shortSide = 360
    private static let stripHeight = 48

    /// - Parameters:
    ///   - path: of the file, an `.mp4`; it appears whole or not at all.
    ///   - progress: called with the seconds written and those of the whole.
    func write(to path: String, cancellation: Cancellation, progress: (Double, Double) -> Void) throws {
        try AtomicFile.write(to: path) { temporary in
            try write(temporary, cancellation, progress)
        }
    }

    private func write(_ path: String, _ cancellation: Cancellation, _ progress: (Double, Double) -> Void) throws {
        let fps = maps.reader.layout.fps
        guard let first = maps.parts.first.map({ maps.reader.segments[$0.row].segment }) else { return }
        // Segments of a video may differ in size, where its borders change: each is drawn into the first one's.
        let factor = max(1, (Self.shortSide + min(first.width, first.height) - 1) / min(first.width, first.height))
        let size = (width: (first.width * factor + 1) / 2 * 2, height: (first.height * factor + 1) / 2 * 2)
        let writer = try MediaWriter(
            path: path, container: "mp4", options: ["movflags": "+faststart"],
            video: VideoEncoding(
                width: size.width, height: size.height + Self.stripHeight,
                frameRate: Rational(Int((fps * 1000).rounded()), 1000),
                quality: 20, keyFrameInterval: max(1, Int(fps.rounded()))),
            audio: sound.map { _ in
                AudioEncoding(sampleRate: SoundTrack.format.sampleRate, channels: SoundTrack.format.channels)
            })
        let (start, end) = maps.span
        let axis = TimeAxis(from: start, to: end, x: 0, width: size.width)
        let frames = StoredFrames()
        let canvas = Canvas(width: size.width, height: size.height + Self.stripHeight)
        var written = -1.0
        var heard = 0
        func hear(until seconds: Double) throws {
            guard let sound else { return }
            let rate = SoundTrack.format.sampleRate
            let wanted = Int((seconds * Double(rate)).rounded())
            while heard < wanted {
                let count = min(rate, wanted - heard)
                try writer.write(
                    samples: try sound.samples(at: start + Double(heard) / Double(rate), count: count))
                heard += count
            }
        }
        for part in maps.parts {
            let stored = maps.reader.segments[part.row]
            for number in 0..<stored.frames.count {
                try cancellation.check()
                let now = Double(number) / fps
                let shown = part.startSeconds + now - start
                // Segments of two recordings with one clock may overlap: what was shown stays.
                guard shown > written + 0.5 / fps else { continue }
                written = shown
                draw(
                    try frames.picture(number, of: part.row, in: maps.reader), part, at: now, axis, size, on: canvas)
                try writer.write(frame: canvas.picture, at: shown)
                try hear(until: shown)
                progress(shown, end - start)
            }
        }
        try hear(until: min(end - start, written + 1 / fps))
        try writer.finish()
    }

    private func draw(
        _ picture: PixelBuffer, _ part: VideoMaps.Part, at seconds: Double, _ axis: TimeAxis,
        _ size: (width: Int, height: Int), on canvas: Canvas
    ) {
        let whole = Box(x: 0, y: 0, width: size.width, height: size.height)
        let box = whole.fitted(width: picture.width, height: picture.height)
        if box != whole { canvas.fill(whole, Palette.ground) }
        canvas.draw(picture, in: box)
        maps.heat(part, at: seconds)?.draw(on: canvas, in: StoredFrames.seen(share: localiser.cropShare, in: box))
        ScoreStrip(parts: maps.parts, axis: axis).draw(
            on: canvas, in: Box(x: 0, y: size.height, width: size.width, height: Self.stripHeight),
            now: part.startSeconds + seconds)
    }
}

extension Box {
    /// The largest box of this shape in its middle.
    func fitted(width: Int, height: Int) -> Box {
        let scale = min(Double(self.width) / Double(width), Double(self.height) / Double(height))
        let size = (
            width: max(1, Int((Double(width) * scale).rounded())),
            height: max(1, Int((Double(height) * scale).rounded()))
        )
        return Box(
            x: x + (self.width - size.width) / 2, y: y + (self.height - size.height) / 2, width: size.width,
            height: size.height)
    }
}
