package import AVPrepCore
import Foundation

/// A regular file that is open for reading. All readers of one media file share it, each with its own offset: the path
/// is opened once, so a file replaced meanwhile is never read in part from the old and in part from the new.
package final class LocalFile: Sendable {
    /// The file's escaped name, for messages; it is not opened again.
    package let path: String
    /// Size in bytes when it was opened.
    package let size: Int
    /// Open for the lifetime of this object.
    package let descriptor: Int32

    /// - Throws: ``MediaError`` with `unreadable` when the path is missing, not permitted or not a regular file.
    package convenience init(path: some PathConvertible) throws(MediaError) {
        // Non-blocking, because opening a named pipe would wait for its writer.
        let path = path.bytePath
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw MediaError(.unreadable, "cannot open \(path): \(systemError())") }
        try self.init(adopting: descriptor, path: path.escaped)
    }

    /// Takes ownership of a descriptor open for reading, and closes it at the end.
    ///
    /// - Throws: ``MediaError`` with `unreadable` when it is not a regular file; the descriptor is closed then too.
    package init(adopting descriptor: Int32, path: String) throws(MediaError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MediaError(.unreadable, "cannot open \(path): not a regular file")
        }
        self.descriptor = descriptor
        self.path = path
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }
}
