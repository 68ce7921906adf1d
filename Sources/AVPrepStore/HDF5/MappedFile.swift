import AVPrepCore
import Foundation

/// A file's bytes in memory, read-only, as long as this object lives.
///
/// The file must not be cut shorter while it is mapped: reading past its new end ends the process (SIGBUS). Files of
/// this format are replaced by a rename, never changed in place, so this takes somebody's `truncate`.
final class MappedFile: @unchecked Sendable {
    // Sendable: the bytes are never written.
    let bytes: UnsafeRawBufferPointer

    init(_ path: String) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw StoreError(.unreadable, "cannot open \(path): \(systemError()); \(HDF5.remedy(.unreadable))")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw StoreError(.unreadable, "cannot read \(path): \(systemError()); \(HDF5.remedy(.unreadable))")
        }
        guard status.st_size > 0 else { throw StoreError.damaged(path, "it is empty") }
        let count = Int(status.st_size)
        guard let start = mmap(nil, count, PROT_READ, MAP_SHARED, file, 0), start != MAP_FAILED else {
            throw StoreError(
                .unreadable, "cannot map \(path) into memory: \(systemError()); \(HDF5.remedy(.unreadable))")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
