import AVPrepCore
import CHDF5
import Foundation

/// The location of a contiguous dataset's rows in the file.
struct PackedPiece {
    /// In bytes from the start of the file; nil if there are no rows.
    let offset: Int?
    let rows: Int
    let rowBytes: Int

    /// On HDF5's queue.
    init(_ dataset: HDF5.Dataset) {
        offset = dataset.contiguousOffset()
        rows = dataset.rows
        rowBytes = dataset.rowBytes
    }
}

/// The datasets of one track.
struct PackedTrack {
    let track: Track
    let rows: PackedPiece
    let offsets: PackedPiece?

    /// On HDF5's queue.
    init(_ datasets: TrackDatasets) {
        track = datasets.track
        rows = PackedPiece(datasets.rows)
        offsets = datasets.offsets.map { PackedPiece($0) }
    }
}

/// A shard that HDF5 has created and closed, with space for all rows, which are then written into it directly.
final class PackedFile {
    private let path: String
    private let descriptor: Int32
    private var isOpen = true
    /// Bytes written since the system was last asked to write them to disk.
    private var heldBytes = 0
    /// Number of bytes after which it is asked, so that the disk works while others are copied, and the final flush is
    /// short.
    private static let mostHeldBytes = 8 << 20

    /// Opens the file, and reserves its space if the file system can, so that a full disk is detected before anything
    /// is copied.
    ///
    /// - Throws: ``StoreError`` when the disk is too small.
    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("examine", path) }
        try Self.setAside(Int(status.st_size), descriptor, path)
    }

    deinit {
        if isOpen { Foundation.close(descriptor) }
    }

    /// Checks that the disk has space for a file of this size, without keeping one.
    static func reserve(_ bytes: Int, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { Foundation.close(descriptor) }
        try setAside(bytes, descriptor, path)
        guard ftruncate(descriptor, 0) == 0 else { throw failure("write", path) }
    }

    private static func setAside(_ bytes: Int, _ descriptor: Int32, _ path: String) throws {
        #if os(Linux)
            // Not posix_fallocate, which writes the whole file where the file system cannot reserve space.
            guard avprep_fallocate(descriptor, Int64(bytes)) != 0 else { return }
            guard errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL else { throw failure("write", path) }
        #endif
    }

    /// Writes rows of a dataset, starting at row `row`.
    func write(_ bytes: UnsafeRawBufferPointer, to piece: PackedPiece, row: Int) throws {
        guard bytes.count > 0 else { return }
        guard let offset = piece.offset, row >= 0, bytes.count <= (piece.rows - row) * piece.rowBytes else {
            preconditionFailure("rows outside of their dataset in \(path)")
        }
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + row * piece.rowBytes + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure("write", path)
            }
            done += count
        }
        heldBytes += bytes.count
        if heldBytes >= Self.mostHeldBytes { startWriting() }
    }

    private func startWriting() {
        heldBytes = 0
        #if os(Linux)
            avprep_start_writing(descriptor)
        #endif
    }

    /// - Throws: ``StoreError`` when a delayed write failed.
    func close() throws {
        startWriting()
        isOpen = false
        guard Foundation.close(descriptor) == 0 else { throw Self.failure("finish", path) }
    }

    private static func failure(_ doing: String, _ path: String) -> StoreError {
        StoreError(.unwritable, "cannot \(doing) \(path): \(systemError()); make room on the disk")
    }
}
