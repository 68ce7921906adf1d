import CHDF5

/// The fingerprint of a prepared file's video, by which near-duplicates are found. This module does not interpret its
/// bytes.
package enum PreparedFingerprint {
    private static let dataset = "fingerprint"
    /// Ten times the fingerprint of a day of video.
    private static let largest = 64 << 20

    /// The fingerprint in the file; empty if it has none.
    ///
    /// - Throws: ``StoreError`` when the file is missing, not HDF5, or damaged.
    package static func read(_ path: String) throws -> [UInt8] {
        try HDF5.perform {
            let file = try HDF5.openFile(path)
            guard try HDF5.names(in: file, path).contains(dataset) else { return [] }
            let stored = try HDF5.Dataset(open: dataset, in: file, type: .uint8, path)
            guard stored.rows <= largest else { throw StoreError.damaged(path, "its fingerprint is too large") }
            return try stored.readAll(as: UInt8.self)
        }
    }

    /// On HDF5's queue.
    static func write(_ bytes: [UInt8], in file: HDF5.Handle, _ path: String) throws {
        guard !bytes.isEmpty else { return }
        let stored = try HDF5.Dataset(
            create: dataset, in: file, type: .uint8, rows: bytes.count, labels: ["byte"], storage: .contiguous, path)
        try bytes.withUnsafeBytes { try stored.write($0, at: 0) }
    }
}
