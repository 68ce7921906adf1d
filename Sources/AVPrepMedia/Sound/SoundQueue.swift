import CFFmpeg

/// The pieces of sound that come next, decoded a little ahead, so that a timestamp can be judged by those after it.
final class SoundQueue {
    /// A stretch of samples of one decoded frame.
    struct Piece {
        /// Owned by the queue until the piece is removed.
        let frame: UnsafeMutablePointer<AVFrame>
        /// When its first sample is stated to be heard, in seconds on the presentation clock.
        let stated: Double?
        /// The first sample of the frame that counts, and how many do.
        var first: Int
        var count: Int
        let format: Format

        var seconds: Double { Double(count) / Double(format.sampleRate) }
    }

    /// What must not change within one stretch of resampling.
    struct Format: Equatable {
        var sampleRate: Int32
        var format: Int32
        var channels: Int32
        var layout: UInt64

        init(of frame: AVFrame) {
            (sampleRate, format, channels) = (frame.sample_rate, frame.format, frame.ch_layout.nb_channels)
            layout = frame.ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? frame.ch_layout.u.mask : 0
        }
    }

    private(set) var pieces: [Piece] = []
    private let decoder: StreamDecoder
    private let path: String
    private var hasEnded = false

    /// How far ahead is decoded: in seconds, and at most so many pieces and bytes.
    private static let aheadSeconds = 0.4
    private static let fewestPieces = 3
    private static let mostPieces = 32
    private static let mostBytes = 1 << 24
    /// What swresample takes at most.
    static let maxChannels: Int32 = 64
    /// Sample rates beyond are damage; resampling filters would grow with them without bound.
    private static let sampleRates: ClosedRange<Int32> = 1000...768_000

    init(_ decoder: StreamDecoder) {
        self.decoder = decoder
        path = decoder.demuxer.path
    }

    deinit {
        for piece in pieces { piece.frame.free() }
    }

    /// The next piece; nil at the end. Valid once ``fill()`` has been called.
    var head: Piece? { pieces.first }

    /// Decodes ahead as far as it goes.
    ///
    /// - Throws: ``MediaError`` with `unsupported` for sound that cannot be resampled.
    func fill() throws {
        while !hasEnded, !isFull {
            let frame = FFmpeg.allocated(av_frame_alloc())
            do {
                guard try decoder.next(frame) else {
                    hasEnded = true
                    frame.free()
                    return
                }
                try append(frame)
            } catch {
                frame.free()
                throw error
            }
        }
    }

    /// Takes `count` samples off the head, and the head itself when nothing is left of it.
    func remove(_ count: Int) {
        guard !pieces.isEmpty else { return }
        pieces[0].first += count
        pieces[0].count -= count
        if pieces[0].count <= 0 { pieces.removeFirst().frame.free() }
    }

    private var isFull: Bool {
        guard pieces.count >= Self.fewestPieces else { return false }
        var (seconds, bytes) = (0.0, 0)
        for piece in pieces {
            seconds += piece.seconds
            let sampleBytes = Int(av_get_bytes_per_sample(AVSampleFormat(piece.format.format)))
            bytes += piece.count * sampleBytes * Int(piece.format.channels)
        }
        return seconds >= Self.aheadSeconds || bytes >= Self.mostBytes || pieces.count >= Self.mostPieces
    }

    /// Takes over `frame`: what of it is heard becomes pieces.
    private func append(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let count = Int(frame.pointee.nb_samples)
        let format = Format(of: frame.pointee)
        guard count > 0 else { return frame.free() }
        guard Self.sampleRates.contains(format.sampleRate), (1...Self.maxChannels).contains(format.channels) else {
            throw MediaError(.unsupported, "\(path): sound of \(format.channels) channels at \(format.sampleRate) Hz")
        }
        guard let media = decoder.times.mediaSeconds(at: frame.pointee.best_effort_timestamp) else {
            pieces.append(Piece(frame: frame, stated: nil, first: 0, count: count, format: format))
            return
        }
        let rate = Double(format.sampleRate)
        for portion in decoder.times.portions(ofMedia: media, length: Double(count) / rate) {
            let first = Int((portion.offset * rate).rounded())
            let length = min(count - first, Int((portion.length * rate).rounded()))
            guard length > 0 else { continue }
            let own = FFmpeg.allocated(av_frame_clone(frame))
            pieces.append(Piece(frame: own, stated: portion.start, first: first, count: length, format: format))
        }
        if decoder.times.isOver(atMedia: media) { hasEnded = true }
        frame.free()
    }
}
