import AVPrepCore
import Foundation

/// A regular file that is open for reading. Everything that reads one media file shares it, each with a place of its own
/// in the file: nobody opens a path twice, so a file that is replaced meanwhile is not read half and half.
package final class LocalFile: Sendable {
    /// Names the file in messages; it is not opened again.
    package let path: String
    /// Bytes, when it was opened.
    package let size: Int
    /// Open as long as this object lives.
    package let descriptor: Int32

    /// - Throws: ``MediaError`` with `unreadable` when the path is missing, forbidden or not a regular file.
    package convenience init(path: String) throws(MediaError) {
        // Not blocking, or opening a named pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw MediaError(.unreadable, "cannot open \(path): \(systemError())") }
        try self.init(adopting: descriptor, path: path)
    }

    /// Takes over a descriptor that is open for reading, and closes it in the end.
    ///
    /// - Throws: ``MediaError`` with `unreadable` when it is no regular file's; it is closed then too.
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
