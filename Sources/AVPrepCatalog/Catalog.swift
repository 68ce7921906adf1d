import Foundation
package import GRDB

/// The state of every item in one SQLite file: the files listed by the corpus, their content, the outcome of each stage
/// with its reason, and the runs.
///
/// Any thread may call any method. Writes are serialised and durable when the call returns: a commit reaches the disk
/// (write-ahead log, `synchronous = FULL`), so what was recorded survives a kill or a power cut, and what was not
/// recorded is simply pending. Reads see a consistent state and do not wait for writes, also from other processes; but
/// the write-ahead log needs a file system with shared memory, so a catalog must not be on a network file system that
/// several machines write to.
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
    private let pool: DatabasePool

    /// - Throws: ``CatalogError`` when the file is not a catalog, is damaged, is a later avprep's, or cannot be opened.
    package init(path: String, access: Access = .readWrite) throws {
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || access == .readWrite else {
            throw CatalogError(.missing, "there is no catalog at \(path); run avprep ingest first")
        }
        pool = try Self.translating("open", path) {
            if exists { try CatalogSchema.inspect(path, readOnly: access == .readOnly) }
            var configuration = Configuration()
            configuration.label = "catalog"
            configuration.busyMode = .timeout(Self.busySeconds)
            configuration.readonly = access == .readOnly
            let pool = try DatabasePool(path: path, configuration: configuration)
            if access == .readWrite {
                // GRDB sets NORMAL in WAL mode, which may lose the last commits in a power cut.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                try CatalogSchema.migrator.migrate(pool)
            }
            return pool
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
