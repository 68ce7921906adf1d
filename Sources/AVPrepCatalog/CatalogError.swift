package import AVPrepCore
import GRDB

/// The catalog cannot be opened, read or written, or contradicts itself.
package struct CatalogError: ActionableError, Equatable {
    /// What kind of trouble.
    package enum Code: String, Sendable, Codable {
        /// There is no catalog, and it was to be read only.
        case missing
        /// The file is not a catalog of avprep; it is left as it is.
        case foreign
        /// A later avprep has written it.
        case newerVersion = "newer-version"
        /// Its pages are damaged.
        case corrupt
        /// Another process holds it for longer than the time-out.
        case busy
        /// The disk refuses: full, read-only, no permission, no such folder.
        case disk
        /// Its numbers do not add up.
        case counts
    }

    package let code: Code
    /// One line: what failed, on which catalog, SQLite's own words, and what to do.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .busy: .busy
        case .disk: .failed
        case .missing, .foreign, .newerVersion, .corrupt, .counts: .badInput
        }
    }

    /// What SQLite's error means to the user.
    init(_ error: DatabaseError, _ action: String, _ path: String) {
        let words = "\(error.message ?? "no message") (\(error.extendedResultCode.description))"
        let code: Code
        let remedy: String
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (code, remedy) = (.busy, "another process holds it; try again later")
        case .SQLITE_NOTADB:
            (code, remedy) = (.foreign, "it is not a catalog; give another path or move it away")
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            (code, remedy) = (.disk, "free the disk or give a path that can be written")
        default:
            (code, remedy) = (.corrupt, "move it away and run avprep ingest: what is prepared is found again")
        }
        self.init(code, "cannot \(action) the catalog \(path): \(words); \(remedy)")
    }
}
