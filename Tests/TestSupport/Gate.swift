import Foundation

/// Whether tests are skipped where the outsider that they compare with is missing: Python's libraries, the engine, ffmpeg.
package enum Gate {
    /// `CI=true`, as in the gate: nothing is skipped for that. A test whose outsider is missing runs there, and fails.
    package static let isStrict = isStrict(ProcessInfo.processInfo.environment)

    /// Whether a test runs, by whether its outsider is there.
    package static func runs(_ isThere: Bool, isStrict: Bool = Gate.isStrict) -> Bool { isThere || isStrict }

    package static func isStrict(_ environment: [String: String]) -> Bool { environment["CI"] == "true" }
}
