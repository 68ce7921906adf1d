import CFFmpeg

/// Assigns presentation times to decoded pictures, from the stream's timestamps and edit list, tolerating single
/// damaged timestamps, up to where the clock jumps back.
///
/// Where a time is doubtful the next picture is decoded ahead; otherwise no picture is buffered here.
final class PictureTimeline {
    /// Missing or damaged timestamps that were reconstructed from the neighbouring pictures.
    private(set) var repairedCount = 0
    /// How far the clock jumps back at the next picture, in seconds; nil where it does not.
    private(set) var jumpSeconds: Double?
    private let decoder: StreamDecoder
    private let times: PresentationTimes
    private let nominalDuration: Double
    /// Buffered next pictures: none, one decoded ahead, or two at a jump.
    private var waiting: [UnsafeMutablePointer<AVFrame>] = []

    /// A picture later than the expected end of the previous one by more than this, in seconds, is checked against the
    /// next.
    private static let suspiciousGap = 1.0
    /// Pictures that come too late by less than this, in seconds, are left out; by more, the clock has restarted: two
    /// recordings one after the other.
    static let shortestJumpBack = 0.5

    /// - Parameter nominalDuration: of pictures without a stated duration, in seconds.
    init(_ decoder: StreamDecoder, nominalDuration: Double) {
        self.decoder = decoder
        times = decoder.times
        self.nominalDuration = nominalDuration
    }

    deinit { reset() }

    /// Decodes the next displayed picture.
    ///
    /// - Parameters:
    ///   - frame: receives the picture.
    ///   - previous: display time of the previous picture; nil for the first, and to resume after a jump.
    /// - Returns: its time; nil at the end, and at a jump back.
    func next(_ frame: UnsafeMutablePointer<AVFrame>, after previous: VideoTrack.Span?) throws -> VideoTrack.Span? {
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
                // The last picture before an edit's start is displayed when the edit starts.
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
                        // It is buffered here until the caller resumes after the jump.
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

    /// Discards pictures decoded ahead: the decoder has been moved by a seek.
    func reset() {
        for frame in waiting { frame.free() }
        waiting = []
        jumpSeconds = nil
    }

    private typealias Span = VideoTrack.Span

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

    /// Stated display time of the picture after `frame`; nil at the end, or where none is stated.
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
