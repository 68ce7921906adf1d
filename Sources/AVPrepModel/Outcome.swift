/// What became of one item in one stage. Every item has one, in the catalog; none is lost without a reason.
package enum Outcome: Sendable, Equatable {
    /// The stage's result lies on disk, complete.
    case done
    /// The item cannot or should not pass this stage, by a rule: nothing is wrong with the run.
    case skipped(Reason)
    /// The stage broke on this item. `retry` tries it again.
    case failed(Reason)

    /// `done`, `skipped` or `failed`: the word in the catalog and in `--json`.
    package var status: String {
        switch self {
        case .done: "done"
        case .skipped: "skipped"
        case .failed: "failed"
        }
    }

    /// Why, for everything but `done`.
    package var reason: Reason? {
        switch self {
        case .done: nil
        case .skipped(let reason), .failed(let reason): reason
        }
    }

    /// Why an item was skipped or failed: a code to count by, and a line to read.
    package struct Reason: Sendable, Equatable, Codable {
        /// A word from a fixed list, e.g. `no-audio`: what reports group by.
        package let code: String
        /// One line for a person, with the measured value, time or library message.
        package let detail: String

        package init(_ code: String, _ detail: String) {
            self.code = code
            self.detail = detail
        }
    }
}
