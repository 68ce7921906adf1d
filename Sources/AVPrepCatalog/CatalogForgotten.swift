package import AVPrepCore
package import AVPrepModel
import GRDB

/// A content that is to be gone, and not to come back.
package struct ForgottenVideo: Sendable, Equatable, Codable {
    package let videoID: String
    /// UTC, ISO 8601.
    package let forgottenAt: String
    /// Whether everything that came from it is removed; else the next `avprep forget` goes on.
    package let isDone: Bool
}

extension Outcome.Reason {
    /// The content is one that `avprep forget` has removed.
    package static let forgotten = "forgotten"

    /// The reason of a listed file with such a content.
    package static func forgotten(_ path: BytePath, _ videoID: String) -> Outcome.Reason {
        Outcome.Reason(
            forgotten, "\(path) was forgotten; avprep forget --undo \(videoID) allows it again")
    }
}

extension Catalog {
    /// The contents that are not to come back, ordered by id; none in an older catalog.
    package func forgotten() throws -> [ForgottenVideo] {
        try read("read") { database in
            guard try database.tableExists("forgotten") else { return [] }
            return try Row.fetchAll(database, sql: "SELECT * FROM forgotten ORDER BY video_id").map {
                ForgottenVideo(videoID: $0["video_id"], forgottenAt: $0["forgotten_at"], isDone: $0["done"])
            }
        }
    }

