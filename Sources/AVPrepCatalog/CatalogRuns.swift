package import AVPrepCore
import GRDB

/// One command run on the catalog.
package struct CatalogRun: Sendable, Equatable, Codable {
    package let id: Int64
    /// The command line.
    package let command: String
    /// UTC, ISO 8601.
    package let startedAt: String
    /// Nil while it runs, and permanently if it was killed.
    package let endedAt: String?
    /// Its exit status.
    package let exitStatus: Int32?
    /// What it has done.
    package internal(set) var work = RunWork()
    /// When it last noted what it has done, in seconds since 1970; nil if it never did.
    package internal(set) var seenAt: Double?
    /// Whether its process runs; nil where that cannot be told, as for one on another machine.
    package internal(set) var isAlive: Bool?

    init(_ row: Row) {
        id = row["id"]
        command = row["command"]
        startedAt = row["started_at"]
        endedAt = row["ended_at"]
        exitStatus = row["exit_status"]
    }
}

extension Catalog {
    /// Records the start of a command.
    ///
    /// - Returns: the run's id; later runs have higher ones.
    package func beginRun(_ command: String) throws -> Int64 {
        try write("record in") { database in
            try database.execute(
                sql: "INSERT INTO runs (command, started_at, owner) VALUES (?, ?, ?)",
                arguments: [command, Self.timestamp(), FileOwner.current])
            let run = database.lastInsertedRowID
            try database.execute(
                sql: "INSERT INTO run_sums VALUES (?, ?, ?)", arguments: [run, Self.uptimeName, FileOwner.uptime])
            return run
        }
    }

    /// Records the end of a run.
    package func endRun(_ run: Int64, _ status: ExitStatus) throws {
        try write("record in") { database in
            try database.execute(
                sql: "UPDATE runs SET ended_at = ?, exit_status = ? WHERE id = ?",
                arguments: [Self.timestamp(), status.rawValue, run])
        }
    }

    /// The latest runs, newest first.
    package func runs(limit: Int) throws -> [CatalogRun] {
        try read("read") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM runs ORDER BY id DESC LIMIT ?", arguments: [limit])
                .map { try Self.run($0, in: database) }
        }
    }
}
