package import AVPrepModel
import Foundation
package import GRDB

/// The state of every item in one SQLite file: the files listed by the corpus, their content, the outcome of each stage
/// with its reason, and the runs.
///
/// Any thread may call any method. Writes are serialised and durable when the call returns: a commit reaches the disk
/// (`synchronous = FULL`), so what was recorded survives a kill or a power cut, and what was not recorded is simply
/// pending. Reads see a consistent state. With the write-ahead log they do not wait for writes, also from other processes;
/// that needs a file system on which processes share memory. Where there is none, the catalog has a rollback journal.
package final class Catalog: Sendable {
    /// The access mode of a catalog.
    package enum Access: Sendable {
        /// The file is created if it does not exist.
        case readWrite
        case readOnly
    }

    /// How long a call waits for another process, in seconds.
    package static let busySeconds = 30.0

    package let path: String
    private let pool: any DatabaseWriter

    /// - Parameter journal: only for writing; whoever reads takes the catalog as it is.
    /// - Throws: ``CatalogError`` when the file is not a catalog, is damaged, is a later avprep's, or cannot be opened.
    package init(path: String, access: Access = .readWrite, journal: CatalogJournal = .automatic) throws {
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || access == .readWrite else {
            throw CatalogError(.missing, "there is no catalog at \(path); run avprep ingest first")
        }
        try CatalogFileSystem.requireLocks(for: path)
        pool = try Self.translating("open", path) {
            try CatalogFileSystem.open(path, exists: exists, isReadOnly: access == .readOnly, journal: journal)
        }
    }

    /// Closes the catalog; no call may follow. Afterwards the file at ``path`` holds everything, unless another process
    /// has it open; a catalog that is not closed leaves a write-ahead log beside it, as after a kill.
    ///
    /// - Throws: ``CatalogError``.
    package func close() throws {
        try Self.translating("close", path) {
            if !pool.configuration.readonly {
                // A log that other processes are reading stays; its pages count as if they were in the file.
                do { try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } } catch let error
                    as DatabaseError where error.resultCode == .SQLITE_BUSY
                {}
            }
            try pool.close()
        }
    }

    /// Checks all pages and indices of the file for damage.
    ///
    /// - Throws: ``CatalogError`` with SQLite's first finding.
    /// - Complexity: reads the whole file.
    package func checkIntegrity() throws {
        let findings = try read("verify") { try String.fetchAll($0, sql: "PRAGMA integrity_check(1)") }
        guard findings == ["ok"] else {
            throw CatalogError(
                .corrupt,
                "the catalog \(path) is damaged: \(findings.first ?? "no answer"); "
                    + "move it away and run avprep ingest, which finds the prepared files again")
        }
    }

    /// Runs `body` on a consistent state.
    package func read<Value>(_ action: String, _ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(action, path) { try pool.read(body) }
    }

    /// Runs `body` in its own transaction, durable on return.
    package func write<Value>(_ action: String, _ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(action, path) { try pool.write(body) }
    }

    /// Writes the file anew, without free pages, and empties the write-ahead log.
    ///
    /// - Throws: ``CatalogError``, with code `busy` when another process reads the catalog.
    func rewrite() throws {
        try Self.translating("write", path) {
            try pool.vacuum()
            guard try pool.writeWithoutTransaction({ try String.fetchOne($0, sql: "PRAGMA journal_mode") }) == "wal"
            else { return }
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        }
    }

    /// The error for a row that no avprep writes.
    package func damaged(_ what: String) -> CatalogError {
        CatalogError(
            .corrupt,
            "the catalog \(path) holds \(what); move it away and run avprep ingest, which finds the prepared files again"
        )
    }

    /// The current time in the catalog's format.
    package static func timestamp() -> String { Date().formatted(.iso8601) }

    private static func translating<Value>(_ action: String, _ path: String, _ body: () throws -> Value) throws -> Value
    {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw CatalogError(error, action, path)
        }
    }
}
