import AVPrepClips
import AVPrepDrawing
import AVPrepModel
import AVPrepStore
import AVPrepTraining

/// Decodes whole frames of a shard's segments, and knows which part of them a network sees.
final class StoredFrames {
    private var decoders: [StoreLayout.PictureCodec: PictureDecoder] = [:]

    /// Frame `number` of a segment, whole.
    ///
    /// - Throws: `StoreError` when it cannot be decoded.
    func picture(_ number: Int, of segment: Int, in reader: ShardReader) throws -> PixelBuffer {
        let stored = reader.segments[segment]
        let codec = reader.layout.frameCodec
        let decoder = try decoders[codec] ?? PictureDecoder(codec)
        decoders[codec] = decoder
        let picture = PixelBuffer(width: stored.segment.width, height: stored.segment.height, channels: 3)
        let row = stored.frames.lowerBound + min(max(0, number), stored.frames.count - 1)
        try reader.store.withFrameBytes(row) { try decoder.decode($0, into: picture) }
        return picture
    }

    /// The square in the middle that is cut for evaluation, in the pixels of a box that shows the whole picture.
    ///
    /// - Parameter share: ``Localiser/cropShare``.
    static func seen(share: Double, in box: Box) -> Box {
        let side = max(1, Int((share * Double(min(box.width, box.height))).rounded()))
        return Box(
            x: box.x + (box.width - side) / 2, y: box.y + (box.height - side) / 2, width: side, height: side)
    }
}
