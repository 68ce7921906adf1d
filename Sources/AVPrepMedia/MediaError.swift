package import AVPrepCore

/// A media file cannot be read, decoded or written.
package struct MediaError: ActionableError, Equatable {
    /// The kind of error: outcomes are counted by it.
    package enum Code: String, Sendable, Codable {
        /// The operating system cannot open or read the file.
        case unreadable
        /// The operating system failed while the file was opened or read, for a reason that passes.
        case readError = "read-error"
        /// The file was written to, cut or replaced while it was read.
        case changing
        /// The system ended the decoder process, most likely for lack of memory.
        case killed
        /// The file is something else, or libavformat does not recognise a container.
        case notMedia = "not-media"
        /// No byte of content: the file is empty, or filled with zeros.
        case empty
        /// The file only names media that are elsewhere: a playlist, a Git LFS pointer, a shortcut, a torrent.
        case pointer
        /// What a server sent instead of the file: a web page, JSON, XML.
        case errorPage = "error-page"
        /// An archive, or a compressed file.
        case archive
        /// A stream has no decoder.
        case unsupported
        /// The file or a stream that is needed is encrypted.
        case encrypted
        /// There are streams, but nothing or nearly nothing of one decodes.
        case corrupt
        /// More pixels, streams, packets or hours than ``MediaLimits`` allow.
        case limit = "over-limit"
        /// Decoding takes too long, or makes no progress.
        case timeLimit = "time-limit"
        /// Decoding takes too much memory.
        case memoryLimit = "memory-limit"
        /// The file crashed its decoder process.
        case crashed
        /// The decoder process sent an invalid or impossible message.
        case untrustworthy
        /// Encoding or writing failed.
        case encode
    }

    package let code: Code
    /// One line: what failed, in which file, where, and the library's own message.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { code == .encode ? .failed : .badInput }
}

extension MediaError {
    /// What to do about an encrypted file.
    static let decrypt = "get it unencrypted, or leave it out"

    /// - Parameters:
    ///   - offset: of the byte that could not be read.
    ///   - error: the `errno`.
    package static func unread(_ path: String, at offset: Int, _ error: Int32) -> MediaError {
        MediaError(.readError, "cannot read \(path) at byte \(offset): \(systemError(error))")
    }

    /// - Parameters:
    ///   - offset: where the file ends now.
    ///   - size: when it was opened.
    package static func shortened(_ path: String, at offset: Int, of size: Int) -> MediaError {
        MediaError(
            .changing, "\(path) was cut while it was read: it had \(size) bytes, and ends before byte \(offset + 1) now"
        )
    }

    /// - Parameter seconds: the limit for this file.
    package static func tooSlow(_ path: String, seconds: Double) -> MediaError {
        MediaError(
            .timeLimit,
            "\(path) takes longer than \(Int(seconds.rounded())) s to decode; raise ingest.limits.max_seconds or leave it out"
        )
    }

    /// - Parameter seconds: the limit on CPU time for this file.
    package static func tooMuchWork(_ path: String, seconds: Double) -> MediaError {
        MediaError(
            .timeLimit,
            "\(path) takes more than \(Int(seconds.rounded())) s of CPU time to decode; raise ingest.limits.max_cpu_seconds or "
                + "leave it out")
    }

    package static func tooLarge(_ path: String, megabytes: Int) -> MediaError {
        MediaError(
            .memoryLimit,
            "\(path) takes more memory to decode than ingest.limits.max_memory_mb (\(megabytes)); raise it or leave the file out"
        )
    }

    /// - Parameters:
    ///   - width: of the frames that a pass would deliver.
    ///   - maxPixels: the limit.
    package static func framesTooLarge(_ path: String, width: Int, height: Int, maxPixels: Int) -> MediaError {
        MediaError(
            .limit,
            "\(path): frames of \(width) × \(height) are over ingest.limits.max_pixels (\(maxPixels)); raise it or leave the "
                + "file out")
    }

    package static func tooLong(_ path: String, hours: Double) -> MediaError {
        MediaError(.limit, "\(path) is longer than ingest.limits.max_hours (\(hours)); raise it or leave the file out")
    }
}
