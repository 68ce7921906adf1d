import AVPrepDrawing
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepSettings

/// The border of a video, and the position of the picture inside it in frames decoded uncropped.
struct InspectionBorder: Sendable {
    /// The margins that ingest crops, in source pixels of the display orientation.
    let margins: CropMargins
    /// Shorter side of the decoded frame at which the inner part has the size that ingest stores; nil for that of the
    /// source.
    let decodedShortSide: Int?
    /// The picture inside the border, in pixels of the decoded frame.
    let inner: Box
    /// Size of the decoded frame.
    let width: Int
    let height: Int

    /// Detects the border as ingest does.
    ///
    /// - Throws: `MediaError`.
    init(of media: any MediaSource, video: VideoStreamInfo, settings: IngestSettings) throws {
        let margins = try VideoPreparation.borders(of: media, settings: settings)
        let source = (width: video.displayWidth, height: video.displayHeight)
        let left = max(1, source.width - margins.left - margins.right)
        let rest = max(1, source.height - margins.top - margins.bottom)
        let wanted = settings.video.shortSide
        decodedShortSide =
            wanted == 0
            ? nil
            : Int((Double(wanted) * Double(min(source.width, source.height)) / Double(min(left, rest))).rounded())
        guard let size = media.outputSize(crop: .none, shortSide: decodedShortSide) else {
            throw MediaError(.unsupported, "the crop leaves no picture to inspect")
        }
        self.margins = margins
        width = size.width
        height = size.height
        let horizontal = Double(size.width) / Double(source.width)
        let vertical = Double(size.height) / Double(source.height)
        let x = Int((Double(margins.left) * horizontal).rounded())
        let y = Int((Double(margins.top) * vertical).rounded())
        let endX = size.width - Int((Double(margins.right) * horizontal).rounded())
        let endY = size.height - Int((Double(margins.bottom) * vertical).rounded())
        inner = Box(x: x, y: y, width: max(2, (endX - x) / 2 * 2), height: max(2, (endY - y) / 2 * 2))
    }

    /// Copies the picture inside the border to `part`.
    func copyInner(of picture: PixelBuffer, into part: PixelBuffer) {
        for row in 0..<part.height {
            let source = ((inner.y + row) * picture.width + inner.x) * 3
            _ = part.pixels.extracting(row * part.rowBytes..<(row + 1) * part.rowBytes).update(
                fromContentsOf: picture.pixels.extracting(source..<source + part.rowBytes))
        }
    }
}
