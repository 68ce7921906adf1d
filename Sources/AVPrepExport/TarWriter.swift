import AVPrepCore
import CArchive

/// Writes a tar archive (POSIX ustar, with pax headers where a name or size needs them), member after member.
///
/// Members carry no owner and no time, so the same members give the same bytes.
package final class TarWriter {
    private let path: String
    private var archive: OpaquePointer?
    private let entry: OpaquePointer

    /// - Parameter path: where to write; a temporary path (``AtomicFile``).
    /// - Throws: ``Failure`` when the file cannot be made.
    package init(path: String) throws {
        guard let archive = archive_write_new(), let entry = archive_entry_new() else {
            preconditionFailure("libarchive found no memory for an archive")
        }
        self.path = path
        self.archive = archive
        self.entry = entry
        try check(archive_write_set_format_pax_restricted(archive), "begin")
        // Blocks of 10 KiB are tar's habit; the last one is not filled up.
        try check(archive_write_set_bytes_in_last_block(archive, 1), "begin")
        try check(archive_write_open_filename(archive, path), "create")
    }

    deinit {
        if let archive { archive_write_free(archive) }
        archive_entry_free(entry)
    }

    /// Adds a regular file.
    ///
    /// - Parameter name: ASCII: what else tar may write in a name depends on the locale.
    /// - Throws: ``Failure`` when the disk refuses.
    package func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        guard let archive else { preconditionFailure("a member after the end of \(path)") }
        precondition(name.utf8.allSatisfy { $0 < 0x80 }, "\(name) is not ASCII")
        archive_entry_clear(entry)
        archive_entry_set_pathname(entry, name)
        archive_entry_set_size(entry, Int64(bytes.count))
        archive_entry_set_filetype(entry, avprep_ae_ifreg)
        archive_entry_set_perm(entry, 0o644)
        try check(archive_write_header(archive, entry), "add \(name) to")
        guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else {
            throw failure("write \(name) to")
        }
    }

    package func add(_ name: String, _ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try add(name, $0) } }

    /// Ends the archive. Without it the file is not whole.
    package func finish() throws {
        guard let archive else { preconditionFailure("\(path) ends twice") }
        try check(archive_write_close(archive), "end")
        self.archive = nil
        try check(archive_write_free(archive), "end")
    }

    private func check(_ status: Int32, _ doing: String) throws {
        if status != ARCHIVE_OK { throw failure(doing) }
    }

    private func failure(_ doing: String) -> Failure {
        let reason = archive.flatMap { archive_error_string($0) }.map { String(cString: $0) } ?? "unknown trouble"
        return Failure("cannot \(doing) \(path): \(reason); make space or give another folder")
    }
}
