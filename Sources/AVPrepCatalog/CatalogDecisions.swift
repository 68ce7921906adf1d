package import AVPrepCore
import GRDB

/// The decision about one segment, and the flags that caused it.
package struct DecidedSegment: Sendable, Equatable, Codable {
    /// One flag that the segment carries.
    package struct Flag: Sendable, Equatable, Codable {
        /// Its name in the file format.
        package let flag: String
        /// `kept`, `dropped` or `fixed`.
        package let verdict: String
        /// Name of the measure, its value, and the threshold it was compared with; nil if none.
        package let measure: String?
        package let value: Double?
        package let threshold: Double?

        package init(flag: String, verdict: String, measure: String?, value: Double?, threshold: Double?) {
            self.flag = flag
            self.verdict = verdict
            self.measure = measure
            self.value = value
            self.threshold = threshold
        }
    }

    /// Its number in the video.
    package let number: Int
    package let frames: Int
    /// The verdict on the whole segment: `kept`, `dropped` or `fixed`.
    package let verdict: String
    /// In the alphabetical order of their names.
    package let flags: [Flag]

    package init(number: Int, frames: Int, verdict: String, flags: [Flag]) {
        self.number = number
        self.frames = frames
        self.verdict = verdict
        self.flags = flags.sorted { $0.flag < $1.flag }
    }
}

/// Number of segments of listed items with a flag and a verdict.
package struct DecisionCount: Sendable, Equatable, Codable {
    /// Empty for the segments themselves, flagged or not.
    package let flag: String
    /// `kept`, `dropped` or `fixed`.
    package let verdict: String
    package let segments: Int
    package let frames: Int
}

extension Catalog {
    /// Records an outcome together with the decision about each segment, replacing earlier ones. Durable on return.
    ///
    /// - Parameter policyKey: identifies the policy of the decisions.
    package func record(_ record: OutcomeRecord, decided segments: [DecidedSegment], policyKey: String) throws {
        try self.record([(record, segments)], policyKey: policyKey)
    }

    /// The same for several items, in one transaction.
    package func record(_ items: [(outcome: OutcomeRecord, segments: [DecidedSegment])], policyKey: String) throws {
        try write("record in") { try enter(items, policyKey: policyKey, in: $0) }
    }

    /// The same inside a transaction.
    func enter(
        _ items: [(outcome: OutcomeRecord, segments: [DecidedSegment])], policyKey: String, in database: Database
    ) throws {
        try enter(items.map(\.outcome), in: database)
        let decide = try database.cachedStatement(
            sql: """
                INSERT INTO decided (subject, stage, settings_key, policy_key, live)
                SELECT subject, stage, settings_key, ?, live FROM outcomes WHERE subject = ? AND stage = ?
                """)
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO decisions (item, segment, flag, verdict, frames, measure, value, threshold)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (record, segments) in items {
            try decide.execute(arguments: [policyKey, record.subject, record.stage])
            let item = database.lastInsertedRowID
            for segment in segments {
                try insert.execute(
                    arguments: [item, segment.number, "", segment.verdict, segment.frames, nil, nil, nil])
                for flag in segment.flags {
                    try insert.execute(
                        arguments: [
                            item, segment.number, flag.flag, flag.verdict, segment.frames, flag.measure,
                            flag.value, flag.threshold,
                        ])
                }
            }
        }
    }

