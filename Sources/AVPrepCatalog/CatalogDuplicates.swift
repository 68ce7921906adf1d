package import AVPrepModel
import Foundation
import GRDB

extension Catalog {
    /// Notes what a content looks and sounds like, as prepared under these settings.
    package func setFingerprint(_ bytes: [UInt8], ofVideo videoID: String, settingsKey: String) throws {
        try write("record in") { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO fingerprints (video_id, settings_key, bytes) VALUES (?, ?, ?)",
                arguments: [videoID, settingsKey, Data(bytes)])
        }
    }

    /// Hands over the fingerprints of these settings that belong to listed items, in the order of the videos' ids.
    ///
    /// - Complexity: reads every fingerprint once, one after another; memory for one.
    package func forEachFingerprint(settingsKey: String, _ body: (_ videoID: String, _ bytes: [UInt8]) throws -> Void)
        throws
    {
        try read("read") { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT video_id, bytes FROM fingerprints WHERE settings_key = ? AND EXISTS (
                        SELECT 1 FROM items WHERE items.video_id = fingerprints.video_id AND vanished = 0)
                    ORDER BY video_id
                    """, arguments: [settingsKey])
            while let row = try rows.next() {
                try body(row["video_id"], try row.withUnsafeData(named: "bytes") { $0.map { Array($0) } ?? [] })
            }
        }
    }

    /// The videos whose fingerprints ``forEachFingerprint(settingsKey:_:)`` hands over. A fingerprint is a function of
    /// content and settings, so as long as the ids stay, the fingerprints do.
    package func fingerprintedVideos(settingsKey: String) throws -> [String] {
        try read("read") { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT video_id FROM fingerprints WHERE settings_key = ? AND EXISTS (
                        SELECT 1 FROM items WHERE items.video_id = fingerprints.video_id AND vanished = 0)
                    ORDER BY video_id
                    """, arguments: [settingsKey])
        }
    }

    /// Whether there is a fingerprint of a content under these settings.
    package func hasFingerprint(ofVideo videoID: String, settingsKey: String) throws -> Bool {
        try read("read") { database in
            try Bool.fetchOne(
                database, sql: "SELECT count(*) > 0 FROM fingerprints WHERE video_id = ? AND settings_key = ?",
                arguments: [videoID, settingsKey]) ?? false
        }
    }

    /// Puts `duplicates` in the place of all that were noted before.
    ///
    /// - Parameter key: what they were found from.
    package func setNearDuplicates(_ duplicates: [DuplicateMatch], key: String) throws {
        try write("record in") { database in
            try database.execute(sql: "DELETE FROM near_duplicates")
            let insert = try database.cachedStatement(
                sql: "INSERT INTO near_duplicates VALUES (?, ?, ?, ?, ?, ?)")
            for pair in duplicates {
                try insert.execute(
                    arguments: [
                        pair.first, pair.second, pair.pictureDistance, pair.soundDistance, pair.offsetSeconds,
                        pair.isMirrored,
                    ])
            }
            try database.execute(
                sql: "INSERT OR REPLACE INTO facts VALUES ('near_duplicates_key', ?)", arguments: [key])
        }
    }

    /// The near-duplicates that were noted, in the order of their ids.
    ///
    /// - Parameter key: what they must have been found from; one that ends in `/` is the beginning of it.
    /// - Returns: nil when those noted were found from something else, or none were looked for yet.
    package func nearDuplicates(key: String) throws -> [DuplicateMatch]? {
        try read("read") { database in
            // A catalog of before that is opened to read only has no such tables.
            guard try database.tableExists("facts") else { return nil }
            let noted = try String.fetchOne(database, sql: "SELECT value FROM facts WHERE name = 'near_duplicates_key'")
            guard let noted, noted == key || key.hasSuffix("/") && noted.hasPrefix(key) else { return nil }
            return try Row.fetchAll(database, sql: "SELECT * FROM near_duplicates ORDER BY first, second").map {
                DuplicateMatch(
                    first: $0["first"], second: $0["second"], pictureDistance: $0["picture_distance"],
                    soundDistance: $0["sound_distance"], offsetSeconds: $0["offset_seconds"],
                    isMirrored: $0["mirrored"])
            }
        }
    }
}
