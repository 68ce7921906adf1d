import AVPrepCore
package import AVPrepModel

/// What an audit looks at, and what it calls a leak.
package struct AuditSettings: Sendable, Equatable, Codable {
    package enum Question: String, Sendable, Codable, CaseIterable {
        /// Positives from negatives, as the pair sets have them.
        case labels
        /// Clips from the same clips played backwards.
        case direction
    }

    /// Names of pair sets; empty stands for all.
    package var sets: [String] = []
    /// Empty stands for all.
    package var splits: [Split] = []
    package var probes = AuditProbe.allCases
    package var questions = Question.allCases
    /// Pairs of each set that are looked at.
    package var limit = 4000
    /// Smallest excess over chance that is called a leak, as a share.
    package var minEffect = 0.02
    /// Smallest excess over what the inside of the pictures tells that is called a leak of the border's, as a share: strips there
    /// see the same things from other places, and so never tell quite the same.
    package var minControlEffect = 0.05
    /// A test that would miss a larger excess than this cannot tell.
    package var resolution = 0.1
    /// Probability that the audit of a clean corpus finds any leak.
    package var level = 0.01
    /// Chooses pairs and folds.
    package var seed: UInt64 = 1

    package init() {}

    /// - Throws: ``Failure`` naming what makes no sense.
    func validate() throws {
        func require(_ holds: Bool, _ text: String) throws {
            if !holds { throw Failure(text, exitStatus: .usage) }
        }
        try require(limit >= 16, "--limit is \(limit); give at least 16 pairs")
        try require((0..<0.5).contains(minEffect), "--min-effect is \(minEffect); give a share from 0 to 0.5")
        try require(resolution > 0 && resolution <= 0.5, "--resolution is \(resolution); give a share up to 0.5")
        try require(level > 0 && level < 0.5, "a level of \(level); give a probability")
    }
}
