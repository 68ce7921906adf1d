package import AVPrepModel
import Foundation
import GRDB

extension Catalog {
    /// Records the fingerprint of a video prepared under these settings.
    package func setFingerprint(_ bytes: [UInt8], ofVideo videoID: String, settingsKey: String) throws {
        try write("record in") { try enterFingerprint(Data(bytes), ofVideo: videoID, settingsKey: settingsKey, in: $0) }
    }

    /// The same inside a transaction.
    func enterFingerprint(_ bytes: Data, ofVideo videoID: String, settingsKey: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO fingerprints (video_id, settings_key, bytes) VALUES (?, ?, ?)",
            arguments: [videoID, settingsKey, bytes])
    }

    /// Calls `body` with the fingerprints of these settings that belong to listed items, ordered by video id.
    ///
    /// - Complexity: reads every fingerprint once, one at a time; memory for one.
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

    /// The videos of ``forEachFingerprint(settingsKey:_:)``. A fingerprint is a function of content and settings, so as
    /// long as the ids do not change, neither do the fingerprints.
    package func fingerprintedVideos(settingsKey: String) throws -> [String] {
        var videos: [String] = []
        try forEachFingerprintedVideo(settingsKey: settingsKey) { videos.append($0) }
        return videos
    }

    /// The same one by one.
    package func forEachFingerprintedVideo(settingsKey: String, _ body: (_ videoID: String) throws -> Void) throws {
        try read("read") { database in
            let videos = try String.fetchCursor(
                database,
                sql: """
                    SELECT video_id FROM fingerprints WHERE settings_key = ? AND EXISTS (
                        SELECT 1 FROM items WHERE items.video_id = fingerprints.video_id AND vanished = 0)
                    ORDER BY video_id
                    """, arguments: [settingsKey])
            while let video = try videos.next() { try body(video) }
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

    /// Replaces all recorded near-duplicates.
    ///
    /// - Parameter key: identifies the fingerprints and settings they were computed from.
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

    /// The recorded near-duplicates, ordered by id.
    ///
    /// - Parameter key: the required key of their computation; one that ends in `/` is a prefix.
    /// - Returns: nil when the recorded ones have another key, or none were computed yet.
    package func nearDuplicates(key: String) throws -> [DuplicateMatch]? {
        try read("read") { database in
            // An older catalog opened read-only has no such tables.
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
