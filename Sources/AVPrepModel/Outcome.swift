/// The result of one stage for one item. The catalog holds one for every item; none is dropped without a reason.
package enum Outcome: Sendable, Equatable {
    /// The stage's result is on disk, complete.
    case done
    /// The item cannot or should not pass this stage, by a rule; this is not an error of the run.
    case skipped(Reason)
    /// The stage failed on this item. `retry` tries it again.
    case failed(Reason)

    /// `done`, `skipped` or `failed`: the word used in the catalog and in `--json`.
    package var status: String {
        switch self {
        case .done: "done"
        case .skipped: "skipped"
        case .failed: "failed"
        }
    }

    /// The reason, for every outcome but `done`.
    package var reason: Reason? {
        switch self {
        case .done: nil
        case .skipped(let reason), .failed(let reason): reason
        }
    }

    /// The same with a note after the reason's line; `done` has none.
    package func adding(_ note: String?) -> Outcome {
        guard let note else { return self }
        return switch self {
        case .done: .done
        case .skipped(let reason): .skipped(Reason(reason.code, "\(reason.detail); \(note)"))
        case .failed(let reason): .failed(Reason(reason.code, "\(reason.detail); \(note)"))
        }
    }

    /// Why an item was skipped or failed: a code to count by and a line to read.
    package struct Reason: Sendable, Equatable, Codable {
        /// A word from a fixed list, e.g. `no-audio`; reports group by it.
        package let code: String
        /// One line for people, with the measured value, time or library message.
        package let detail: String

        package init(_ code: String, _ detail: String) {
            self.code = code
            self.detail = detail
        }

        /// The file is missing, not permitted, or no regular file.
        package static let unreadable = "unreadable"
        /// A manifest names it, and its file is not there. It is looked for by every scan; so it is not told again.
        package static let missingFile = "missing-file"
        /// The system failed while the file was opened or read.
        package static let readError = "read-error"
        /// The file was written to or replaced meanwhile.
        package static let changing = "changing"
        /// The system ended the process that decoded the file.
        package static let killed = "killed"
        /// A server could not be reached, or broke off.
        package static let downloadError = "download-error"

        /// The codes of causes that lie outside of the file's content, so that they can pass while the file stays as it is:
        /// the next run tries again, without being asked to. All others wait for `--retry`, or for another content.
        package static let passingCodes: Set<String> = [
            unreadable, readError, changing, killed, downloadError,
        ]

        /// Whether the next run tries again.
        package var isPassing: Bool { Self.passingCodes.contains(code) }
    }
}
