package import Foundation

/// Atomic file writes: the file is written under a temporary name in the same folder, flushed to disk, and renamed. A
/// reader never sees a partial file, whenever the writer is killed.
package enum AtomicFile {
    /// The infix of temporary names: `NAME.partial-PID`. A file left with it after a crash is a leftover to remove.
    package static let mark = ".partial-"

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
    package static func temporaryPath(for path: String) -> String { "\(path)\(mark)\(getpid())" }

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
        let folder = open((path as NSString).deletingLastPathComponent.nonEmpty ?? ".", O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// Removes temporary files that writers no longer running left in `folder` (not in its subfolders).
    ///
    /// - Returns: the names removed.
    @discardableResult
    package static func removeLitter(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            guard let range = name.range(of: mark, options: .backwards), let owner = pid_t(name[range.upperBound...]),
                owner > 0
            else { return false }
            let runs = owner != getpid() && (kill(owner, 0) == 0 || errno == EPERM)
            return !runs && unlink("\(folder)/\(name)") == 0
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
    static func diskReason(_ error: any Error) -> String {
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
