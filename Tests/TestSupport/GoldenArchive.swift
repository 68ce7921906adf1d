import Foundation

/// The workspace in `Tests/Expected/workspace-1.2`, as avprep of format 1.2 left it.
package enum GoldenArchive {
    package static let path = Oracle.repository + "/Tests/Expected/workspace-1.2/workspace.tar.xz"

    /// Unpacks it.
    ///
    /// - Parameter folder: an empty folder.
    package static func unpack(into folder: String) throws {
        let result = try Command.run("/bin/tar", ["-xJf", path, "-C", folder])
        guard result.status == 0 else {
            throw GoldenArchiveError(message: "cannot unpack \(path): \(result.standardError)")
        }
    }
}

/// The archive could not be unpacked.
package struct GoldenArchiveError: Error, CustomStringConvertible {
    let message: String
    package var description: String { message }
}
