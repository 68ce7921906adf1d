import CCrypto
import Foundation

/// A SHA-256 digest (FIPS 180-4).
package struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    package var description: String { hex }

    /// - Parameter hex: 64 hexadecimal digits, as written by another tool or read from a stored index.
    package init?(hex: String) {
        let hex = hex.lowercased()
        guard hex.utf8.count == 64, hex.allSatisfy(\.isHexDigit) else { return nil }
        self.hex = hex
    }

    fileprivate init(bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Incremental SHA-256.
package final class SHA256 {
    private let context: OpaquePointer

    package init() {
        // Only the allocation of the context can fail here, for lack of memory.
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory for a SHA-256 context") }
        self.context = context
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes so far. Call it once.
    package func finish() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &bytes, nil)
        return SHA256Digest(bytes: bytes)
    }

    /// The digest of a text's UTF-8 bytes.
    package static func digest(of text: String) -> SHA256Digest {
        let hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        return hash.finish()
    }

    /// The digest of a file's bytes, read in chunks of 1 MiB.
    ///
    /// - Parameter isCancelled: called between chunks; true stops with `CancellationError`.
    /// - Throws: ``Failure`` naming the file when it cannot be opened or read.
    package static func digest(ofFile path: some PathConvertible, isCancelled: () -> Bool = { false }) throws
        -> SHA256Digest
    {
        let path = path.bytePath
        let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
        guard file >= 0 else { throw Failure("cannot open \(path): \(systemError())", exitStatus: .badInput) }
        defer { close(file) }
        let hash = SHA256()
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            if isCancelled() { throw CancellationError() }
            let count = read(file, &piece, piece.count)
            if count == 0 { return hash.finish() }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("cannot read \(path): \(systemError())", exitStatus: .badInput)
            }
            piece.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}

/// The text of the current `errno`, for error messages.
package func systemError(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
