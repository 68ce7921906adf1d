package import Foundation

/// Looks at files that may have been made before, by a user or an earlier run.
///
/// "There is no such file" is an answer; "the system would not say" is an error. Whoever takes the one for the other makes
/// again, and overwrites, what is there and whole: on a file system that is not mounted, with too many open files, or
/// without the right to read.
package enum ExistingFile {
    /// Whether something lies at `path` (links followed).
    ///
    /// - Throws: ``Failure`` when the system cannot say.
    package static func isThere(_ path: some PathConvertible) throws -> Bool {
        var status = stat()
        let path = path.bytePath
        if path.withCString({ stat($0, &status) }) == 0 { return true }
        let reason = errno
        if reason == ENOENT || reason == ENOTDIR { return false }
        throw unreadable(path.escaped, systemError(reason))
    }

    /// The bytes of the file at `path`; nil where there is none.
    ///
    /// - Throws: ``Failure`` when there is one that cannot be read.
    package static func content(_ path: String) throws -> Data? {
        guard try isThere(path) else { return nil }
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw unreadable(path, AtomicFile.diskReason(error))
        }
    }

    /// The names in a folder, sorted; none where there is no such folder.
    ///
    /// - Throws: ``Failure`` when there is one that cannot be listed.
    package static func names(inFolder path: String) throws -> [String] {
        guard try isThere(path) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw unreadable(path, AtomicFile.diskReason(error))
        }
    }

    private static func unreadable(_ path: String, _ reason: String) -> Failure {
        Failure(
            "cannot read \(path): \(reason); it is left as it is: make it readable, or move it away, and run the command again",
            exitStatus: .badInput)
    }
}
