package import Foundation

/// What tells a file that was written to, or replaced, from the one that was there before, without reading it.
package struct FileIdentity: Sendable, Equatable {
    package let device: UInt64
    package let inode: UInt64
    /// In bytes.
    package let size: Int64
    /// Times of the last change of the content, and of the content or the status, in nanoseconds since 1970.
    package let modifiedNanoseconds: Int64
    package let statusNanoseconds: Int64
    package let isRegular: Bool

    /// The file at `path` (links followed); nil when the system does not say.
    package init?(path: some PathConvertible) {
        var status = stat()
        guard path.bytePath.withCString({ stat($0, &status) }) == 0 else { return nil }
        self.init(status)
    }

    /// An open file; nil when the system does not say.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// A status that the system has told.
    package init(_ status: stat) {
        func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedNanoseconds = nanoseconds(status.st_mtim)
        statusNanoseconds = nanoseconds(status.st_ctim)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether the other differs at most in its status: a new name, other rights, or a content that was written with its
    /// time set back.
    package func hasSameContentMarks(as other: FileIdentity) -> Bool {
        (device, inode, size, modifiedNanoseconds)
            == (other.device, other.inode, other.size, other.modifiedNanoseconds)
    }
}
