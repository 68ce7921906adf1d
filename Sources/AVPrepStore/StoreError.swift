package import AVPrepCore

/// Something is wrong with a stored file or the disk it lies on.
package struct StoreError: ActionableError, Equatable {
    package enum Code: String, Sendable {
        /// The system would not read it: absent, no right, too many open files, a device error. It may be whole.
        case unreadable
        /// The disk refuses: no room, no right, a device error.
        case unwritable
        /// Read, and not a file of this format.
        case foreign
        /// Written by a newer avprep, in a format this one does not know.
        case newerFormat
        /// The content contradicts itself: offsets, ranges, types or counts.
        case damaged
        /// Files that hold different things cannot go into one shard.
        case layoutMismatch
        /// A picture's bytes cannot be decoded, or a picture cannot be encoded.
        case picture
    }

    /// Whether the file was read and is not what avprep writes: the only reason to make it again. What could not be read,
    /// or is of a newer avprep, may be whole.
    package var isDamage: Bool { [.damaged, .foreign, .picture].contains(code) }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { code == .unwritable ? .failed : .badInput }

    /// A file whose content contradicts itself.
    static func damaged(_ path: String, _ what: String) -> StoreError {
        StoreError(.damaged, "\(path) is damaged: \(what); make the file again")
    }
}
