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
        guard let context = EVP_MD_CTX_new() else { Self.giveUp() }
        self.context = context
        Self.require(EVP_DigestInit_ex(context, EVP_sha256(), nil))
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        Self.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count))
    }

    /// The digest of all bytes so far. Call it once.
    package func finish() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        Self.require(EVP_DigestFinal_ex(context, &bytes, &count))
        guard count == 32 else { Self.giveUp() }
        return SHA256Digest(bytes: bytes)
    }

    private static func require(_ status: Int32) {
        if status != 1 { giveUp() }
    }

    /// Ends the program: a library without SHA-256 (its configuration excludes it, or there is no memory) can give no id
    /// and check no file, and nothing that a caller might do instead would be right.
    private static func giveUp() -> Never {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_get_error(), &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let line = "avprep: libcrypto cannot compute SHA-256 (\(reason)); free memory, or repair openssl.cnf\n"
        FileHandle.standardError.write(Data(line.utf8))
        exit(ExitStatus.failed.rawValue)
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
    /// - Throws: ``ReadFailure`` naming the file when it cannot be opened or read, or is no regular file.
    package static func digest(ofFile path: some PathConvertible, isCancelled: () -> Bool = { false }) throws
        -> SHA256Digest
    {
        let path = path.bytePath
        let file = try openRegularFile(path)
        defer { close(file) }
        return try digest(ofDescriptor: file, path: path.escaped, isCancelled: isCancelled)
    }

    /// The same for an open file, from its first byte on, wherever it is being read otherwise.
    package static func digest(
        ofDescriptor file: Int32, path: String, isCancelled: () -> Bool = { false }
    ) throws -> SHA256Digest {
        let hash = SHA256()
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var place = 0
        while true {
            if isCancelled() { throw CancellationError() }
            let count = pread(file, &piece, piece.count, off_t(place))
            if count == 0 { return hash.finish() }
            if count < 0 {
                let error = errno
                if error == EINTR { continue }
                throw ReadFailure("read \(path) at byte \(place)", code: error)
            }
            piece.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            place += count
        }
    }

    /// Opens a regular file for reading, without waiting for anybody: opening a named pipe would wait for its writer, and
    /// a device has no end.
    ///
    /// - Throws: ``ReadFailure``.
    package static func openRegularFile(_ path: some PathConvertible) throws(ReadFailure) -> Int32 {
        let path = path.bytePath
        let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard file >= 0 else { throw ReadFailure("open \(path)", code: errno) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            let error = errno
            close(file)
            throw ReadFailure("open \(path)", code: error)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw ReadFailure(.unreadable, "cannot open \(path): it is not a regular file")
        }
        return file
    }
}

/// The text of the current `errno`, for error messages.
package func systemError(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
