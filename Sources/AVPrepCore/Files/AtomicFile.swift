package import Foundation

/// Atomic file writes: the file is written under a temporary name in the same folder, flushed to disk, and renamed. A
/// reader never sees a partial file, whenever the writer is killed.
package enum AtomicFile {
    /// The infix of temporary names: `NAME.partial-HOST-BOOT-PID`; see ``FileOwner``. A file left with it after a crash is a
    /// leftover to remove.
    package static let mark = ".partial-"
    /// A temporary file of another machine, or of an earlier start of this one, counts as a leftover when nothing was
    /// written to it for so long, in seconds: whether its writer lives cannot be asked.
    static let foreignSeconds = 24.0 * 3600

    /// Lets `write` fill a temporary file, then renames it to `path`. On an error the temporary file is removed.
    ///
    /// - Parameter write: receives the temporary path; the file must be closed when it returns.
    /// - Throws: what `write` throws, or ``Failure`` naming `path` when the file system refuses.
    package static func write<Result>(to path: String, _ write: (_ temporaryPath: String) throws -> Result) throws
        -> Result
    {
        let temporary = temporaryPath(for: path)
        do {
            let result = try write(temporary)
            try commit(temporary, to: path)
            return result
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes `bytes` as the whole content of `path`.
    package static func write(_ bytes: some DataProtocol, to path: String) throws {
        try write(to: path) { temporary in
            do {
                try Data(bytes).write(to: URL(fileURLWithPath: temporary))
            } catch {
                throw Failure("cannot write \(path): \(diskReason(error))", endsRun: true)
            }
        }
    }

    /// The temporary path that `path` is written under before it is complete.
    package static func temporaryPath(for path: String) -> String { "\(path)\(mark)\(FileOwner.current)" }

    /// Flushes the finished file `temporary` to disk and renames it to `path`; the rename is made durable too.
    package static func commit(_ temporary: String, to path: String) throws {
        let file = open(temporary, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw Failure("cannot write \(path): \(systemError())", endsRun: true) }
        let flushed = fsync(file)
        let flushError = errno
        close(file)
        guard flushed == 0 else { throw Failure("cannot write \(path): \(systemError(flushError))", endsRun: true) }
        guard rename(temporary, path) == 0 else {
            throw Failure("cannot rename to \(path): \(systemError())", endsRun: true)
        }
        try flush(folder: (path as NSString).deletingLastPathComponent.nonEmpty ?? ".", of: path)
    }

    /// Makes a rename durable.
    ///
    /// Some file systems cannot flush a folder (network and FUSE ones answer EINVAL or the like), and a folder that may be
    /// written to but not read cannot be opened: there the file is whole, and durable when the system gets to it. A disk
    /// that fails is an error.
    private static func flush(folder: String, of path: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == EACCES || errno == EPERM { return }
            throw Failure("cannot flush the folder of \(path): \(systemError())", endsRun: true)
        }
        defer { close(descriptor) }
        while fsync(descriptor) != 0 {
            switch errno {
            case EINTR: continue
            case EINVAL, ENOSYS, ENOTSUP, EBADF, EISDIR, EROFS: return
            default: throw Failure("cannot flush the folder of \(path): \(systemError())", endsRun: true)
            }
        }
    }

    /// Removes temporary files that writers no longer running left in `folder` (not in its subfolders). Those of other
    /// machines stay, unless nothing was written to them for a day.
    ///
    /// - Returns: the names removed.
    @discardableResult
    package static func removeLitter(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            // Most of a million names have no mark, and the system's search says so sooner.
            guard name.withCString({ strstr($0, mark) }) != nil,
                let range = name.range(of: mark, options: .backwards)
            else { return false }
            let path = "\(folder)/\(name)"
            switch FileOwner.isGone(String(name[range.upperBound...])) {
            case true: return unlink(path) == 0
            case false: return false
            case nil:
                var status = stat()
                guard stat(path, &status) == 0 else { return false }
                return time(nil) - status.st_mtim.tv_sec > Int(foreignSeconds) && unlink(path) == 0
            }
        }
    }

    /// Creates `folder` and its missing parents.
    package static func makeFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                "cannot make the folder \(folder): \(diskReason(error)); give another path or free it", endsRun: true)
        }
    }

    /// The system's own words for a file that Foundation could not read or write.
    package static func diskReason(_ error: any Error) -> String {
        let cocoa = error as NSError
        if let cause = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
            return systemError(Int32(cause.code))
        }
        return cocoa.localizedDescription
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
