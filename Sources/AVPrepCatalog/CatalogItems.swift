import Foundation
import GRDB

/// A file of the corpus.
package struct ListedFile: Sendable, Equatable {
    /// The path as listed: the item's name in all outcomes.
    package var path: String
    /// In bytes.
    package var size: Int64
    /// Time of the last change, in nanoseconds since 1970.
    package var modifiedNanoseconds: Int64

    package init(path: String, size: Int64, modifiedNanoseconds: Int64) {
        self.path = path
        self.size = size
        self.modifiedNanoseconds = modifiedNanoseconds
    }
}

/// An item of the catalog.
package struct CatalogItem: Sendable, Equatable {
    package let file: ListedFile
    /// The id of its content, once hashed.
    package let videoID: String?
    /// Whether the corpus no longer lists it.
    package let isVanished: Bool

    init(_ row: Row) {
        file = ListedFile(path: row["path"], size: row["size"], modifiedNanoseconds: row["mtime_ns"])
        videoID = row["video_id"]
        isVanished = row["vanished"]
    }
}

/// The result of a listing, compared with the catalog.
package struct ListingChange: Sendable, Equatable, Codable {
    /// New files.
    package internal(set) var added = 0
    /// Files with another size or time: their content is unknown again, and their outcomes are removed.
    package internal(set) var changed = 0
    package internal(set) var unchanged = 0
    /// Those among changed and unchanged that had vanished before.
    package internal(set) var returned = 0

    package init() {}
}

/// One content under several paths.
package struct DuplicateGroup: Sendable, Equatable, Codable {
    package let videoID: String
    /// The first is processed, the others are skipped as its duplicates.
    package let paths: [String]
}

extension Catalog {
    /// Records the files listed by a run, in transactions of 10,000, in any order. A file that changed since it was
    /// last listed loses its video id and its outcomes: it is pending in every stage. A path listed twice counts twice.
    ///
    /// - Parameter run: from ``beginRun(_:)``.
    /// - Throws: ``CatalogError``. Files recorded until then stay; listing them again is harmless.
    package func list(_ files: some Sequence<ListedFile>, run: Int64) throws -> ListingChange {
        var change = ListingChange()
        var batch: [ListedFile] = []
        for file in files {
            batch.append(file)
            if batch.count == 10_000 {
                try list(batch: batch, run, &change)
                batch.removeAll(keepingCapacity: true)
            }
        }
        try list(batch: batch, run, &change)
        return change
    }

    private func list(batch: [ListedFile], _ run: Int64, _ change: inout ListingChange) throws {
        guard !batch.isEmpty else { return }
        change = try write("list files in") { [change] database in
            var change = change
            let find = try database.cachedStatement(
                sql: "SELECT size, mtime_ns, vanished FROM items WHERE path = ?")
            let insert = try database.cachedStatement(
                sql: """
                    INSERT INTO items (path, size, mtime_ns, first_run, last_run, vanished) VALUES (?, ?, ?, ?, ?, 0)
                    """)
            let keep = try database.cachedStatement(
                sql: "UPDATE items SET last_run = ?, vanished = 0 WHERE path = ?")
            let replace = try database.cachedStatement(
                sql: """
                    UPDATE items SET size = ?, mtime_ns = ?, video_id = NULL, last_run = ?, vanished = 0 WHERE path = ?
                    """)
            let forget = try database.cachedStatement(sql: "DELETE FROM outcomes WHERE subject = ?")
            for file in batch {
                guard let row = try Row.fetchOne(find, arguments: [file.path]) else {
                    try insert.execute(arguments: [file.path, file.size, file.modifiedNanoseconds, run, run])
                    change.added += 1
                    continue
                }
                if row["vanished"] { change.returned += 1 }
                if row["size"] == file.size, row["mtime_ns"] == file.modifiedNanoseconds {
                    try keep.execute(arguments: [run, file.path])
                    change.unchanged += 1
                } else {
                    try replace.execute(arguments: [file.size, file.modifiedNanoseconds, run, file.path])
                    try forget.execute(arguments: [file.path])
                    change.changed += 1
                }
            }
            return change
        }
    }

