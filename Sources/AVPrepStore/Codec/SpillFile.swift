import AVPrepCore
import Foundation
import Synchronization

/// A file without a name, for what does not fit into memory: its space is free again when it is closed, however the
/// process ends.
final class SpillFile: Sendable {
    private let descriptor: Int32
    private let folder: String
    private let length = Mutex(0)

    /// Bytes in it.
    var count: Int { length.withLock { $0 } }

    /// - Throws: ``StoreError`` with code `unwritable`.
    init(in folder: String) throws {
        self.folder = folder
        // Not O_TMPFILE, which network file systems lack. Killed before the next line, it leaves an empty file that counts
        // as litter.
        let path = AtomicFile.temporaryPath(for: "\(folder)/waiting-\(UUID().uuidString)")
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(folder) }
        unlink(path)
    }

    deinit { close(descriptor) }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        let start = count
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start + done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(folder) }
            done += written
        }
        length.withLock { $0 = start + bytes.count }
    }

    /// Fills `target` with the bytes from `position` on.
    func read(_ position: Int, into target: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < target.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(position + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(folder) }
            done += count
        }
    }

    private static func failure(_ folder: String) -> StoreError {
        StoreError(
            .unwritable,
            "cannot keep pictures of a segment in a file in \(folder): \(systemError()); make room on the disk, or lower "
                + "ingest.segment_seconds")
    }
}
