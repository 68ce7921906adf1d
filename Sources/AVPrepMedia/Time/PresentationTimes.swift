import AVPrepModel
import CFFmpeg

/// Converts a stream's ticks to seconds on the presentation clock, through its edit list where it has one, and
/// validates them.
struct PresentationTimes {
    private let timeBase: AVRational
    /// The presented parts of the stream; empty where all of it is presented, at its own time.
    private let edits: [Edit]
    /// Start stated by the container, in seconds.
    let streamStart: Double?
    /// Presented duration of the stream stated by the container, in seconds.
    let streamDuration: Double?

    /// The position of a media time on the presentation clock.
    enum Moment: Equatable {
        /// Presented at this time.
        case shown(at: Double)
        /// Not presented, but a picture that starts then may last until this later time, from which it is presented.
        case cut(until: Double)
        /// After everything that is presented.
        case over
    }

    /// An audible part of a piece of audio.
    struct Portion: Equatable {
        /// Start, in seconds from the beginning of the piece.
        var offset: Double
        /// Length in seconds.
        var length: Double
        /// Presentation time, in seconds.
        var start: Double
    }

    /// Rejecting later times keeps all arithmetic in range.
    private static let limit = Segment.latestSeconds
    /// The largest tick that we ask libavformat for.
    private static let largestTick = 9e18
    /// Rounding of ticks, in seconds: far below a sample.
    private static let sliver = 1e-7

    init(of stream: UnsafePointer<AVStream>, edits: [Edit] = []) {
        timeBase = stream.pointee.time_base
        self.edits = edits
        let stated = Self.seconds(stream.pointee.start_time, timeBase)
        let length = stream.pointee.duration > 0 ? Self.seconds(stream.pointee.duration, timeBase) : nil
        let shown = edits.map { min($0.mediaEnd, max($0.mediaStart, length ?? .infinity)) - $0.mediaStart }
        let total = shown.reduce(0, +)
        streamDuration = edits.isEmpty ? length : total.isFinite ? total : length
        streamStart = edits.first?.start ?? stated
    }

    /// Seconds on the stream's own clock; nil for a missing or invalid timestamp.
    func mediaSeconds(at ticks: Int64) -> Double? { Self.seconds(ticks, timeBase) }

    /// The position of a time of the stream's own clock on the presentation clock.
    func moment(ofMedia seconds: Double) -> Moment {
        if edits.isEmpty { return .shown(at: seconds) }
        guard let edit = edits.first(where: { seconds < $0.mediaEnd - Self.sliver }) else { return .over }
        let ahead = seconds - edit.mediaStart
        return ahead >= -Self.sliver ? .shown(at: edit.start + max(0, ahead)) : .cut(until: edit.start)
    }

    /// Seconds after the media time `seconds` at which media starting then is cut; infinite where it is not.
    func lengthShown(fromMedia seconds: Double) -> Double {
        (edits.first { seconds < $0.mediaEnd - Self.sliver }?.mediaEnd ?? .infinity) - seconds
    }

    /// The audible parts of `[seconds, seconds + length)` on the stream's own clock.
    func portions(ofMedia seconds: Double, length: Double) -> [Portion] {
        if edits.isEmpty { return [Portion(offset: 0, length: length, start: seconds)] }
        return edits.compactMap { edit in
            let first = max(seconds, edit.mediaStart)
            let end = min(seconds + length, edit.mediaEnd)
            guard end > first + Self.sliver else { return nil }
            return Portion(offset: first - seconds, length: end - first, start: edit.start + first - edit.mediaStart)
        }
    }

    /// Whether nothing from the media time `seconds` on is presented.
    func isOver(atMedia seconds: Double) -> Bool { moment(ofMedia: seconds) == .over }

    /// Presentation time of a tick, extrapolating the first edit backwards.
    func seconds(at ticks: Int64) -> Double? {
        guard let media = mediaSeconds(at: ticks) else { return nil }
        let edit = edits.last { $0.mediaStart <= media } ?? edits.first
        return edit.map { $0.start + media - $0.mediaStart } ?? media
    }

    /// Presentation time at which media that end at `seconds` of the stream's own clock end.
    func presentedEnd(ofMedia seconds: Double) -> Double {
        guard let edit = edits.last(where: { $0.mediaStart < seconds }) else { return seconds }
        return edit.start + min(seconds, edit.mediaEnd) - edit.mediaStart
    }

    /// A stated duration in seconds; nil when there is none.
    func duration(of ticks: Int64) -> Double? {
        ticks > 0 ? Self.seconds(ticks, timeBase) : nil
    }

    /// The tick at or before the presentation time `seconds`.
    func tick(at seconds: Double) -> Int64 {
        guard timeBase.num > 0 else { return 0 }
        let edit = edits.last { $0.start <= seconds } ?? edits.first
        let media = edit.map { $0.mediaStart + seconds - $0.start } ?? seconds
        let tick = min(max(media, -Self.limit), Self.limit) / timeBase.value
        return Int64(min(max(tick, -Self.largestTick), Self.largestTick).rounded(.down))
    }

    private static func seconds(_ ticks: Int64, _ timeBase: AVRational) -> Double? {
        guard ticks != avprep_nopts else { return nil }
        let seconds = Double(ticks) * timeBase.value
        return abs(seconds) < limit ? seconds : nil
    }
}
