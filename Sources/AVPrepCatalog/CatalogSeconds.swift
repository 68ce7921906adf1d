import AVPrepCore
package import AVPrepModel
import GRDB

/// Where the seconds of the listed videos are, as of their last ingest: part of `status`.
package struct SecondsReport: Sendable, Equatable, Codable {
    /// Seconds of some videos that are in no segment for one reason.
    package struct Unused: Sendable, Equatable, Codable {
        /// An `UnusedReason`, or the reason code of videos without segments.
        package let reason: String
        package let seconds: Double
        package let videos: Int
    }

    /// Videos whose seconds are known.
    package let videos: Int
    /// Seconds in segments, kept or dropped by the policy.
    package let inSegments: Double
    /// Most seconds first.
    package let unused: [Unused]
    /// The sum of all: the duration of these videos.
    package let total: Double
}

extension Catalog {
    /// Records where a video's seconds are, replacing what was recorded before; nil forgets it.
    package func setSeconds(_ seconds: SourceSeconds?, ofVideo videoID: String, settingsKey: String) throws {
        try write("record in") { try enterSeconds(seconds, ofVideo: videoID, settingsKey: settingsKey, in: $0) }
    }

    /// The same inside a transaction.
    func enterSeconds(_ seconds: SourceSeconds?, ofVideo videoID: String, settingsKey: String, in database: Database)
        throws
    {
        var parts = (seconds?.unused ?? [:]).mapValues(Self.milliseconds).filter { $0.value > 0 }
        if let seconds { parts[CatalogSeconds.inSegments] = Self.milliseconds(seconds.inSegments) }
        try database.execute(sql: "DELETE FROM source_seconds WHERE video_id = ?", arguments: [videoID])
        for (reason, milliseconds) in parts.sorted(by: { $0.key < $1.key }) {
            try database.execute(
                sql: "INSERT INTO source_seconds VALUES (?, ?, ?, ?)",
                arguments: [videoID, reason, settingsKey, milliseconds])
        }
    }

    /// The seconds of all listed videos under these settings; nil in a catalog of before.
    ///
    /// - Complexity: reads sums.
    package func seconds(settingsKey: String) throws -> SecondsReport? {
        let rows = try read("read") { database -> [Row]? in
            guard try database.tableExists("second_counts") else { return nil }
            return try Row.fetchAll(
                database,
                sql: "SELECT reason, videos, milliseconds FROM second_counts WHERE settings_key = ? AND videos > 0",
                arguments: [settingsKey])
        }
        guard let rows else { return nil }
        var known = (videos: 0, inSegments: 0)
        var unused: [SecondsReport.Unused] = []
        var total = 0
        for row in rows {
            let (videos, milliseconds): (Int, Int) = (row["videos"], row["milliseconds"])
            total += milliseconds
            if row["reason"] == CatalogSeconds.inSegments {
                known = (videos, milliseconds)
            } else {
                unused.append(
                    SecondsReport.Unused(reason: row["reason"], seconds: Double(milliseconds) / 1000, videos: videos))
            }
        }
        unused.sort { ($1.seconds, $0.reason) < ($0.seconds, $1.reason) }
        return SecondsReport(
            videos: known.videos, inSegments: Double(known.inSegments) / 1000, unused: unused,
            total: Double(total) / 1000)
    }

    /// What is wrong with the sums of seconds; nil when they are those of the rows.
    func secondsFault(in database: Database) throws -> String? {
        // An older catalog that is opened read-only is not migrated.
        guard try database.tableExists("second_counts") else { return nil }
        let counted = try Row.fetchAll(
            database,
            sql: """
                SELECT settings_key, reason, count(*) AS videos, sum(milliseconds) AS milliseconds FROM source_seconds
                WHERE video_id IN (SELECT video_id FROM content_counts) GROUP BY settings_key, reason
                ORDER BY settings_key, reason
                """)
        let noted = try Row.fetchAll(
            database,
            sql: """
                SELECT settings_key, reason, videos, milliseconds FROM second_counts WHERE videos > 0
                ORDER BY settings_key, reason
                """)
        return counted == noted ? nil : "the seconds of its videos differ from their sums"
    }

    private static func milliseconds(_ seconds: Double) -> Int {
        // A damaged file may state any duration.
        Int((min(max(seconds, 0), 1e12) * 1000).rounded())
    }
}

/// The tables of seconds.
enum CatalogSeconds {
    /// The reason in the tables that stands for seconds in segments.
    static let inSegments = "segments"

    /// `source_seconds` holds a content's seconds by reason, `second_counts` their sums over listed contents, maintained
    /// by triggers. Whole milliseconds, so that sums are exact whatever their order.
    static let tables = """
        CREATE TABLE source_seconds (
            video_id TEXT NOT NULL,
            reason TEXT NOT NULL,
            settings_key TEXT NOT NULL,
            milliseconds INTEGER NOT NULL,
            PRIMARY KEY (video_id, reason)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE second_counts (
            settings_key TEXT NOT NULL,
            reason TEXT NOT NULL,
            videos INTEGER NOT NULL,
            milliseconds INTEGER NOT NULL,
            PRIMARY KEY (settings_key, reason)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER seconds_made AFTER INSERT ON source_seconds
        WHEN EXISTS (SELECT 1 FROM content_counts WHERE video_id = NEW.video_id) BEGIN
            INSERT INTO second_counts VALUES (NEW.settings_key, NEW.reason, 1, NEW.milliseconds)
                ON CONFLICT DO UPDATE SET
                    videos = videos + excluded.videos, milliseconds = milliseconds + excluded.milliseconds;
        END;
        CREATE TRIGGER seconds_taken_back AFTER DELETE ON source_seconds
        WHEN EXISTS (SELECT 1 FROM content_counts WHERE video_id = OLD.video_id) BEGIN
            UPDATE second_counts SET videos = videos - 1, milliseconds = milliseconds - OLD.milliseconds
                WHERE settings_key = OLD.settings_key AND reason = OLD.reason;
        END;
        CREATE TRIGGER seconds_listed AFTER INSERT ON content_counts BEGIN
            INSERT INTO second_counts
                SELECT settings_key, reason, 1, milliseconds FROM source_seconds WHERE video_id = NEW.video_id
                ON CONFLICT DO UPDATE SET
                    videos = videos + excluded.videos, milliseconds = milliseconds + excluded.milliseconds;
        END;
        CREATE TRIGGER seconds_unlisted AFTER DELETE ON content_counts BEGIN
            INSERT INTO second_counts
                SELECT settings_key, reason, -1, -milliseconds FROM source_seconds WHERE video_id = OLD.video_id
                ON CONFLICT DO UPDATE SET
                    videos = videos + excluded.videos, milliseconds = milliseconds + excluded.milliseconds;
        END;
        """
}
