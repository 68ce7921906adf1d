package import AVPrepCore
import GRDB

/// The catalog cannot be opened, read or written, or contradicts itself.
package struct CatalogError: ActionableError, RunEndingError, Equatable {
    /// The kind of error.
    package enum Code: String, Sendable, Codable {
        /// The catalog does not exist, and was to be opened read-only.
        case missing
        /// The file is not a catalog of avprep; it is left unchanged.
        case foreign
        /// It was written by a later version of avprep.
        case newerVersion = "newer-version"
        /// Its pages are damaged.
        case corrupt
        /// Another process holds it for longer than the time-out.
        case busy
        /// The file system refuses: full, read-only, no permission, no such folder.
        case disk
        /// Its counts are inconsistent.
        case counts
    }

    package let code: Code
    package var endsRun: Bool { true }
    /// One line: what failed, on which catalog, SQLite's own message, and what to do.
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

    /// Translates an error of SQLite for the user.
    init(_ error: DatabaseError, _ action: String, _ path: String) {
        let words = "\(error.message ?? "no message") (\(error.extendedResultCode.description))"
        let code: Code
        let remedy: String
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (code, remedy) = (.busy, "another process holds it; try again later")
        case .SQLITE_NOTADB:
            (code, remedy) = (.foreign, "it is not a catalog; give another path or move it away")
        case _ where error.isWithoutSharedMemory:
            (code, remedy) = (
                .disk,
                "processes cannot share memory on its file system: set folders.catalog_journal to rollback, or folders.catalog to a file on a local disk, and run avprep ingest"
            )
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            (code, remedy) = (
                .disk,
                "free disk space or give a writable path; where processes cannot share memory, set folders.catalog_journal to rollback"
            )
        default:
            (code, remedy) = (.corrupt, "move it away and run avprep ingest, which finds the prepared files again")
        }
        self.init(code, "cannot \(action) the catalog \(path): \(words); \(remedy)")
    }
}
