import CFFmpeg

/// Gives decoded pictures their times on the presentation clock: by the stream's timestamps and edit list, past single
/// timestamps that are damage, up to where the clock jumps back.
///
/// Where a time is in doubt the picture after it is decoded ahead; otherwise none is held here.
final class PictureTimeline {
    /// Timestamps that were missing or damaged and made up from the pictures around them.
    private(set) var repairedCount = 0
    /// How far the clock jumps back at the picture that comes next, in seconds; nil where it goes on.
    private(set) var jumpSeconds: Double?
    private let decoder: StreamDecoder
    private let times: PresentationTimes
    private let nominalDuration: Double
    /// Pictures that come next: none, one looked at ahead, or with a jump two.
    private var waiting: [UnsafeMutablePointer<AVFrame>] = []

    /// A picture this much later than the one before it should end, in seconds, is looked at twice.
    private static let suspiciousGap = 1.0
    /// Pictures that come by less too late, in seconds, are left out; by more, the clock has begun anew: two recordings
    /// one after the other.
    static let shortestJumpBack = 0.5

    /// - Parameter nominalDuration: of pictures that state none, in seconds.
    init(_ decoder: StreamDecoder, nominalDuration: Double) {
        self.decoder = decoder
        times = decoder.times
        self.nominalDuration = nominalDuration
    }

    deinit { reset() }

    /// Decodes the next picture that is shown.
    ///
    /// - Parameters:
    ///   - frame: takes the picture.
    ///   - previous: when the picture before it was shown; nil for the first, and to go on after a jump.
    /// - Returns: its time; nil at the end, and at a jump back.
    func next(_ frame: UnsafeMutablePointer<AVFrame>, after previous: PictureTrack.Span?) throws -> PictureTrack.Span? {
        if previous == nil { jumpSeconds = nil }
        while jumpSeconds == nil, try load(frame) {
            let stated = times.mediaSeconds(at: frame.pointee.best_effort_timestamp)
            guard let media = stated else {
                repairedCount += 1
                return Span(start: previous?.end ?? times.streamStart ?? 0, duration: duration(of: frame))
            }
            var start: Double
            switch times.moment(ofMedia: media) {
            case .over: return nil
            case .shown(let at): start = at
            case .cut(let until):
                // The last picture before an edit's start is the one on the screen when it begins.
                if let following = try self.start(ofFollowing: frame), following <= until { continue }
                start = until
            }
            if let previous {
                let isLate = start > previous.end + Self.suspiciousGap
                if isLate || start <= previous.start {
                    let following = try self.start(ofFollowing: frame)
                    let goesOn = following.map {
                        $0 > previous.start && $0 < min(previous.end + Self.suspiciousGap, isLate ? start : .infinity)
                    }
                    if goesOn == true, let following {
                        start = min(previous.end, (previous.start + following) / 2)
                        repairedCount += 1
                    } else if start < previous.start - Self.shortestJumpBack {
                        // It stays here until somebody asks for what comes after the jump.
                        jumpSeconds = start - previous.end
                        hold(frame)
                        return nil
                    } else if start <= previous.start {
                        continue
                    }
                }
            }
            return Span(start: start, duration: min(duration(of: frame), times.lengthShown(fromMedia: media)))
        }
        return nil
    }

    /// Forgets what was decoded ahead: the decoder has been sent elsewhere.
    func reset() {
        for frame in waiting { frame.free() }
        waiting = []
        jumpSeconds = nil
    }

    private typealias Span = PictureTrack.Span

    private func duration(of frame: UnsafeMutablePointer<AVFrame>) -> Double {
        times.duration(of: frame.pointee.pkt_duration) ?? nominalDuration
    }

    private func load(_ frame: UnsafeMutablePointer<AVFrame>) throws -> Bool {
        guard !waiting.isEmpty else { return try decoder.next(frame) }
        let first = waiting.removeFirst()
        av_frame_unref(frame)
        av_frame_move_ref(frame, first)
        first.free()
        return true
    }

    private func hold(_ frame: UnsafeMutablePointer<AVFrame>) {
        let held = FFmpeg.allocated(av_frame_alloc())
        av_frame_move_ref(held, frame)
        waiting.insert(held, at: 0)
    }

    /// When the picture after `frame` is stated to be shown; nil at the end, or where it does not say.
    private func start(ofFollowing frame: UnsafeMutablePointer<AVFrame>) throws -> Double? {
        if waiting.isEmpty {
            let following = FFmpeg.allocated(av_frame_alloc())
            guard try decoder.next(following) else {
                following.free()
                return nil
            }
            waiting = [following]
        }
        guard let media = times.mediaSeconds(at: waiting[0].pointee.best_effort_timestamp) else { return nil }
        return switch times.moment(ofMedia: media) {
        case .shown(let at): at
        case .cut(let until): until
        case .over: nil
        }
    }
}
