package import AVPrepCore
import GRDB

/// The bytes of the listed items and of what one stage has made of them: sums, as of the last run.
package struct StageBytes: Sendable, Equatable, Codable {
    /// Bytes of all listed items.
    package var listed: Int64 = 0
    /// Bytes of the listed items that have an outcome under the settings in force.
    package var attempted: Int64 = 0
    /// Bytes of those whose results have a known size.
    package var sizedSource: Int64 = 0
    /// Bytes of their results, under the settings in force.
    package var output: Int64 = 0
    /// Bytes of the results of all listed items, under any settings.
    package var outputOfAll: Int64 = 0
    /// Results whose size nobody has noted: the next ingest does.
    package var unsized = 0

    package init() {}

    /// Bytes of the listed items that are still to do.
    package var pending: Int64 { max(0, listed - attempted) }
    /// What the results of the pending items are likely to need; nil while nothing is known of any result.
    package var likely: Int64? {
        guard sizedSource > 0 else { return nil }
        return Int64((Double(output) / Double(sizedSource) * Double(pending)).rounded())
    }
}

extension Catalog {
    /// The bytes of a stage; nil in a catalog of before.
    ///
    /// - Complexity: reads sums.
    package func bytes(stage: String, settingsKey: String) throws -> StageBytes? {
        try read("read") { database in
            guard try database.tableExists("byte_counts") else { return nil }
            var bytes = StageBytes()
            bytes.listed = try Int64.fetchOne(database, sql: "SELECT bytes FROM listed_bytes") ?? 0
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM byte_counts WHERE stage = ?", arguments: [stage])
            for row in rows {
                bytes.outputOfAll += row["output_bytes"] as Int64
                bytes.unsized += (row["items"] as Int) - (row["sized_items"] as Int)
                guard row["settings_key"] == settingsKey else { continue }
                bytes.attempted += row["source_bytes"] as Int64
                bytes.sizedSource += row["sized_source_bytes"] as Int64
                bytes.output += row["output_bytes"] as Int64
            }
            return bytes
        }
    }

    /// Notes the sizes of results that were recorded without one.
    package func setOutputBytes(_ sizes: [(subject: BytePath, bytes: Int64)], stage: String) throws {
        guard !sizes.isEmpty else { return }
        try write("record in") { database in
            let set = try database.cachedStatement(
                sql: "UPDATE outcomes SET output_bytes = ? WHERE subject = ? AND stage = ?")
            for entry in sizes { try set.execute(arguments: [entry.bytes, entry.subject, stage]) }
        }
    }

    /// What is wrong with the sums of bytes; nil when they are those of the rows.
    func bytesFault(in database: Database) throws -> String? {
        guard try database.tableExists("byte_counts") else { return nil }
        let order = "ORDER BY stage, settings_key, status"
        let counted = try Row.fetchAll(database, sql: "\(CatalogSchema.countedBytes) \(order)")
        let noted = try Row.fetchAll(database, sql: "SELECT * FROM byte_counts WHERE items <> 0 \(order)")
        let sizes = try ["SELECT bytes FROM listed_bytes", CatalogSchema.countedListedBytes].map {
            try Int64.fetchOne(database, sql: $0)
        }
        return counted == noted && sizes[0] == sizes[1] ? nil : "the bytes of its items differ from their sums"
    }
}
