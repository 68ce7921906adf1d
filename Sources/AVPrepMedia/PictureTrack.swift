import CFFmpeg

/// A video stream as a player sees it: which picture is on the screen at a time, in one pass from the first to the last.
///
/// Two pictures are held: the one on the screen and the one after it.
final class PictureTrack {
    let decoder: StreamDecoder
    /// The picture on the screen. Valid once ``advance(to:)`` has been called with a time at or after the first.
    private(set) var current: UnsafeMutablePointer<AVFrame>
    /// Time of the picture on the screen; nil before the first.
    private(set) var currentSpan: Span?
    /// Counts the pictures that have been on the screen: a change of it is a change of picture.
    private(set) var currentNumber = 0
    /// The longest stretch for which a picture stood beyond its own duration, in seconds.
    private(set) var longestGapSeconds = 0.0
    private var next: UnsafeMutablePointer<AVFrame>
    private var nextSpan: Span?
    private let times: PresentationTimes
    private let nominalDuration: Double
    private let tolerance: Double

    /// When a picture appears and how long it is meant to last, in seconds on the presentation clock.
    struct Span {
        var start: Double
        var duration: Double
        var end: Double { start + duration }
    }

    /// Decodes the first picture.
    init(_ decoder: StreamDecoder) throws {
        self.decoder = decoder
        let stream = decoder.stream.pointee
        times = PresentationTimes(of: decoder.stream)
        let rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate.value : stream.r_frame_rate.value
        nominalDuration = rate > 0 ? 1 / rate : 1.0 / 25
        tolerance = FrameClock.pictureTolerance(tickSeconds: stream.time_base.value)
        current = FFmpeg.allocated(av_frame_alloc())
        next = FFmpeg.allocated(av_frame_alloc())
        try loadNext(after: nil)
    }

    deinit {
        for frame in [current, next] {
            var frame: UnsafeMutablePointer<AVFrame>? = frame
            av_frame_free(&frame)
        }
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
        if let currentSpan, span.start > currentSpan.end + tolerance {
            longestGapSeconds = max(longestGapSeconds, span.start - currentSpan.end)
        }
        swap(&current, &next)
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
        currentSpan = nil
        try loadNext(after: nil)
        return nextSpan != nil
    }

    /// Decodes pictures until one comes after `previous`: those that do not were never to be seen.
    private func loadNext(after previous: Span?) throws {
        while try decoder.next(next) {
            let ticks = next.pointee.best_effort_timestamp
            let start = times.seconds(at: ticks) ?? previous?.end ?? times.streamStart ?? 0
            let stated = times.duration(of: next.pointee.pkt_duration)
            if let previous, start <= previous.start { continue }
            nextSpan = Span(start: start, duration: stated ?? nominalDuration)
            return
        }
        nextSpan = nil
    }
}
