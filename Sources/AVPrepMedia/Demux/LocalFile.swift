package import AVPrepCore
import Foundation

/// A regular file that is open for reading. All readers of one media file share it, each with its own offset: the path
/// is opened once, so a file replaced meanwhile is never read in part from the old and in part from the new.
package final class LocalFile: Sendable {
    /// Reads as `pread` does: the number of bytes, 0 at the end, or -1 with `errno` set.
    package typealias Reader =
        @Sendable (_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int, _ offset: Int) -> Int

    /// Reads with `pread`.
    package static let systemReader: Reader = { pread($0, $1, $2, off_t($3)) }

    /// The file's escaped name, for messages; it is not opened again.
    package let path: String
    /// Size in bytes when it was opened.
    package let size: Int
    /// Open for the lifetime of this object.
    package let descriptor: Int32
    private let reader: Reader

    /// - Throws: ``MediaError`` with `unreadable` when the path is missing, not permitted or not a regular file, and with
    ///   `readError` when the system could not say for a reason that passes.
    package convenience init(path: some PathConvertible) throws(MediaError) {
        let path = path.bytePath
        // Non-blocking, because opening a named pipe would wait for its writer.
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard descriptor >= 0 else {
            let error = errno
            throw MediaError(
                PassingCause.isPassing(error) ? .readError : .unreadable, "cannot open \(path): \(systemError(error))")
        }
        try self.init(adopting: descriptor, path: path.escaped)
    }

    /// Takes ownership of a descriptor open for reading, and closes it at the end.
    ///
    /// - Parameter reader: reads its bytes; tests give one that fails.
    /// - Throws: ``MediaError`` with `unreadable` when it is not a regular file, or `readError` when the system could not
    ///   say; the descriptor is closed then too.
    package init(
        adopting descriptor: Int32, path: String, reader: @escaping Reader = systemReader
    ) throws(MediaError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = errno
            close(descriptor)
            throw MediaError(.readError, "cannot open \(path): \(systemError(error))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MediaError(.unreadable, "cannot open \(path): it is not a regular file")
        }
        self.descriptor = descriptor
        self.path = path
        self.reader = reader
        size = Int(status.st_size)
    }

    /// Reads up to `count` bytes from `offset` on.
    ///
    /// - Returns: the number of bytes, 0 at the end of the file, or -1 with `errno` set.
    func read(into buffer: UnsafeMutableRawPointer?, count: Int, at offset: Int) -> Int {
        reader(descriptor, buffer, count, offset)
    }

    deinit { close(descriptor) }
}
