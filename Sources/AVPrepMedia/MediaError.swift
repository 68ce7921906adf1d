package import AVPrepCore

/// A media file cannot be read, decoded or written.
package struct MediaError: ActionableError, Equatable {
    /// What kind of trouble: the word that outcomes are counted by.
    package enum Code: String, Sendable, Codable {
        /// The operating system does not open or read the file.
        case unreadable
        /// libavformat finds no container in it.
        case notMedia = "not-media"
        /// A stream is there, but no decoder for it, or it is encrypted.
        case unsupported
        /// Streams are there, yet nothing, or nearly nothing, of one decodes.
        case corrupt
        /// Past one of ``MediaLimits``.
        case limit = "over-limit"
        /// Encoding or writing failed.
        case encode
    }

    package let code: Code
    /// One line: what failed, in which file, where, and the library's own words.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { code == .encode ? .failed : .badInput }
}
