import AVPrepCatalog
import AVPrepModel

/// Decisions as people read them: `avprep inspect`.
enum DecisionText {
    /// At most so many segments are told one by one.
    private static let limit = 40

    /// A row a segment, with a label, and one for the rest.
    ///
    /// - Parameter times: what each segment is called, e.g. its place in the video.
    static func rows(_ segments: [DecidedSegment], times: [String]) -> [[String]] {
        let rows = zip(segments, times).prefix(limit).map { segment, time in ["  \(time)", line(segment)] }
        let rest = segments.count - rows.count
        return rest > 0 ? rows + [["  …", "\(rest) more segments"]] : rows
    }

    /// One line: what became of the segment, and by which flags with which measures.
    static func line(_ segment: DecidedSegment) -> String {
        let order = SegmentDecision.Verdict.dropped.word
        let flags = segment.flags.sorted {
            ($1.verdict == order ? 1 : 0, $0.flag) < ($0.verdict == order ? 1 : 0, $1.flag)
        }
        return ([segment.verdict] + flags.map(text)).joined(separator: "; ")
    }

    private static func text(_ flag: DecidedSegment.Flag) -> String {
        var text = flag.flag
        if let name = flag.measure, let measure = SegmentMeasure(rawValue: name), let value = flag.value {
            text += " (\(Quantity.number(value)) \(measure.unit)".trimmed
            if let threshold = flag.threshold, threshold != 0 {
                text += ", threshold \(Quantity.number(threshold))"
            }
            text += ")"
        }
        return "\(text) \(flag.verdict)"
    }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
