import AVPrepModel
import GRDB

/// Counts of the listed items in one stage: each has one outcome or is pending, so
/// `done + skipped + failed + pending == listed`.
package struct StageCounts: Sendable, Equatable, Codable {
    /// Number of items skipped or failed for one reason.
    package struct Reason: Sendable, Equatable, Codable {
        /// `skipped` or `failed`.
        package let status: String
        package let code: String
        package let count: Int
        /// Whether the next run tries these again; all others wait for `--retry` or for another content.
        package let isPassing: Bool

        init(status: String, code: String, count: Int) {
            self.status = status
            self.code = code
            self.count = count
            isPassing = status == "failed" && Outcome.Reason.passingCodes.contains(code)
        }
    }

    package let stage: String
    /// Only outcomes of these settings count; nil for all.
    package let settingsKey: String?
    package let listed: Int
    package let done: Int
    package let skipped: Int
    package let failed: Int
    /// Without an outcome, or with one of other settings.
    package let pending: Int
    /// Those among the pending with an outcome of other settings.
    package let stale: Int
    /// Most frequent first.
    package let reasons: [Reason]
}

/// The state of a corpus: `status --json`.
package struct CatalogReport: Sendable, Equatable, Codable {
    /// Items that the corpus lists.
    package let listed: Int
    /// Items that the corpus no longer lists.
    package let vanished: Int
    /// Listed items that the last listing could not look for, because it could not read their folder.
    package let unreachable: Int
    /// What the last scan has left out, and what it could not read.
    package let findings: [ScanFinding]
    /// Listed items whose content is not hashed yet.
    package let unhashed: Int
    /// Different contents among the listed items.
    package let videos: Int
    /// In the requested order.
    package let stages: [StageCounts]
    package let lastRun: CatalogRun?
}

extension Catalog {
    /// A stage to count, and the settings whose outcomes count.
    package typealias StageQuery = (stage: String, settingsKey: String?)

    /// The state of the corpus, in one consistent read.
    ///
    /// - Complexity: reads sums kept by the catalog, some dozens of rows. In an older catalog without sums that is
    ///   opened read-only, the rows are counted: a second per million items.
    package func report(stages: [StageQuery]) throws -> CatalogReport {
        try read("read") { database in
            let items = try itemCounts(database)
            let unreachable =
                try Self.knowsReach(database)
                ? Int.fetchOne(database, sql: "SELECT count(*) FROM items WHERE unreachable = 1 AND vanished = 0") : 0
            return CatalogReport(
                listed: items.listed, vanished: items.vanished, unreachable: unreachable ?? 0,
                findings: try findings(in: database),
                unhashed: items.listed - items.hashed,
                videos: items.videos, stages: try stages.map { try counts(database, $0, items.listed) },
                lastRun: try Row.fetchOne(database, sql: "SELECT * FROM runs ORDER BY id DESC LIMIT 1")
                    .map { try Self.run($0, in: database) })
        }
    }

    /// Counts of the listed items in one stage.
    package func counts(stage: String, settingsKey: String? = nil) throws -> StageCounts {
        try read("read") { try counts(stage, settingsKey, in: $0) }
    }

    func counts(_ stage: String, _ settingsKey: String?, in database: Database) throws -> StageCounts {
        try counts(database, (stage, settingsKey), itemCounts(database).listed)
    }

    /// Checks that every listed item has exactly one outcome or is pending, in every stage, by reading the items
    /// themselves, and that the counts of `status` are the same.
    ///
    /// - Throws: ``CatalogError`` (`counts`) naming the first stage where the numbers differ.
    /// - Complexity: reads all items and outcomes.
    package func checkCounts() throws {
        try read("verify") { database in
            let items = try itemCounts(database)
            let found = try ItemCounts.counted(database)
            guard items == found else { throw uneven("there are \(found) items, but the sums say \(items)") }
            let listed = items.listed
            let stages = try String.fetchAll(database, sql: "SELECT DISTINCT stage FROM outcomes ORDER BY stage")
            for stage in stages {
                let counted = try counts(database, (stage, nil), listed)
                // The + keeps SQLite from using the index that `status` counts from.
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT coalesce(status, 'pending') AS word, count(*) AS number
                        FROM items LEFT JOIN outcomes ON subject = path AND stage = ?
                        WHERE +vanished = 0 GROUP BY 1
                        """, arguments: [stage])
                var found: [String: Int] = [:]
                for row in rows { found[row["word"]] = row["number"] }
                let numbers = ["done", "skipped", "failed", "pending"].map { found[$0] ?? 0 }
                let expected = [counted.done, counted.skipped, counted.failed, counted.pending]
                guard numbers == expected, numbers.reduce(0, +) == listed else {
                    throw uneven(
                        "stage \(stage) has \(numbers) done, skipped, failed and pending items of \(listed) listed, "
                            + "but the sums say \(expected)")
                }
            }
            let strays = try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM outcomes LEFT JOIN items ON path = subject
                    WHERE live <> coalesce(1 - vanished, 0)
                    """)
            guard strays == 0 else { throw uneven("\(strays ?? 0) outcomes differ from their items") }
            if let fault = try decisionFault(in: database) ?? secondsFault(in: database) ?? bytesFault(in: database) {
                throw uneven(fault)
            }
        }
    }

