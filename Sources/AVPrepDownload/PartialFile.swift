import AVPrepCore
import Foundation

/// A file that is being fetched: what has come of it, and of which version on the server that is part.
///
/// It lies beside the whole file as `NAME.part`, with `NAME.part.json`, until it is whole; a later run goes on with it. Its
/// lock keeps a second process from writing to it.
final class PartialFile {
    /// What has been told of the file whose beginning is here.
    struct Origin: StoredRecord, Sendable, Equatable {
        var version = 1
        let address: String
        let validator: String
        let total: Int64?

        init(address: String, validator: String, total: Int64?) {
            self.address = address
            self.validator = validator
            self.total = total
        }
    }

    let path: String
    /// Number of bytes that are there.
    private(set) var size: Int64
    /// Nil where the server tells nothing that a later request could name: the bytes are then of no use to it.
    private(set) var origin: Origin?
    /// Why it could not be written; nil if it could.
    private(set) var writeError: Int32?

    private let target: String
    private let descriptor: Int32
    private var originPath: String { path + ".json" }

    /// Opens or makes the part of `target`, whose folder exists.
    ///
    /// - Parameter address: what it is fetched from; the part of another file is begun anew.
    /// - Returns: nil when another process is fetching it.
    /// - Throws: ``Failure`` when the folder cannot be written to or has no locks.
    static func open(for target: String, address: WebAddress) throws -> PartialFile? {
        let path = target + ".part"
        while true {
            let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o644)
            guard descriptor >= 0 else {
                throw Failure(
                    "cannot write \(path): \(systemError()); make its folder writable, or set folders.downloads",
                    endsRun: true)
            }
            switch FileLock().take(descriptor) {
            case .taken:
                // Whoever held the lock before may have put the file in its place.
                let (held, named) = (FileIdentity(descriptor: descriptor), FileIdentity(path: path))
                if let held, let named, (held.device, held.inode) == (named.device, named.inode) {
                    return try PartialFile(path, target, descriptor, address)
                }
                close(descriptor)
            case .busy:
                close(descriptor)
                return nil
            case .missing(let answers):
                close(descriptor)
                throw Failure(
                    "the file system of \(path) has no file locks (\(answers)): set folders.downloads to a folder on a disk that has them",
                    endsRun: true)
            }
        }
    }

    private init(_ path: String, _ target: String, _ descriptor: Int32, _ address: WebAddress) throws {
        self.path = path
        self.target = target
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure("\(path) is no regular file: move it away, and run the command again", endsRun: true)
        }
        size = Int64(status.st_size)
        // What cannot be read tells nothing of the part, which is then begun anew.
        if let data = try? ExistingFile.content(path + ".json") {
            origin = (try? StoredJSON.decode(Origin.self, from: data)).flatMap { $0.address == address.text ? $0 : nil }
        }
        if origin == nil { try restart(nil) }
    }

    deinit { close(descriptor) }

    /// Throws away what is here, and begins with the first byte of another version.
    func restart(_ origin: Origin?) throws {
        // In this order: bytes of one version never stand beside the mark of another.
        if unlink(originPath) != 0, errno != ENOENT { throw refusal(errno) }
        guard ftruncate(descriptor, 0) == 0 else { throw refusal(errno) }
        size = 0
        self.origin = origin
        if let origin { try AtomicFile.write(Data(CanonicalJSON.encode(origin).utf8), to: originPath) }
    }

    /// - Returns: false when it cannot be written: ``writeError`` says why.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(size))
            if count < 0 {
                if errno == EINTR { continue }
                writeError = errno
                return false
            }
            size += Int64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }

    /// The digest of what is here.
    func digest(isCancelled: () -> Bool) throws -> SHA256Digest {
        try SHA256.digest(ofDescriptor: descriptor, path: path, isCancelled: isCancelled)
    }

    /// Removes what is here: it is of no use.
    func discard() {
        // Where it stays, it costs its place on the disk and nothing else.
        for name in [originPath, path] { try? FileManager.default.removeItem(atPath: name) }
    }

    /// Puts the whole file in its place.
    func finish() throws {
        try AtomicFile.commit(path, to: target)
        if unlink(originPath) != 0, errno != ENOENT { throw refusal(errno) }
    }

    func refusal(_ error: Int32) -> Failure {
        Failure(
            "cannot write \(path): \(systemError(error)); free disk space, or set folders.downloads to another disk",
            endsRun: true)
    }
}
