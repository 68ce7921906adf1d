import CFFmpeg

/// The next pieces of audio, decoded a little ahead, so that a timestamp can be checked against the following ones.
final class AudioQueue {
    /// A range of samples of one decoded frame.
    struct Piece {
        /// Owned by the queue until the piece is removed.
        let frame: UnsafeMutablePointer<AVFrame>
        /// Stated presentation time of its first sample, in seconds.
        let stated: Double?
        /// The first used sample of the frame, and their number.
        var first: Int
        var count: Int
        let format: Format

        var seconds: Double { Double(count) / Double(format.sampleRate) }
    }

    /// Properties that are constant within one run of the resampler.
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
    /// Whether samples follow each other whatever their timestamps say. In AVI these are computed from a rate in the header,
    /// which is wrong for audio of a variable rate.
    private let isCounted: Bool
    /// Where the next frame begins, if so, in seconds on the stream's own clock.
    private var counted: Double?

    /// Decode-ahead limits: in seconds, pieces and bytes.
    private static let aheadSeconds = 0.8
    private static let fewestPieces = 3
    private static let mostPieces = 64
    private static let mostBytes = 1 << 24
    /// The most channels that swresample supports.
    static let maxChannels: Int32 = 64
    /// Higher sample rates are damage; resampling filters would grow with them without bound.
    private static let sampleRates: ClosedRange<Int32> = 1000...768_000

    init(_ decoder: StreamDecoder) {
        self.decoder = decoder
        path = decoder.demuxer.path
        isCounted = decoder.demuxer.isAVI
    }

    deinit {
        for piece in pieces { piece.frame.free() }
    }

    /// The next piece; nil at the end. Valid once ``fill()`` has been called.
    var head: Piece? { pieces.first }

    /// Decodes ahead up to the limits.
    ///
    /// - Throws: ``MediaError`` with `unsupported` for audio that cannot be resampled.
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

    /// Removes `count` samples from the head, and the head itself when none are left.
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

    /// Whether rate and number of channels are within what is supported.
    static func canBeResampled(_ format: Format) -> Bool {
        sampleRates.contains(format.sampleRate) && (1...maxChannels).contains(format.channels)
    }

    /// Start of a frame on the stream's own clock; nil where it is not stated.
    private func mediaSeconds(of frame: UnsafeMutablePointer<AVFrame>) -> Double? {
        let stated = decoder.times.mediaSeconds(at: frame.pointee.best_effort_timestamp)
        guard isCounted else { return stated }
        // What the decoder has rejected is missing.
        let rejected = decoder.takeRejectedSeconds()
        let start = counted.map { $0 + rejected } ?? stated ?? 0
        counted = start + Double(frame.pointee.nb_samples) / Double(frame.pointee.sample_rate)
        return start
    }

    /// Takes ownership of `frame`: its audible parts become pieces.
    private func append(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let count = Int(frame.pointee.nb_samples)
        let format = Format(of: frame.pointee)
        guard count > 0 else { return frame.free() }
        guard Self.canBeResampled(format) else {
            throw MediaError(.unsupported, "\(path): audio of \(format.channels) channels at \(format.sampleRate) Hz")
        }
        guard let media = mediaSeconds(of: frame) else {
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
