import AVPrepCore
import CHDF5
import Foundation

/// Where a dataset that HDF5 has laid out in one piece takes its rows.
struct PackedPiece {
    /// Bytes from the start of the file; nil where there are no rows.
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

/// The pieces of one track.
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

/// A shard that HDF5 has made and closed, with room for all rows: they are written into it directly.
final class PackedFile {
    private let path: String
    private let descriptor: Int32
    private var isOpen = true
    /// Bytes written since the system was last asked to bring them to the disk.
    private var heldBytes = 0
    /// Bytes after which it is asked: so the disk works while others are copied, and the flush at the end is short.
    private static let mostHeldBytes = 8 << 20

    /// Opens the file, and has the file system set its room aside where it can, so that a disk which is too small shows
    /// before anything is copied.
    ///
    /// - Throws: ``StoreError`` when the disk is too small.
    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("look at", path) }
        try Self.setAside(Int(status.st_size), descriptor, path)
    }

    deinit {
        if isOpen { Foundation.close(descriptor) }
    }

    /// Makes sure that a file of this size would find room, without making it.
    static func reserve(_ bytes: Int, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { Foundation.close(descriptor) }
        try setAside(bytes, descriptor, path)
        guard ftruncate(descriptor, 0) == 0 else { throw failure("write", path) }
    }

    private static func setAside(_ bytes: Int, _ descriptor: Int32, _ path: String) throws {
        #if os(Linux)
            // Not posix_fallocate: where a file system cannot set room aside, that one writes all of it.
            guard avprep_fallocate(descriptor, Int64(bytes)) != 0 else { return }
            guard errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL else { throw failure("write", path) }
        #endif
    }

    /// Writes rows of a piece, the first of them at `row`.
    func write(_ bytes: UnsafeRawBufferPointer, to piece: PackedPiece, row: Int) throws {
        guard bytes.count > 0 else { return }
        guard let offset = piece.offset, row >= 0, bytes.count <= (piece.rows - row) * piece.rowBytes else {
            preconditionFailure("rows outside of their piece of \(path)")
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

    /// - Throws: ``StoreError`` when the system could not write after all.
    func close() throws {
        startWriting()
        isOpen = false
        guard Foundation.close(descriptor) == 0 else { throw Self.failure("finish", path) }
    }

    private static func failure(_ doing: String, _ path: String) -> StoreError {
        StoreError(.unwritable, "cannot \(doing) \(path): \(systemError()); make room on the disk")
    }
}
