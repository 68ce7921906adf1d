import CFFmpeg

/// The video stream of a player: gives the picture displayed at a time, in one pass from the first to the last.
///
/// It holds two pictures, the displayed one and the next, and also the previous one where pictures are interlaced.
/// Pictures that the decoder flags as corrupt, and those at the start that are predicted from pictures missing from the
/// file, are left out and the previous one is repeated, like a player that freezes instead of showing garbage. Damage
/// that the decoder could conceal is shown, and counted.
final class VideoTrack {
    let decoder: StreamDecoder
    /// Properties of all pictures of the stream, from the stream and its first picture.
    private(set) var streamPictures: StreamPictures
    /// Counts of the decoded pictures so far.
    private(set) var counts = PictureCounts()
    private var shown: UnsafeMutablePointer<AVFrame>
    /// Time of the displayed picture; nil before the first.
    private(set) var currentSpan: Span?
    /// Number of pictures displayed so far: it changes when the picture changes.
    private(set) var currentNumber = 0
    /// Longest time that a picture was displayed beyond its own duration, in seconds.
    private(set) var longestGapSeconds = 0.0
    /// Display durations of the pictures that were followed by another.
    private(set) var intervals = IntervalHistogram(binSeconds: 1e-5)
    private var next: UnsafeMutablePointer<AVFrame>
    private var nextSpan: Span?
    /// The picture before the displayed one, while the latter is interlaced; else empty.
    private var previous: UnsafeMutablePointer<AVFrame>
    private var deinterlacer: Deinterlacer?
    /// The displayed picture after deinterlacing.
    private var whole: UnsafeMutablePointer<AVFrame>?
    private var lastKind: Kind?
    /// The orientation last stated by the codec, for the displayed picture and for the next one.
    private var shownTurn: Orientation?
    private var nextTurn: Orientation?
    /// How many more pictures may be left out while waiting for a first key picture.
    private var patience = 0

    /// A stream without a key picture among this many pictures counts as having none: ten seconds at 30 fps.
    private static let greatestPatience = 300
    /// Codecs whose decoders in FFmpeg 5.1 start at any picture, predicted from grey. H.264's decoder waits for a key
    /// picture by itself, and those of VP8, VP9 and AV1 reject others.
    private static let startAnywhere: Set<UInt32> = Set(
        [
            AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_H263,
            AV_CODEC_ID_H263P, AV_CODEC_ID_H263I, AV_CODEC_ID_FLV1, AV_CODEC_ID_MSMPEG4V1, AV_CODEC_ID_MSMPEG4V2,
            AV_CODEC_ID_MSMPEG4V3, AV_CODEC_ID_WMV1, AV_CODEC_ID_WMV2, AV_CODEC_ID_WMV3, AV_CODEC_ID_VC1,
        ].map(\.rawValue))
    private let times: PresentationTimes
    private let timeline: PictureTimeline
    private let tolerance: Double

    /// When a picture is displayed and its nominal duration, in seconds on the presentation clock.
    struct Span {
        var start: Double
        var duration: Double
        var end: Double { start + duration }
    }

    /// Properties that consecutive pictures usually share.
    private struct Kind: Equatable {
        var width: Int32
        var height: Int32
        var format: Int32
        var range: AVColorRange
        var matrix: AVColorSpace
        var primaries: AVColorPrimaries
        var transfer: AVColorTransferCharacteristic

        init(of frame: AVFrame) {
            (width, height, format) = (frame.width, frame.height, frame.format)
            (range, matrix) = (frame.color_range, frame.colorspace)
            (primaries, transfer) = (frame.color_primaries, frame.color_trc)
        }
    }

    /// Decodes the first picture.
    ///
    /// - Throws: ``MediaError`` with `unsupported` for colours that only Dolby's decoder can read, and as
    ///   ``StreamDecoder``.
    init(_ decoder: StreamDecoder) throws {
        guard !StreamPictures.needsDolbyVision(decoder.stream) else {
            throw MediaError(
                .unsupported,
                "\(decoder.demuxer.path), stream \(decoder.stream.pointee.index): Dolby Vision of a profile whose colours "
                    + "other decoders cannot read; convert it to profile 8 or leave it out")
        }
        self.decoder = decoder
        let stream = decoder.stream.pointee
        times = decoder.times
        let rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate.value : stream.r_frame_rate.value
        timeline = PictureTimeline(decoder, nominalDuration: rate > 0 ? 1 / rate : 1.0 / 25)
        tolerance = FrameClock.pictureTolerance(tickSeconds: stream.time_base.value)
        shown = FFmpeg.allocated(av_frame_alloc())
        previous = FFmpeg.allocated(av_frame_alloc())
        next = FFmpeg.allocated(av_frame_alloc())
        streamPictures = StreamPictures(of: decoder.stream, first: nil)
        awaitKeyPicture()
        try loadNext(after: nil)
        if nextSpan != nil { streamPictures = StreamPictures(of: decoder.stream, first: next) }
    }

    deinit {
        for frame in [previous, shown, next] { frame.free() }
    }

    /// The displayed picture, deinterlaced. Valid once ``advance(to:)`` has been called with a time at or after the
    /// first picture, until the next call that advances.
    ///
    /// - Throws: as ``Deinterlacer``.
    var current: DecodedPicture {
        get throws(MediaError) {
            DecodedPicture(
                frame: try progressive(), stream: streamPictures,
                orientation: shownTurn ?? streamPictures.orientation)
        }
    }