    /// Marks files that `run` did not list as vanished. Duplicates of a vanished file lose their outcome: the next of
    /// them takes its place.
    ///
    /// - Parameter roots: the folders or files that the run examined; only files in them can vanish. Nil for the whole
    ///   corpus.
    /// - Returns: the number of items that vanished with this run.
    package func endListing(run: Int64, roots: [String]? = nil) throws -> Int {
        try write("list files in") { database in
            var vanished = 0
            for root in roots ?? [""] {
                // A folder's files are those between "folder/" and "folder0", the character after "/" in ASCII.
                let folder = root.hasSuffix("/") ? String(root.dropLast()) : root
                try database.execute(
                    sql: """
                        UPDATE items SET vanished = 1 WHERE vanished = 0 AND last_run <> :run
                        AND (:all OR path = :folder OR (path >= :folder || '/' AND path < :folder || '0'))
                        """, arguments: ["run": run, "all": roots == nil, "folder": folder])
                vanished += database.changesCount
            }
            try database.execute(
                sql: """
                    DELETE FROM outcomes WHERE code = 'duplicate' AND live = 1 AND subject = (
                        SELECT other.path FROM items JOIN items AS other USING (video_id)
                        WHERE items.path = outcomes.subject AND other.vanished = 0
                        ORDER BY other.first_run, other.path LIMIT 1)
                    """)
            return vanished
        }
    }

    /// Records the video ids of listed files in one transaction.
    package func setVideoIDs(_ entries: [(videoID: String, path: String)]) throws {
        guard !entries.isEmpty else { return }
        try write("record in") { database in
            let set = try database.cachedStatement(sql: "UPDATE items SET video_id = ? WHERE path = ?")
            for entry in entries { try set.execute(arguments: [entry.videoID, entry.path]) }
        }
    }

    /// Records that a listed file has another content than was known: its outcomes are removed, and it is pending in every
    /// stage.
    package func setContent(_ videoID: String, of path: String) throws {
        try write("record in") { database in
            try database.execute(
                sql: "UPDATE items SET video_id = ? WHERE path = ?", arguments: [videoID, path])
            try database.execute(sql: "DELETE FROM outcomes WHERE subject = ?", arguments: [path])
        }
    }

    /// The listed items whose content is known, ordered by path.
    package func hashed() throws -> [CatalogItem] {
        try read("read") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM items WHERE +vanished = 0 AND video_id IS NOT NULL ORDER BY path"
            ).map(CatalogItem.init)
        }
    }

    /// The item of this name, vanished or not.
    package func item(_ path: String) throws -> CatalogItem? {
        try read("read") { database in
            try Row.fetchOne(database, sql: "SELECT * FROM items WHERE path = ?", arguments: [path])
                .map(CatalogItem.init)
        }
    }

    /// All contents that are listed more than once, ordered by the path of their primary file: the one that is processed,
    /// of which the others are duplicates (reason code `duplicate`, with its path in the detail). It is the one listed
    /// first, and among those of one run the first in byte order, so that a copy added later changes nothing. Valid only
    /// after all listed files are hashed.
    package func duplicates() throws -> [DuplicateGroup] {
        let rows = try read("read") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT video_id, path FROM items WHERE vanished = 0 AND video_id IN (
                        SELECT video_id FROM items WHERE vanished = 0 AND video_id IS NOT NULL
                        GROUP BY video_id HAVING count(*) > 1)
                    ORDER BY first_run, path
                    """
            ).map { (videoID: $0["video_id"] as String, path: $0["path"] as String) }
        }
        var order: [String] = []
        var paths: [String: [String]] = [:]
        for row in rows {
            if paths[row.videoID] == nil { order.append(row.videoID) }
            paths[row.videoID, default: []].append(row.path)
        }
        return order.map { DuplicateGroup(videoID: $0, paths: paths[$0] ?? []) }
    }

    // MARK: - Media information

    /// Records the media information of a content, as JSON.
    package func setMedia(_ infoJSON: String, ofVideo videoID: String) throws {
        try write("record in") { database in
            try database.execute(
                sql: "INSERT INTO media (video_id, info) VALUES (?, ?) ON CONFLICT DO UPDATE SET info = excluded.info",
                arguments: [videoID, infoJSON])
        }
    }

    /// The media information recorded by ``setMedia(_:ofVideo:)``.
    package func media(ofVideo videoID: String) throws -> String? {
        try read("read") { database in
            try String.fetchOne(database, sql: "SELECT info FROM media WHERE video_id = ?", arguments: [videoID])
        }
    }
}
