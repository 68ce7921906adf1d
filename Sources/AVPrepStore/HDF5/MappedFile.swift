import AVPrepCore
import CMapping
import Foundation

/// A file mapped into memory, read-only, as long as this object lives.
///
/// Files of this format are replaced by a rename and never changed in place. One that somebody cuts nevertheless while it is
/// mapped, or whose disk fails, ends the process at the read that finds no bytes (SIGBUS), with one line that names it: no
/// value could be given to the reader, and files that are being written appear by a rename, so nothing is half done.
final class MappedFile: @unchecked Sendable {
    // Sendable: the bytes are never written.
    let bytes: UnsafeRawBufferPointer
    /// What the handler of SIGBUS knows of it.
    private let note: UnsafeMutableRawPointer

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
        guard let note = avprep_mapping_add(start, count, path) else {
            Self.unmap(start, count)
            throw StoreError(.unreadable, "cannot map \(path) into memory: \(systemError(ENOMEM))")
        }
        self.note = note
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit {
        avprep_mapping_remove(note)
        Self.unmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }

    /// It can fail only for arguments that are wrong.
    private static func unmap(_ start: UnsafeMutableRawPointer?, _ count: Int) {
        let status = munmap(start, count)
        precondition(status == 0, "munmap of what was mapped: \(systemError())")
    }
}