    /// Takes everything that is known of these contents out of the catalog, but for their ids and the files that have them,
    /// and marks them as not to come back: one transaction. Their listed files are skipped.
    ///
    /// - Parameters:
    ///   - videos: their ids. Those that are marked already are taken out again.
    ///   - settingsKey: of ingest.
    package func beginForgetting(_ videos: some Collection<String>, settingsKey: String) throws {
        let now = Self.timestamp()
        try write("record in") { database in
            // Until the pages are written anew by `finishForgetting`, no deleted row is to be read in them.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            let mark = try database.cachedStatement(
                sql: "INSERT INTO forgotten VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET done = 0")
            for video in videos { try mark.execute(arguments: [video, now]) }
            let pending = "(SELECT video_id FROM forgotten WHERE done = 0)"
            // The decisions about their segments are removed by triggers.
            try database.execute(
                sql: "DELETE FROM outcomes WHERE subject IN (SELECT path FROM items WHERE video_id IN \(pending))")
            for table in CatalogForgotten.tablesOfContents {
                try database.execute(sql: "DELETE FROM \(table) WHERE video_id IN \(pending)")
            }
            try database.execute(
                sql: "DELETE FROM near_duplicates WHERE first IN \(pending) OR second IN \(pending)")
            let known = try Row.fetchAll(
                database, sql: "SELECT path, video_id, vanished FROM items WHERE video_id IN \(pending)")
            for row in known {
                let path: BytePath = row["path"]
                if path.isWebAddress { try enterForgotten(path, row["video_id"], in: database) }
            }
            let listed = known.filter { !($0["vanished"] as Bool) }
            try enter(
                listed.map { row in
                    let path: BytePath = row["path"]
                    return OutcomeRecord(
                        subject: path, stage: StageName.ingest, settingsKey: settingsKey,
                        outcome: .skipped(.forgotten(path, row["video_id"])))
                }, in: database)
        }
    }

    /// Ends what ``beginForgetting(_:settingsKey:)`` began, once no file holds them any more: files that have vanished leave
    /// the list, and the catalog is written anew, so that no page of it, used or free, and no log holds a deleted row.
    ///
    /// - Throws: ``CatalogError`` with code `busy` when another process reads the catalog.
    /// - Complexity: writes the whole file.
    package func finishForgetting() throws {
        try write("record in") { database in
            try database.execute(
                sql: """
                    DELETE FROM items
                    WHERE vanished = 1 AND video_id IN (SELECT video_id FROM forgotten WHERE done = 0)
                    """)
        }
        try rewrite()
        try write("record in") { try $0.execute(sql: "UPDATE forgotten SET done = 1 WHERE done = 0") }
    }

    /// Removes files from the list whose content was never known, and what is noted of them.
    package func drop(_ paths: [BytePath]) throws {
        try write("record in") { database in
            for path in paths {
                try database.execute(sql: "DELETE FROM outcomes WHERE subject = ?", arguments: [path])
                try database.execute(sql: "UPDATE items SET vanished = 1 WHERE path = ?", arguments: [path])
                try database.execute(sql: "DELETE FROM items WHERE path = ?", arguments: [path])
            }
        }
    }

    /// Allows contents again: their files are pending.
    package func allow(_ videos: some Collection<String>) throws {
        let forgotten = try ForgottenAddresses(self)
        try write("record in") { database in
            // What is not fetched has no content: its address tells.
            let skipped = try BytePath.fetchAll(
                database,
                sql: """
                    SELECT subject FROM outcomes WHERE stage IN (SELECT stage FROM outcome_counts) AND live = 1
                    AND status = 'skipped' AND code = ?
                    """, arguments: [Outcome.Reason.forgotten]
            ).filter(\.isWebAddress)
            for path in skipped where forgotten[path].map(videos.contains) ?? false {
                try database.execute(sql: "DELETE FROM outcomes WHERE subject = ?", arguments: [path])
            }
            for video in videos {
                try database.execute(
                    sql: """
                        DELETE FROM outcomes WHERE code = ?
                        AND subject IN (SELECT path FROM items WHERE video_id = ?)
                        """, arguments: [Outcome.Reason.forgotten, video])
                try database.execute(sql: "DELETE FROM forgotten_addresses WHERE video_id = ?", arguments: [video])
                try database.execute(sql: "DELETE FROM forgotten WHERE video_id = ?", arguments: [video])
            }
        }
    }

    /// The videos that are parts of these contents: ranges of a file, by manifests.
    package func parts(ofContents contents: some Collection<String>) throws -> [String] {
        try read("read") { database in
            guard try database.tableExists("notes") else { return [] }
            let find = try database.cachedStatement(
                sql: "SELECT DISTINCT video_id FROM items WHERE content_id = ? AND video_id IS NOT NULL ORDER BY 1")
            return try contents.flatMap { try String.fetchAll(find, arguments: [$0]) }
        }
    }

    /// The content that a listed file is a part of; nil for a whole file.
    package func contentID(of path: BytePath) throws -> String? {
        try read("read") { database in
            guard try database.tableExists("notes") else { return nil }
            return try String.fetchOne(
                database, sql: "SELECT content_id FROM items WHERE path = ?", arguments: [path])
        }
    }

    /// All items, vanished or not, ordered by path.
    package func allItems() throws -> [CatalogItem] {
        try read("read") { try Row.fetchAll($0, sql: "SELECT * FROM items ORDER BY path").map(CatalogItem.init) }
    }

    /// The tables that still hold something of a forgotten content, each with the first such id.
    package func tracesOfForgotten() throws -> [(table: String, videoID: String)] {
        try read("verify") { database in
            guard try database.tableExists("forgotten") else { return [] }
            var found: [(table: String, videoID: String)] = []
            func look(_ table: String, _ sql: String) throws {
                if let video = try String.fetchOne(database, sql: sql, arguments: [:]) { found.append((table, video)) }
            }
            for table in CatalogForgotten.tablesOfContents {
                try look(table, "SELECT video_id FROM \(table) JOIN forgotten USING (video_id) LIMIT 1")
            }
            try look(
                "near_duplicates",
                """
                SELECT video_id FROM near_duplicates JOIN forgotten ON video_id = first OR video_id = second LIMIT 1
                """)
            try look(
                "outcomes",
                """
                SELECT forgotten.video_id FROM forgotten JOIN items USING (video_id)
                JOIN outcomes ON subject = path WHERE code <> '\(Outcome.Reason.forgotten)' LIMIT 1
                """)
            try look(
                "decided",
                """
                SELECT forgotten.video_id FROM forgotten JOIN items USING (video_id)
                JOIN decided ON subject = path LIMIT 1
                """)
            return found
        }
    }
}

/// The table of contents that are not to come back.
enum CatalogForgotten {
    /// Tables with a row or more for each content, by its id, that go with it.
    static let tablesOfContents = ["media", "fingerprints", "source_seconds"]

    /// Nothing but the id is kept of what was forgotten. A file that has vanished may leave `items` altogether.
    static let tables = """
        CREATE TABLE forgotten (
            video_id TEXT NOT NULL PRIMARY KEY,
            forgotten_at TEXT NOT NULL,
            done INTEGER NOT NULL CHECK (done IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER items_dropped AFTER DELETE ON items WHEN OLD.vanished = 1 BEGIN
            UPDATE item_counts SET items = items - 1 WHERE state = 'vanished';
        END;
        """
}