    /// The decisions about the segments of an item, in their order; empty if none.
    package func decisions(of subject: BytePath, stage: String) throws -> [DecidedSegment] {
        let rows = try read("read") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT decisions.* FROM decided JOIN decisions USING (item) WHERE subject = ? AND stage = ?
                    ORDER BY segment, flag
                    """, arguments: [subject, stage])
        }
        var segments: [DecidedSegment] = []
        // The row of the segment itself comes first: '' sorts before every name.
        for (number, rows) in Dictionary(grouping: rows, by: { $0["segment"] as Int }).sorted(by: { $0.key < $1.key }) {
            guard let own = rows.first, own["flag"] == "" else {
                throw damaged("decisions on segment \(number) of \(subject) without the segment")
            }
            segments.append(
                DecidedSegment(
                    number: number, frames: own["frames"], verdict: own["verdict"],
                    flags: rows.dropFirst().map {
                        DecidedSegment.Flag(
                            flag: $0["flag"], verdict: $0["verdict"], measure: $0["measure"], value: $0["value"],
                            threshold: $0["threshold"])
                    }))
        }
        return segments
    }

    /// Numbers of segments of listed items by flag and verdict, under these settings.
    ///
    /// - Complexity: one row per flag, whatever the size of the corpus.
    package func decisionCounts(stage: String, settingsKey: String) throws -> [DecisionCount] {
        try read("read") { database in
            // An older catalog opened read-only has no such table.
            guard try database.tableExists("decision_counts") else { return [] }
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT flag, verdict, segments, frames FROM decision_counts
                    WHERE stage = ? AND settings_key = ? AND segments > 0 ORDER BY flag, verdict
                    """, arguments: [stage, settingsKey]
            ).map {
                DecisionCount(
                    flag: $0["flag"], verdict: $0["verdict"], segments: $0["segments"], frames: $0["frames"])
            }
        }
    }

    /// Number of segments not dropped, for each listed item under these settings.
    package func segmentsLeft(stage: String, settingsKey: String) throws -> [BytePath: Int] {
        try read("read") { database in
            guard try database.tableExists("decided") else { return [:] }
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT subject, (SELECT count(*) FROM decisions
                        WHERE item = decided.item AND flag = '' AND verdict <> 'dropped') AS segments
                    FROM decided WHERE stage = ? AND live = 1 AND settings_key = ?
                    """, arguments: [stage, settingsKey])
            var segments: [BytePath: Int] = [:]
            while let row = try rows.next() { segments[row["subject"] as BytePath] = row["segments"] }
            return segments
        }
    }

    /// Listed items under these settings that were decided by another policy, ordered by path.
    package func decidedOtherwise(stage: String, settingsKey: String, policyKey: String) throws -> [BytePath] {
        try read("read") { database in
            guard try database.tableExists("decided") else { return [] }
            return try Self.otherPolicies.flatMap { order in
                try BytePath.fetchAll(
                    database,
                    sql: """
                        SELECT subject FROM decided
                        WHERE stage = ? AND live = 1 AND settings_key = ? AND policy_key \(order) ?
                        """, arguments: [stage, settingsKey, policyKey])
            }.sorted()
        }
    }

    /// Two ranges of the policy index, which are short if few policies differ; `<>` would scan all rows.
    private static let otherPolicies = ["<", ">"]

    /// Number of items of ``decidedOtherwise(stage:settingsKey:policyKey:)``.
    ///
    /// - Complexity: reads a narrow index.
    package func decidedOtherwiseCount(stage: String, settingsKey: String, policyKey: String) throws -> Int {
        try read("read") { database in
            guard try database.tableExists("decided") else { return 0 }
            return try Self.otherPolicies.reduce(0) { sum, order in
                sum
                    + (try Int.fetchOne(
                        database,
                        sql: """
                            SELECT count(*) FROM decided
                            WHERE stage = ? AND live = 1 AND settings_key = ? AND policy_key \(order) ?
                            """, arguments: [stage, settingsKey, policyKey]) ?? 0)
            }
        }
    }

    /// The first inconsistency among the decisions, or nil: a segment is dropped exactly if one of its flags is, and
    /// the sums equal those of the rows.
    func decisionFault(in database: Database) throws -> String? {
        guard try database.tableExists("decided") else { return nil }
        let stray = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM decided LEFT JOIN outcomes USING (subject, stage)
                WHERE outcomes.live IS NULL OR outcomes.live <> decided.live
                    OR outcomes.settings_key <> decided.settings_key
                """)
        if let stray, stray > 0 { return "\(stray) decided items differ from their outcomes" }
        let uneven = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM (
                    SELECT 1 FROM decisions GROUP BY item, segment
                    HAVING sum(flag = '') <> 1
                        OR max(flag = '' AND verdict = 'dropped') <> max(flag <> '' AND verdict = 'dropped'))
                """)
        if let uneven, uneven > 0 { return "\(uneven) segments are dropped without a flag, or kept against one" }
        let differing = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM (
                    SELECT stage, settings_key, flag, verdict, sum(segments) AS segments, sum(frames) AS frames FROM (
                        SELECT stage, settings_key, flag, verdict, segments, frames FROM decision_counts
                        UNION ALL
                        SELECT stage, settings_key, flag, verdict, -1, -frames
                        FROM decided CROSS JOIN decisions USING (item) WHERE live = 1)
                    GROUP BY 1, 2, 3, 4 HAVING sum(segments) <> 0 OR sum(frames) <> 0)
                """)
        if let differing, differing > 0 { return "\(differing) sums of decisions differ from their rows" }
        return nil
    }
}
