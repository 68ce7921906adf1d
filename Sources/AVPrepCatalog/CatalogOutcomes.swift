package import AVPrepCore
package import AVPrepModel
import GRDB

/// The outcome of one subject in one stage.
package struct OutcomeRecord: Sendable, Equatable {
    /// The item's listed path.
    package var subject: BytePath
    package var stage: String
    /// Key of the settings that the stage depends on: ``CanonicalJSON/key(of:)``.
    package var settingsKey: String
    package var outcome: Outcome
    package var wallSeconds: Double
    package var cpuSeconds: Double
    /// Path of the result, if any.
    package var output: String?
    /// Size of the result in bytes; nil where it is not known.
    package var outputBytes: Int64?
    /// When it was recorded (UTC, ISO 8601); set by the catalog.
    package internal(set) var updatedAt = ""

    package init(
        subject: BytePath, stage: String, settingsKey: String, outcome: Outcome, wallSeconds: Double = 0,
        cpuSeconds: Double = 0, output: String? = nil, outputBytes: Int64? = nil
    ) {
        self.subject = subject
        self.stage = stage
        self.settingsKey = settingsKey
        self.outcome = outcome
        self.wallSeconds = wallSeconds
        self.cpuSeconds = cpuSeconds
        self.output = output
        self.outputBytes = outputBytes
    }
}

extension Catalog {
    /// Records an outcome, replacing the subject's earlier one in that stage. Durable on return.
    package func record(_ record: OutcomeRecord) throws { try self.record([record]) }

    /// Records outcomes in one transaction. Durable on return. Earlier decisions about the subjects' segments are
    /// removed.
    package func record(_ records: [OutcomeRecord]) throws {
        try write("record in") { database in try enter(records, in: database) }
    }

