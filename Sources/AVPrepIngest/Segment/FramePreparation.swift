package import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import AVPrepVision

/// Prepares each frame as it arrives: the encoded picture, the grey picture for tracking, the flow from an earlier frame.
///
/// Results are kept until a segment takes them, oldest first; buffers are reused. Where the stored pictures depend on the
/// whole segment (stabilisation), the pictures themselves are kept and nothing is encoded.
package final class FramePreparation {
    /// The results of one frame.
    private struct Entry {
        var bytes: Range<Int>
        /// The picture itself, if pictures are kept.
        var picture: PixelBuffer?
        /// The grey picture, if it is needed later.
        var grey: PixelBuffer?
        /// Encoded flow between the frame `step` frames before and this one, by direction; empty for the first `step` frames.
        var flow: [StoreLayout.FlowDirection: [UInt8]] = [:]
        /// Mean absolute grey difference from the previous frame, in levels of 255.
        var difference: Float
    }

    private let settings: IngestSettings
    private let width: Int
    private let height: Int
    private let encoder: PictureEncoder
    private let flow: FlowEncoder?
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    private let keepsPictures: Bool
    private var spareGreys: [PixelBuffer] = []
    private var sparePictures: [PixelBuffer] = []
    private var lastGrey: PixelBuffer?

    /// - Parameter keepsPictures: keep the pictures of a segment in memory instead of encoding them.
    package init(
        settings: IngestSettings, width: Int, height: Int, encoder: PictureEncoder, keepsPictures: Bool = false
    ) throws {
        self.settings = settings
        self.keepsPictures = keepsPictures
        self.width = width
        self.height = height
        self.encoder = encoder
        flow =
            settings.flow.method == .off || keepsPictures
            ? nil
            : try FlowEncoder(settings: settings.flow, fps: settings.video.fps, width: width, height: height)
    }

    /// Frames that wait for their segment.
    package var count: Int { entries.count }

    /// Prepares the next frame.
    package func append(_ picture: PixelBuffer) throws {
        let start = bytes.count
        if !keepsPictures { try encoder.withEncoded(picture) { bytes.append(contentsOf: $0) } }
        let grey = spareGreys.popLast() ?? PixelBuffer(width: width, height: height, channels: 1)
        try Grey.convert(picture, into: grey)
        var entry = Entry(bytes: start..<bytes.count, grey: grey, difference: .infinity)
        if keepsPictures {
            let kept = sparePictures.popLast() ?? PixelBuffer(width: width, height: height, channels: 3)
            _ = kept.pixels.update(fromContentsOf: picture.pixels)
            entry.picture = kept
        }
        if let last = lastGrey {
            entry.difference = FreezeAnalysis.difference(last, grey)
        }
        if let flow { entry.flow = try flow.append(grey) }
        lastGrey = grey
        entries.append(entry)
    }

    /// The results of the oldest frames, removed from the queue.
    package struct Taken {
        package let frames: PictureSequence
        package let flow: [StoreLayout.FlowDirection: PictureSequence]
        package let greys: [PixelBuffer]
        /// The pictures, if they are kept; ``frames`` and ``flow`` are then empty.
        package let pictures: [PixelBuffer]
        /// Mean absolute grey difference of neighbouring frames, `count - 1` of them.
        package let differences: [Float]
    }

    /// Removes and returns the results of the oldest `count` frames. Return the buffers with ``recycle(_:)``.
    package func take(_ count: Int) -> Taken {
        precondition(count > 0 && count <= entries.count, "\(count) of \(entries.count) frames")
        let taken = entries[..<count]
        var frames = PictureSequence()
        bytes.withUnsafeBytes { bytes in
            for entry in taken where !keepsPictures {
                frames.append(UnsafeRawBufferPointer(rebasing: bytes[entry.bytes]))
            }
        }
        var flows: [StoreLayout.FlowDirection: PictureSequence] = [:]
        for direction in flow?.directions ?? [] {
            var pictures = PictureSequence()
            // The flow into the segment's first frames starts in the previous segment, so it belongs to neither.
            for entry in taken.dropFirst(settings.flow.step) {
                guard let stored = entry.flow[direction] else { preconditionFailure("a frame without its flow") }
                stored.withUnsafeBytes { pictures.append($0) }
            }
            precondition(pictures.count == max(0, count - settings.flow.step), "flow for a different number of frames")
            flows[direction] = pictures
        }
        let result = Taken(
            frames: frames, flow: flows, greys: taken.compactMap(\.grey), pictures: taken.compactMap(\.picture),
            differences: taken.dropFirst().map(\.difference))
        let consumed = taken.last.map { $0.bytes.upperBound } ?? 0
        entries.removeFirst(count)
        bytes.removeFirst(consumed)
        for index in entries.indices {
            let range = entries[index].bytes
            entries[index].bytes = range.lowerBound - consumed..<range.upperBound - consumed
        }
        return result
    }

    /// Makes buffers available again, except the newest grey picture, with which the next frame is compared.
    package func recycle(_ taken: Taken) {
        spareGreys += taken.greys.filter { $0 !== lastGrey }
        sparePictures += taken.pictures
    }
}
