package import AVPrepCore

/// What an audit found.
package struct AuditReport: Sendable, Codable {
    package enum Verdict: String, Sendable, Codable {
        /// A probe tells what it must not.
        case leak
        /// No more than chance, as far as can be seen with these pairs.
        case chance
        /// More than chance for certain, but less than what is called a leak.
        case trace
        /// The inside of the pictures tells as much: it is what they show, and no frame around them.
        case content
        /// Too few pairs or videos: even a large leak would go unseen.
        case cannotTell = "cannot-tell"
    }

    /// One probe on one question.
    package struct Row: Sendable, Codable {
        package let set: String
        /// In words, such as `positive / hard`.
        package let task: String
        package let probe: AuditProbe
        /// Examples of both labels.
        package let examples: Int
        package let videos: Int
        /// Independent examples that would be as certain.
        package let effectiveExamples: Double
        /// Mean accuracy of the two labels; chance is 0.5.
        package let accuracy: Double
        /// Its 95 % interval.
        package let low: Double
        package let high: Double
        /// For `border` and the direction of time, the accuracy of strips and corners in the middle of the picture: only what
        /// the border tells beyond that is a leak. Else nil.
        package let control: Double?
        /// The probability of that by chance, or of that much more than ``control``: alone, and corrected for the number of
        /// rows.
        package let probability: Double
        package let adjustedProbability: Double
        /// Accuracies from here on would have been found, four times out of five.
        package let detectable: Double
        package let verdict: Verdict
        /// What it sees, and what to do about it; empty but for what is told for certain.
        package let advice: String
    }

    /// A probe that had nothing to see.
    package struct Skipped: Sendable, Codable {
        package let set: String
        package let task: String
        package let probe: AuditProbe
        package let reason: String
    }

    package let settings: AuditSettings
    package let rows: [Row]
    package let skipped: [Skipped]

    package var leaks: [Row] { rows.filter { $0.verdict == .leak } }
    package var undecided: [Row] { rows.filter { $0.verdict == .cannotTell } }

    /// A leak is bad data; where nothing leaks but something could not be told, the audit is not done with all of it.
    package var exitStatus: ExitStatus { !leaks.isEmpty ? .badInput : undecided.isEmpty ? .done : .doneWithFailures }
}
