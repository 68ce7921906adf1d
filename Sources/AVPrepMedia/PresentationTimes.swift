import CFFmpeg

/// Takes a stream's ticks to seconds on the presentation clock, distrusting them.
struct PresentationTimes {
    private let timeBase: AVRational
    /// The start the container states, in seconds.
    let streamStart: Double?

    /// Times beyond ± 30 years are damage, not times; refusing them keeps all arithmetic in range.
    private static let limit = 1e9

    init(of stream: UnsafePointer<AVStream>) {
        timeBase = stream.pointee.time_base
        streamStart = Self.seconds(stream.pointee.start_time, timeBase)
    }

    /// nil where the stream does not say, or says nonsense.
    func seconds(at ticks: Int64) -> Double? { Self.seconds(ticks, timeBase) }

    /// A stated duration in seconds; nil when there is none.
    func duration(of ticks: Int64) -> Double? {
        ticks > 0 ? Self.seconds(ticks, timeBase) : nil
    }

    /// The tick nearest to `seconds`.
    func tick(at seconds: Double) -> Int64 {
        timeBase.num > 0 ? Int64((min(max(seconds, -Self.limit), Self.limit) / timeBase.value).rounded(.down)) : 0
    }

    private static func seconds(_ ticks: Int64, _ timeBase: AVRational) -> Double? {
        guard ticks != avprep_nopts else { return nil }
        let seconds = Double(ticks) * timeBase.value
        return abs(seconds) < limit ? seconds : nil
    }
}
