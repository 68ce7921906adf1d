import CFFmpeg

/// A video stream as a player sees it: which picture is on the screen at a time, in one pass from the first to the last.
///
/// Two pictures are held, the one on the screen and the one after it, and the one before where pictures are interlaced.
/// Pictures the decoder flags as corrupt, and those at the start that are predicted from pictures the file does not hold,
/// are left out, and the one before stands: a player that freezes instead of showing rubble. Damage that the decoder
/// could conceal is shown, and counted.
final class PictureTrack {
    let decoder: StreamDecoder
    /// What the stream, with its first picture, says about all of its pictures.
    private(set) var streamPictures: StreamPictures
    /// What has come out of the decoder so far.
    private(set) var counts = PictureCounts()
    private var shown: UnsafeMutablePointer<AVFrame>
    /// Time of the picture on the screen; nil before the first.
    private(set) var currentSpan: Span?
    /// Counts the pictures that have been on the screen: a change of it is a change of picture.
    private(set) var currentNumber = 0
    /// The longest stretch for which a picture stood beyond its own duration, in seconds.
    private(set) var longestGapSeconds = 0.0
    /// How long the pictures stand that have been on the screen, and were followed by another.
    private(set) var intervals = IntervalHistogram(binSeconds: 1e-5)
    private var next: UnsafeMutablePointer<AVFrame>
    private var nextSpan: Span?
    /// The picture before the one on the screen, while that is interlaced; else empty.
    private var previous: UnsafeMutablePointer<AVFrame>
    private var deinterlacer: Deinterlacer?
    /// The whole picture made of the interlaced one on the screen.
    private var whole: UnsafeMutablePointer<AVFrame>?
    private var lastKind: Kind?
    /// What the codec last said of the turn, for the picture on the screen and for the next one.
    private var shownTurn: Orientation?
    private var nextTurn: Orientation?
    /// How many more pictures may be left out while a first key picture is awaited.
    private var patience = 0

    /// Pictures without a key picture among them after which a stream is taken to have none: ten seconds at 30 fps.
    private static let greatestPatience = 300
    /// Codecs whose decoders in FFmpeg 5.1 begin with any picture, predicted from grey. H.264's waits by itself, and those
    /// of VP8, VP9 and AV1 refuse.
    private static let startAnywhere: Set<UInt32> = Set(
        [
            AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_H263,
            AV_CODEC_ID_H263P, AV_CODEC_ID_H263I, AV_CODEC_ID_FLV1, AV_CODEC_ID_MSMPEG4V1, AV_CODEC_ID_MSMPEG4V2,
            AV_CODEC_ID_MSMPEG4V3, AV_CODEC_ID_WMV1, AV_CODEC_ID_WMV2, AV_CODEC_ID_WMV3, AV_CODEC_ID_VC1,
        ].map(\.rawValue))
    private let times: PresentationTimes
    private let timeline: PictureTimeline
    private let tolerance: Double

    /// When a picture appears and how long it is meant to last, in seconds on the presentation clock.
    struct Span {
        var start: Double
        var duration: Double
        var end: Double { start + duration }
    }

    /// What a picture's neighbours usually share with it.
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
    /// - Throws: ``MediaError`` with `unsupported` for colours that only Dolby's decoder can read, and as ``StreamDecoder``.
    init(_ decoder: StreamDecoder) throws {
        guard !StreamPictures.needsDolbyVision(decoder.stream) else {
            throw MediaError(
                .unsupported,
                "\(decoder.demuxer.path), stream \(decoder.stream.pointee.index): Dolby Vision of a profile whose colours "
                    + "mean nothing to other decoders; convert it to profile 8 or leave it out")
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

    /// The picture on the screen, deinterlaced. Valid once ``advance(to:)`` has been called with a time at or after the
    /// first, until the next call that moves on.
    ///
    /// - Throws: as ``Deinterlacer``.
    var current: DecodedPicture {
        get throws(MediaError) {
            DecodedPicture(
                frame: try progressive(), stream: streamPictures,
                orientation: shownTurn ?? streamPictures.orientation)
        }
    }

    /// The frame on the screen, or what deinterlacing makes of it.
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

    /// The picture that comes after the current one, or the first; nil at the end.
    var upcoming: (frame: UnsafePointer<AVFrame>, span: Span)? { nextSpan.map { (UnsafePointer(next), $0) } }

    /// Puts the last picture that appears at or before `seconds` of the presentation clock on the screen.
    func advance(to seconds: Double) throws {
        while let span = nextSpan, span.start <= seconds + tolerance { try step() }
    }

    /// As ``advance(to:)``, but leaves out pictures that no other is predicted from: the picture on the screen may be a
    /// little earlier than it should.
    func skim(to seconds: Double) throws {
        decoder.context.pointee.skip_frame = AVDISCARD_NONREF
        defer { decoder.context.pointee.skip_frame = AVDISCARD_DEFAULT }
        try advance(to: seconds)
    }

    /// When the last key frame at or before `seconds` is decoded, a little before it appears; nil when the container has
    /// no index that would tell.
    func keyFrame(before seconds: Double) -> Double? {
        let entry = avformat_index_get_entry_from_timestamp(
            decoder.stream, times.tick(at: seconds), AVSEEK_FLAG_BACKWARD)
        return entry.flatMap { times.seconds(at: $0.pointee.timestamp) }
    }

    /// Puts the upcoming picture on the screen.
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
        // Nobody else needs it, and a large picture's memory goes back to the decoder.
        if shown.pointee.interlaced_frame == 0 { av_frame_unref(previous) }
        whole = nil
        currentSpan = span
        currentNumber += 1
        try loadNext(after: span)
        return true
    }

    /// Until when there is a picture on the screen, in seconds; a lower bound while pictures follow.
    var coveredUntil: Double { nextSpan?.start ?? currentSpan?.end ?? -.infinity }

    /// Goes to the last key frame at or before `seconds`; the upcoming picture is then the first one decoded from there.
    ///
    /// - Returns: whether the container could and a picture came out.
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

    /// How far the clock jumps back where the pictures stop, in seconds; nil where they have not stopped, or ended.
    var jumpSeconds: Double? { timeline.jumpSeconds }
    /// Timestamps that were missing or damaged and made up from the pictures around them.
    var repairedTimestamps: Int { timeline.repairedCount }

    /// Goes on after a jump: the upcoming picture is then the first one on the clock that begins there.
    ///
    /// - Returns: whether a picture came out.
    func resume() throws -> Bool {
        currentSpan = nil
        whole = nil
        // The last picture before the jump tells nothing about the first one after it.
        av_frame_unref(shown)
        try loadNext(after: nil)
        return nextSpan != nil
    }

    /// Decodes the next picture that is fit to be seen.
    private func loadNext(after previous: Span?) throws {
        repeat { nextSpan = try timeline.next(next, after: previous) } while nextSpan != nil && !take(next.pointee)
    }

    private func awaitKeyPicture() {
        let codec = decoder.stream.pointee.codecpar.pointee.codec_id.rawValue
        patience = Self.startAnywhere.contains(codec) ? Self.greatestPatience : 0
    }

    /// Counts a picture.
    ///
    /// - Returns: whether it is fit to be seen.
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
        // Said once, it holds up to the next key picture (ITU-T H.264, D.2.27: to the end of the coded video sequence).
        if let turn = Orientation(of: next) {
            nextTurn = turn
        } else if frame.key_frame != 0 {
            nextTurn = nil
        }
        return true
    }
}
