import AVPrepCatalog
import AVPrepModel

/// Decisions as text for `avprep inspect`.
enum DecisionText {
    /// Largest number of segments listed individually.
    private static let limit = 40

    /// One row per segment, with a label, and one for the rest.
    ///
    /// - Parameter times: the label of each segment, e.g. its position in the video.
    static func rows(_ segments: [DecidedSegment], times: [String]) -> [[String]] {
        let rows = zip(segments, times).prefix(limit).map { segment, time in ["  \(time)", line(segment)] }
        let rest = segments.count - rows.count
        return rest > 0 ? rows + [["  …", "\(rest) more segments"]] : rows
    }

    /// One line: the decision on the segment, with the flags and measures that led to it.
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
            text += " (\(QuantityText.number(value)) \(measure.unit)".trimmed
            if let threshold = flag.threshold, threshold != 0 {
                text += ", threshold \(QuantityText.number(threshold))"
            }
            text += ")"
        }
        text += " \(flag.verdict)"
        if flag.flag == SegmentFlags.skewed.name, flag.verdict == SegmentDecision.Verdict.fixed.word,
            let offset = flag.value
        {
            text += ": sound moved \(QuantityText.number(-offset)) s later"
        }
        return text
    }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
