import AVPrepCore
import Foundation
import GRDB

/// What a run has done so far, as numbers by name: part of `status`.
package struct RunWork: Sendable, Equatable, Codable {
    /// The names in the catalog. New ones may come; none changes its meaning.
    package enum Name: String, Sendable, CaseIterable {
        /// Seconds since the run began, by a clock that nobody sets.
        case elapsed
        /// Items that the listing found new, changed, back, or gone.
        case added, changed, returned, vanished
        /// Outcomes.
        case done, skipped, failed
        /// Videos of which the file was opened, their seconds and their bytes.
        case videos
        case videoSeconds = "video-seconds"
        case sourceBytes = "source-bytes"
        /// Videos to prepare in this run, and their bytes.
        case plannedVideos = "planned-videos"
        case plannedBytes = "planned-bytes"
        case workers
        /// Shards that were packed.
        case shards
        /// Seconds since the first video was begun.
        case preparing
        /// Seconds, summed over workers: see ``StageSeconds``.
        case hashing
        case readBusy = "read-busy"
        case readInput = "read-waits-for-input"
        case readOutput = "read-waits-for-output"
        case decodeBusy = "decode-busy"
        case decodeInput = "decode-waits-for-input"
        case decodeOutput = "decode-waits-for-output"
        case computeBusy = "compute-busy"
        case computeInput = "compute-waits-for-input"
        case computeOutput = "compute-waits-for-output"
        case writeBusy = "write-busy"
        case writeInput = "write-waits-for-input"
        case writeOutput = "write-waits-for-output"
    }

    package var values: [String: Double] = [:]

    package init() {}

    /// 0 for what is not noted.
    package subscript(name: Name) -> Double {
        get { values[name.rawValue] ?? 0 }
        set { values[name.rawValue] = newValue }
    }
}

extension Catalog {
    /// Notes what a run has done so far, with the time as a sign of life. What was noted before under other names stays.
    package func noteWork(_ work: RunWork, ofRun run: Int64) throws {
        try write("record in") { database in
            let set = try database.cachedStatement(
                sql: "INSERT INTO run_sums VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
            for (name, value) in work.values.sorted(by: { $0.key < $1.key }) where value.isFinite {
                try set.execute(arguments: [run, name, value])
            }
            try set.execute(arguments: [run, Self.seenName, Date().timeIntervalSince1970])
        }
    }

    /// What the latest runs of a command have done, newest first; runs of before have no numbers.
    package func work(ofLast limit: Int, command: String) throws -> [CatalogRun] {
        try read("read") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM runs WHERE command = ? ORDER BY id DESC LIMIT ?",
                arguments: [command, limit]
            ).map { try Self.run($0, in: database) }
        }
    }

    /// A run with its numbers.
    static func run(_ row: Row, in database: Database) throws -> CatalogRun {
        var run = CatalogRun(row)
        guard try database.tableExists("run_sums") else { return run }
        var begun: Double?
        let sums = try Row.fetchAll(
            database, sql: "SELECT name, value FROM run_sums WHERE run = ?", arguments: [run.id])
        for sum in sums {
            switch sum["name"] as String {
            case seenName: run.seenAt = sum["value"]
            case uptimeName: begun = sum["value"]
            case let name: run.work.values[name] = sum["value"]
            }
        }
        if let owner: String = row["owner"], let begun { run.isAlive = FileOwner.isAlive(owner, sinceUptime: begun) }
        return run
    }

    /// When a run was last seen at work, in seconds since 1970.
    private static let seenName = "seen"
    /// When it began, in seconds since the machine started.
    static let uptimeName = "uptime"
}
