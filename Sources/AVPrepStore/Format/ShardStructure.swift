import AVPrepCore
import Foundation

/// The parts of a shard that HDF5 reads when it opens the file: all bytes except those of the tracks. Their SHA-256
/// takes reading kilobytes, that of the shard gigabytes, so it is compared before every opening: HDF5 trusts its input
/// too much, and a damaged file never reaches it.
package struct ShardStructure: Sendable, Equatable, Codable {
    /// The bytes of one track in the file.
    package struct Piece: Sendable, Equatable, Codable {
        /// In bytes from the start of the file.
        package var offset: Int
        package var bytes: Int

        package init(offset: Int, bytes: Int) {
            self.offset = offset
            self.bytes = bytes
        }
    }

    /// The tracks' bytes, in file order.
    package var data: [Piece]
    /// SHA-256 of all other bytes of the file, concatenated, 64 hexadecimal digits.
    package var sha256: String

    /// Computes the structure of an open shard.
    ///
    /// - Throws: ``StoreError`` when it cannot be read.
    init(_ reader: StoreReader) throws {
        data = reader.mappedPieces
        sha256 = try Self.digest(ofFile: reader.path, without: data).hex
    }

    /// Why a structure that was read is invalid for a file of `bytes` bytes, or nil.
    func fault(bytes: Int) -> String? {
        var end = 0
        for piece in data {
            guard piece.offset >= end, piece.bytes >= 0, piece.bytes <= bytes - piece.offset else {
                return "has tracks outside of each other's or the file's bounds"
            }
            end = piece.offset + piece.bytes
        }
        return SHA256Digest(hex: sha256) == nil ? "has no SHA-256 of its structure" : nil
    }

    /// Whether a file has this structure.
    ///
    /// - Throws: ``StoreError`` when it cannot be read.
    package func matches(_ path: String) throws -> Bool {
        try Self.digest(ofFile: path, without: data).hex == sha256.lowercased()
    }

    private static func digest(ofFile path: String, without data: [Piece]) throws -> SHA256Digest {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw StoreError(.unreadable, "cannot open \(path): \(systemError())") }
        defer { close(file) }
        let hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        /// Hashes the bytes from `start` to `end`, or to the end of the file.
        func take(_ start: Int, upTo end: Int) throws {
            var place = start
            while place < end {
                let count = pread(file, &buffer, min(buffer.count, end - place), off_t(place))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw StoreError(.unreadable, "cannot read \(path): \(systemError())") }
                if count == 0 { return }
                buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                place += count
            }
        }
        var start = 0
        for piece in data {
            try take(start, upTo: piece.offset)
            start = piece.offset + piece.bytes
        }
        try take(start, upTo: .max)
        return hash.finish()
    }
}
