import AVPrepCore
import Foundation

/// A folder, whatever names lead to it.
struct FolderIdentity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// What lies at a path (links followed); nil if the system does not say.
    init?(at path: BytePath) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
        self.init(status)
    }
}

/// What a name stands for.
enum EntryStatus: Equatable {
    case regular(FileIdentity)
    case folder
    /// Something that is no regular file: what it is.
    case other(String)
    /// A link that leads nowhere, or in circles.
    case broken(String)
    /// Removed meanwhile.
    case gone
    /// The system does not say, for this reason.
    case unknown(String)

    var isFolder: Bool { self == .folder }

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .regular(FileIdentity(status))
        case S_IFDIR: self = .folder
        case S_IFIFO: self = .other("a named pipe")
        case S_IFSOCK: self = .other("a socket")
        case S_IFCHR, S_IFBLK: self = .other("a device")
        default: self = .other("of an unknown kind")
        }
    }

    /// What lies at a path that somebody has named.
    init(at path: BytePath) {
        var status = stat()
        if path.withCString({ stat($0, &status) }) == 0 {
            self.init(status)
            return
        }
        let reason = errno
        let isLink = path.withCString({ lstat($0, &status) }) == 0
        switch reason {
        case ENOENT, ENOTDIR: self = isLink ? .broken("a link that leads nowhere") : .gone
        case ELOOP: self = .broken("a link that leads in a circle")
        default: self = .unknown(systemError(reason))
        }
    }
}

/// An open folder.
final class FolderHandle {
    struct Entry {
        let name: [UInt8]
        fileprivate let type: Int32

        var isLink: Bool { type == Int32(DT_LNK) }
        var mayBeFolder: Bool { [Int32(DT_DIR), Int32(DT_LNK), Int32(DT_UNKNOWN)].contains(type) }
    }

    let identity: FolderIdentity
    private let stream: OpaquePointer

    /// nil where the folder cannot be opened; `errno` says why.
    init?(_ path: BytePath) {
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, let stream = fdopendir(descriptor) else {
            let reason = errno
            close(descriptor)
            errno = reason
            return nil
        }
        identity = FolderIdentity(status)
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The longest piece of a path for one call; the system takes 4095 bytes.
    private static let pieceLength = 4000

    /// Opens a folder whose path may be longer than the system takes at once: piece by piece.
    private static func open(_ path: BytePath) -> Int32 {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK
        var rest = path.bytes[...]
        var folder = AT_FDCWD
        while true {
            var piece = rest
            if rest.count > pieceLength {
                guard let cut = rest.prefix(pieceLength).lastIndex(of: UInt8(ascii: "/")), cut > rest.startIndex else {
                    errno = ENAMETOOLONG
                    return -1
                }
                piece = rest[..<cut]
            }
            let opened = BytePath(piece).withCString { openat(folder, $0, flags) }
            let reason = errno
            if folder != AT_FDCWD { close(folder) }
            guard opened >= 0 else {
                errno = reason
                return -1
            }
            rest = rest[piece.endIndex...].drop { $0 == UInt8(ascii: "/") }
            if rest.isEmpty { return opened }
            folder = opened
        }
    }

    /// All entries in byte order, without `.` and `..`.
    ///
    /// - Throws: ``Failure`` with the system's reason; `CancellationError`.
    func entries(isCancelled: () -> Bool) throws -> [Entry] {
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [UInt8(ascii: ".")] || name == Array("..".utf8) { continue }
            entries.append(Entry(name: name, type: Int32(entry.pointee.d_type)))
            if entries.count % 4096 == 0, isCancelled() { throw CancellationError() }
        }
        guard errno == 0 else { throw Failure(systemError()) }
        return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// What an entry is (links followed).
    func status(of entry: Entry) -> EntryStatus {
        if entry.type == Int32(DT_DIR) { return .folder }
        var status = stat()
        let found = BytePath(entry.name).withCString { fstatat(dirfd(stream), $0, &status, 0) }
        if found == 0 { return EntryStatus(status) }
        switch errno {
        case ENOENT, ENOTDIR: return entry.isLink ? .broken("a link that leads nowhere") : .gone
        case ELOOP: return .broken("a link that leads in a circle")
        default: return .unknown(systemError())
        }
    }
}

extension [UInt8] {
    /// What follows the last dot, in lower case; nil without a dot, or if nothing precedes it.
    var fileExtension: [UInt8]? {
        guard let dot = lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return nil }
        return self[(dot + 1)...].map(\.lowerASCII)
    }
}

extension UInt8 {
    var lowerASCII: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