    /// The displayed frame, deinterlaced if necessary.
    private func progressive() throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
        guard shown.pointee.interlaced_frame != 0, !StreamPictures.isSingleField(shown.pointee, of: decoder.stream)
        else { return shown }
        if let whole { return whole }
        let deinterlacer = deinterlacer ?? Deinterlacer(place: decoder.demuxer.path)
        self.deinterlacer = deinterlacer
        func neighbour(_ frame: UnsafeMutablePointer<AVFrame>) -> UnsafeMutablePointer<AVFrame>? {
            let fits =
                frame.pointee.buf.0 != nil && frame.pointee.width == shown.pointee.width
                && frame.pointee.height == shown.pointee.height && frame.pointee.format == shown.pointee.format
            return fits ? frame : nil
        }
        let made = try deinterlacer.deinterlace(
            shown, previous: neighbour(previous), next: nextSpan.flatMap { _ in neighbour(next) })
        whole = made
        return made
    }

    /// The picture after the current one, or the first; nil at the end.
    var upcoming: (frame: UnsafePointer<AVFrame>, span: Span)? { nextSpan.map { (UnsafePointer(next), $0) } }

    /// Advances to the last picture that is displayed at or before `seconds` of the presentation clock.
    func advance(to seconds: Double) throws {
        while let span = nextSpan, span.start <= seconds + tolerance { try step() }
    }

    /// As ``advance(to:)``, but skips pictures that no other is predicted from: the result may be a little earlier than
    /// the exact picture.
    func skim(to seconds: Double) throws {
        decoder.context.pointee.skip_frame = AVDISCARD_NONREF
        defer { decoder.context.pointee.skip_frame = AVDISCARD_DEFAULT }
        try advance(to: seconds)
    }

    /// The decoding time of the last key frame at or before `seconds`, a little before it is displayed; nil when the
    /// container has no index for it.
    func keyFrame(before seconds: Double) -> Double? {
        let entry = avformat_index_get_entry_from_timestamp(
            decoder.stream, times.tick(at: seconds), AVSEEK_FLAG_BACKWARD)
        return entry.flatMap { times.seconds(at: $0.pointee.timestamp) }
    }

    /// Makes the upcoming picture the displayed one.
    ///
    /// - Returns: false at the end.
    @discardableResult
    func step() throws -> Bool {
        guard let span = nextSpan else { return false }
        if let currentSpan {
            intervals.add(span.start - currentSpan.start)
            if span.start > currentSpan.end + tolerance {
                longestGapSeconds = max(longestGapSeconds, span.start - currentSpan.end)
            }
        }
        (previous, shown, next) = (shown, next, previous)
        shownTurn = nextTurn
        // It is not needed any more, and a large picture's memory returns to the decoder.
        if shown.pointee.interlaced_frame == 0 { av_frame_unref(previous) }
        whole = nil
        currentSpan = span
        currentNumber += 1
        try loadNext(after: span)
        return true
    }

    /// The end of the displayed pictures, in seconds; a lower bound while pictures follow.
    var coveredUntil: Double { nextSpan?.start ?? currentSpan?.end ?? -.infinity }

    /// Seeks to the last key frame at or before `seconds`; the upcoming picture is then the first one decoded from
    /// there.
    ///
    /// - Returns: whether the seek succeeded and a picture was decoded.
    func seek(to seconds: Double) throws -> Bool {
        guard decoder.seek(to: times.tick(at: seconds)) else { return false }
        timeline.reset()
        currentSpan = nil
        whole = nil
        av_frame_unref(shown)
        nextTurn = nil
        awaitKeyPicture()
        try loadNext(after: nil)
        return nextSpan != nil
    }

    /// How far the clock jumps back where the pictures stop, in seconds; nil where they have not stopped, or have
    /// ended.
    var jumpSeconds: Double? { timeline.jumpSeconds }
    /// Missing or damaged timestamps that were reconstructed from the neighbouring pictures.
    var repairedTimestamps: Int { timeline.repairedCount }

    /// Resumes after a jump: the upcoming picture is then the first one on the new clock.
    ///
    /// - Returns: whether a picture was decoded.
    func resume() throws -> Bool {
        currentSpan = nil
        whole = nil
        // The last picture before the jump tells nothing about the first one after it.
        av_frame_unref(shown)
        try loadNext(after: nil)
        return nextSpan != nil
    }

    /// Decodes the next displayable picture.
    private func loadNext(after previous: Span?) throws {
        repeat { nextSpan = try timeline.next(next, after: previous) } while nextSpan != nil && !take(next.pointee)
    }

    private func awaitKeyPicture() {
        let codec = decoder.stream.pointee.codecpar.pointee.codec_id.rawValue
        patience = Self.startAnywhere.contains(codec) ? Self.greatestPatience : 0
    }

    /// Counts a picture.
    ///
    /// - Returns: whether it is displayable.
    private func take(_ frame: AVFrame) -> Bool {
        if frame.key_frame != 0 { patience = 0 }
        if patience > 0 || frame.flags & AV_FRAME_FLAG_CORRUPT != 0 {
            patience = max(0, patience - 1)
            counts.corrupt += 1
            return false
        }
        counts.shown += 1
        if frame.decode_error_flags != 0 { counts.damaged += 1 }
        if frame.interlaced_frame != 0 { counts.interlaced += 1 }
        let kind = Kind(of: frame)
        if let lastKind, lastKind != kind { counts.changes += 1 }
        lastKind = kind
        // Stated once, it is valid up to the next key picture (ITU-T H.264, D.2.27: to the end of the coded video
        // sequence).
        if let turn = Orientation(of: next) {
            nextTurn = turn
        } else if frame.key_frame != 0 {
            nextTurn = nil
        }
        return true
    }
}
