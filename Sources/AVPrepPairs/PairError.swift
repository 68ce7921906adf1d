package import AVPrepCore

/// Pairs cannot be drawn with these settings or segments.
package struct PairError: ActionableError, Equatable {
    /// The kind of error.
    package enum Code: String, Sendable, Codable {
        /// A setting is invalid.
        case settings
        /// A segment's numbers are invalid, or contradict another segment's.
        case source
        /// No segment is as long as the clip.
        case nothingToPair = "nothing-to-pair"
        /// Easy negatives need two videos of different groups.
        case noEasyNegatives = "no-easy-negatives"
        /// No segment can give a hard negative.
        case noHardNegatives = "no-hard-negatives"
        /// No segment can give a super-hard negative.
        case noSuperHardNegatives = "no-super-hard-negatives"
    }

    package let code: Code
    /// One line: what cannot be drawn, from which input, why, and what to do.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { .badInput }
}
