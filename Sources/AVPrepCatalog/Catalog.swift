import Foundation
package import GRDB

/// What happened to every item, in one SQLite file: which files the corpus lists, which content they hold, what each
/// stage made of them and why it did not, and which runs there were.
///
/// Any thread may call anything. Writes are one at a time and durable when the call returns: a commit reaches the disk
/// (write-ahead log, `synchronous = FULL`), so what was recorded is there after a kill or a power cut, and what was not
/// is simply pending. Reads see a consistent state and do not wait for writes, also from other processes; but the
/// write-ahead log needs a file system with shared memory, so a catalog does not belong on a network file system that
/// several machines write to.
package final class Catalog: Sendable {
    /// What a catalog is opened for.
    package enum Access: Sendable {
        /// The file is made where there is none.
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

    /// Closes the catalog; nothing may be called after it. After it the one file at ``path`` holds everything, unless
    /// another process has it open; a catalog that is not closed leaves a write-ahead log beside it, as a kill does.
    ///
    /// - Throws: ``CatalogError``.
    package func close() throws {
        try Self.translating("close", path) {
            if !pool.configuration.readonly {
                // A log that others are reading stays, and is as good as its pages in the file.
                do { try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } } catch let error
                    as DatabaseError where error.resultCode == .SQLITE_BUSY
                {}
            }
            try pool.close()
        }
    }

    /// Looks for damaged pages and indices in the whole file.
    ///
    /// - Throws: ``CatalogError`` with SQLite's first finding.
    /// - Complexity: reads the whole file.
    package func checkIntegrity() throws {
        let findings = try read("verify") { try String.fetchAll($0, sql: "PRAGMA integrity_check(1)") }
        guard findings == ["ok"] else {
            throw CatalogError(
                .corrupt,
                "the catalog \(path) is damaged: \(findings.first ?? "no answer"); "
                    + "move it away and run avprep ingest: what is prepared is found again")
        }
    }

    /// Runs `body` on a consistent state.
    package func read<Value>(_ action: String, _ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(action, path) { try pool.read(body) }
    }

    /// Runs `body` in a transaction of its own, durable on return.
    package func write<Value>(_ action: String, _ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(action, path) { try pool.write(body) }
    }

    /// A row holds what no avprep writes.
    package func damaged(_ what: String) -> CatalogError {
        CatalogError(
            .corrupt,
            "the catalog \(path) holds \(what); move it away and run avprep ingest: what is prepared is found again")
    }

    /// Now, as the catalog spells times.
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