    /// The same inside a transaction.
    func enter(_ records: [OutcomeRecord], in database: Database) throws {
        let now = Self.timestamp()
        // Earlier decisions are removed by a trigger.
        let forget = try database.cachedStatement(sql: "DELETE FROM decided WHERE subject = ? AND stage = ?")
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO outcomes
                    (subject, stage, settings_key, status, code, detail, wall_seconds, cpu_seconds, output,
                     updated_at, live, source_bytes, output_bytes)
                VALUES (:subject, :stage, :key, :status, :code, :detail, :wall, :cpu, :output, :now,
                    coalesce((SELECT 1 - vanished FROM items WHERE path = :subject), 0),
                    coalesce((SELECT max(size, 0) FROM items WHERE path = :subject), 0), :bytes)
                ON CONFLICT DO UPDATE SET
                    settings_key = excluded.settings_key, status = excluded.status, code = excluded.code,
                    detail = excluded.detail, wall_seconds = excluded.wall_seconds,
                    cpu_seconds = excluded.cpu_seconds, output = excluded.output,
                    updated_at = excluded.updated_at, live = excluded.live,
                    source_bytes = excluded.source_bytes, output_bytes = excluded.output_bytes
                """)
        for record in records {
            precondition(record.outcome.reason?.code != "", "an outcome needs a reason code")
            try forget.execute(arguments: [record.subject, record.stage])
            try statement.execute(
                arguments: [
                    "subject": record.subject, "stage": record.stage, "key": record.settingsKey,
                    "status": record.outcome.status, "code": record.outcome.reason?.code ?? "",
                    "detail": record.outcome.reason?.detail ?? "",
                    "wall": record.wallSeconds.isFinite ? record.wallSeconds : 0,
                    "cpu": record.cpuSeconds.isFinite ? record.cpuSeconds : 0, "output": record.output, "now": now,
                    "bytes": record.output == nil ? 0 : record.outputBytes,
                ])
        }
    }

    /// The subject's outcome in a stage, under any settings.
    package func outcome(of subject: BytePath, stage: String) throws -> OutcomeRecord? {
        try read("read") { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM outcomes WHERE subject = ? AND stage = ?", arguments: [subject, stage])
        }.map(outcomeRecord)
    }

    /// Outcomes of listed items in a stage, ordered by path.
    ///
    /// - Parameters:
    ///   - settingsKey: only those under these settings; nil for all.
    ///   - status: `done`, `skipped` or `failed`; nil for all.
    ///   - code: only those with this reason code; nil for all.
    ///   - path: continue after this path; nil starts at the beginning.
    ///   - limit: maximum number of outcomes.
    /// - Complexity: with key, status and code as many rows as it returns, whatever the size of the corpus.
    package func outcomes(
        stage: String, settingsKey: String? = nil, status: String? = nil, code: String? = nil,
        after path: BytePath? = nil,
        limit: Int = .max
    ) throws -> [OutcomeRecord] {
        // Only the given conditions: with unused ones SQLite would not follow the index and stop at the limit.
        var conditions = ["stage = :stage", "live = 1"]
        var arguments: [String: (any DatabaseValueConvertible)?] = ["stage": stage, "limit": limit]
        for (column, value) in [("status", status), ("settings_key", settingsKey), ("code", code)] {
            guard let value else { continue }
            conditions.append("\(column) = :\(column)")
            arguments[column] = value
        }
        if let path {
            conditions.append("subject > :path")
            arguments["path"] = path
        }
        return try read("read") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM outcomes WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY subject LIMIT :limit
                    """, arguments: StatementArguments(arguments))
        }.map(outcomeRecord)
    }

    /// Calls `body` with each listed item's result in a stage under these settings, whatever its status, in the order of the index.
    ///
    /// - Complexity: memory for one of them.
    package func forEachOutput(
        stage: String, settingsKey: String,
        _ body: (_ subject: BytePath, _ output: String, _ isSized: Bool) throws -> Void
    ) throws {
        try read("read") { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT subject, output, output_bytes IS NOT NULL FROM outcomes
                    WHERE stage = ? AND live = 1 AND status IN ('done', 'skipped') AND settings_key = ?
                        AND output IS NOT NULL
                    """, arguments: [stage, settingsKey])
            while let row = try rows.next() { try body(row[0], row[1], row[2]) }
        }
    }

    /// Listed items without an outcome in a stage under these settings, ordered by path: the work to do.
    ///
    /// - Parameters:
    ///   - path: continue after this path; nil starts at the beginning.
    ///   - limit: maximum number of items.
    package func pending(stage: String, settingsKey: String, after path: BytePath? = nil, limit: Int = .max) throws
        -> [CatalogItem]
    {
        try read("read") { database in
            // Most often there are none, and the sums know it.
            if try database.tableExists("outcome_counts"), try counts(stage, settingsKey, in: database).pending == 0 {
                return []
            }
            // The + keeps SQLite from using an index and sorting: in the order of paths it can stop at the limit.
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM items WHERE +vanished = 0 AND path > coalesce(:path, '') AND NOT EXISTS (
                        SELECT 1 FROM outcomes
                        WHERE subject = path AND stage = :stage AND settings_key = :key)
                    ORDER BY path LIMIT :limit
                    """, arguments: ["path": path, "stage": stage, "key": settingsKey, "limit": limit]
            ).map(CatalogItem.init)
        }
    }

    /// Makes failed items pending again: what `retry` does.
    ///
    /// - Parameters:
    ///   - stage: only in this stage; nil for all.
    ///   - code: only failures with this reason code; nil for all.
    ///   - isChosen: whether to do so for an item.
    /// - Returns: the number of such items.
    package func forgetFailures(
        stage: String? = nil, code: String? = nil, where isChosen: ((BytePath) -> Bool)? = nil
    ) throws -> Int {
        let condition = """
            status = 'failed' AND live = 1 AND (:stage IS NULL OR stage = :stage) AND (:code IS NULL OR code = :code)
            """
        let arguments: StatementArguments = ["stage": stage, "code": code]
        return try write("record in") { database in
            guard let isChosen else {
                try database.execute(sql: "DELETE FROM outcomes WHERE \(condition)", arguments: arguments)
                return database.changesCount
            }
            let failed = try Row.fetchAll(
                database, sql: "SELECT subject, stage FROM outcomes WHERE \(condition)", arguments: arguments)
            let forget = try database.cachedStatement(sql: "DELETE FROM outcomes WHERE subject = ? AND stage = ?")
            var count = 0
            for row in failed where isChosen(row["subject"]) {
                try forget.execute(arguments: [row["subject"] as String, row["stage"] as String])
                count += 1
            }
            return count
        }
    }

    /// Makes items pending again in one stage whose failures have causes that pass. Where the file was changing, its content
    /// is unknown again.
    ///
    /// - Returns: the number of such items.
    package func forgetPassingFailures(stage: String) throws -> Int {
        try write("record in") { database in
            try database.execute(
                sql: """
                    UPDATE items SET video_id = NULL WHERE path IN (
                        SELECT subject FROM outcomes WHERE stage = ? AND status = 'failed' AND live = 1 AND code = ?)
                    """, arguments: [stage, Outcome.Reason.changing])
            var count = 0
            for code in Outcome.Reason.passingCodes.sorted() {
                try database.execute(
                    sql: "DELETE FROM outcomes WHERE stage = ? AND status = 'failed' AND live = 1 AND code = ?",
                    arguments: [stage, code])
                count += database.changesCount
            }
            return count
        }
    }

    /// Makes items pending again in one stage, because their results are gone.
    package func forget(_ subjects: [BytePath], stage: String) throws {
        guard !subjects.isEmpty else { return }
        try write("record in") { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM outcomes WHERE subject = ? AND stage = ?")
            for subject in subjects { try statement.execute(arguments: [subject, stage]) }
        }
    }

    func outcomeRecord(_ row: Row) throws -> OutcomeRecord {
        let reason = Outcome.Reason(row["code"], row["detail"])
        let outcome: Outcome
        switch row["status"] as String {
        case "done": outcome = .done
        case "skipped": outcome = .skipped(reason)
        case "failed": outcome = .failed(reason)
        case let word: throw damaged("an outcome with the unknown status \(word)")
        }
        var record = OutcomeRecord(
            subject: row["subject"], stage: row["stage"], settingsKey: row["settings_key"], outcome: outcome,
            wallSeconds: row["wall_seconds"], cpuSeconds: row["cpu_seconds"], output: row["output"],
            outputBytes: row["output_bytes"])
        record.updatedAt = row["updated_at"]
        return record
    }
}