    private func uneven(_ what: String) -> CatalogError {
        CatalogError(
            .counts,
            "the catalog \(path) is inconsistent: \(what); "
                + "move it away and run avprep ingest, which finds the prepared files again")
    }

    private func itemCounts(_ database: Database) throws -> ItemCounts {
        try database.tableExists("item_counts") ? .noted(database) : .counted(database)
    }

    private func counts(_ database: Database, _ query: StageQuery, _ listed: Int) throws -> StageCounts {
        let hasSums = try database.tableExists("outcome_counts")
        let rows = try Row.fetchAll(
            database,
            sql: hasSums
                ? "SELECT status, settings_key, code, items AS number FROM outcome_counts WHERE stage = ? AND items > 0"
                : """
                SELECT status, settings_key, code, count(*) AS number FROM outcomes WHERE stage = ? AND live = 1
                GROUP BY status, settings_key, code
                """, arguments: [query.stage])
        var totals: [String: Int] = [:]
        var reasons: [String: [String: Int]] = [:]
        var stale = 0
        for row in rows {
            let status: String = row["status"]
            let code: String = row["code"]
            let number: Int = row["number"]
            guard query.settingsKey == nil || query.settingsKey == row["settings_key"] else {
                stale += number
                continue
            }
            totals[status, default: 0] += number
            if !code.isEmpty { reasons[status, default: [:]][code, default: 0] += number }
        }
        let pending = listed - totals.values.reduce(0, +)
        guard pending >= stale else {
            throw uneven("stage \(query.stage) has outcomes of more items than the \(listed) listed")
        }
        return StageCounts(
            stage: query.stage, settingsKey: query.settingsKey, listed: listed, done: totals["done"] ?? 0,
            skipped: totals["skipped"] ?? 0, failed: totals["failed"] ?? 0, pending: pending, stale: stale,
            reasons: reasons.flatMap { status, codes in
                codes.map { StageCounts.Reason(status: status, code: $0.key, count: $0.value) }
            }.sorted { ($1.count, $0.status, $0.code) < ($0.count, $1.status, $1.code) })
    }
}

/// Number of items in each state.
private struct ItemCounts: Equatable, CustomStringConvertible {
    /// Listed items, vanished items, hashed items, and different contents.
    let listed, vanished, hashed, videos: Int

    /// The sums that triggers keep.
    static func noted(_ database: Database) throws -> Self {
        var sums: [String: Int] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT state, items FROM item_counts") {
            sums[row["state"]] = row["items"]
        }
        return Self(
            listed: sums["listed"] ?? 0, vanished: sums["vanished"] ?? 0, hashed: sums["hashed"] ?? 0,
            videos: sums["videos"] ?? 0)
    }

    /// The items themselves.
    static func counted(_ database: Database) throws -> Self {
        func count(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: "SELECT count(*) FROM " + sql) ?? 0 }
        // By default SQLite would use the index of vanished items and read every item: twenty times as slow.
        let known = "FROM items INDEXED BY items_by_video WHERE video_id IS NOT NULL AND vanished = 0"
        return Self(
            listed: try count("items WHERE vanished = 0"), vanished: try count("items WHERE vanished = 1"),
            hashed: try count("(SELECT 1 \(known))"), videos: try count("(SELECT DISTINCT video_id \(known))"))
    }

    var description: String { "\(listed) listed, \(vanished) vanished, \(hashed) hashed, \(videos) videos" }
}
