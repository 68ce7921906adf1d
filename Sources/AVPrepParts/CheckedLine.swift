import AVPrepCore
import Foundation

/// A line of a file that one process appends to while others may read it: its text behind a checksum, so that a line that was
/// cut by a kill, or whose pages a network file system lost, is noticed.
enum CheckedLine {
    private static let digits = 16

    /// - Parameter text: without a newline.
    static func encode(_ text: String) -> Data {
        Data("\(SHA256.digest(of: text).hex.prefix(digits)) \(text)\n".utf8)
    }

    /// The text of a line, without its newline; nil when it is damaged.
    static func decode(_ line: some Collection<UInt8>) -> String? {
        guard line.count > digits, line[line.index(line.startIndex, offsetBy: digits)] == UInt8(ascii: " ") else {
            return nil
        }
        let text = String(decoding: line.dropFirst(digits + 1), as: UTF8.self)
        let sum = String(decoding: line.prefix(digits), as: UTF8.self)
        return sum == SHA256.digest(of: text).hex.prefix(digits) ? text : nil
    }
}

/// A file that only this process appends to.
///
/// A line that could not be written as a whole is taken back, so that the next one does not continue it.
final class AppendedFile {
    let path: String
    private let descriptor: Int32
    private var end: off_t = 0

    /// - Throws: ``Failure`` when there is such a file already, or it cannot be made.
    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    /// - Parameter isDurable: whether to wait until it is on disk.
    /// - Throws: ``Failure`` that ends the run: the disk or a quota is full, or the like.
    func append(_ line: Data, isDurable: Bool) throws {
        do {
            try write(line)
            if isDurable { guard fsync(descriptor) == 0 else { throw Self.failure(path) } }
            end += off_t(line.count)
        } catch {
            // Where even that fails, the line's checksum tells.
            _ = ftruncate(descriptor, end)
            throw error
        }
    }

    private func write(_ line: Data) throws {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress, bytes.count, end + off_t(line.count - rest.count))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Sets the file's time of modification to the present, by the clock of the machine that holds the file.
    ///
    /// - Returns: that time; nil when the file cannot be reached.
    func touch() -> Double? {
        guard futimens(descriptor, nil) == 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
    }

    /// Whether it still lies at its path.
    var isThere: Bool {
        var own = stat()
        var named = stat()
        guard fstat(descriptor, &own) == 0, stat(path, &named) == 0 else { return false }
        return own.st_ino == named.st_ino && own.st_dev == named.st_dev
    }

    private static func failure(_ path: String) -> Failure {
        Failure(
            "cannot write \(path): \(systemError()); free disk space or quota; other tasks go on with what this one leaves",
            endsRun: true)
    }
}
