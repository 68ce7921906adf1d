package import AVPrepCore
import Foundation
import GRDB

/// A file of the corpus.
package struct ListedFile: Sendable, Equatable {
    /// The path as listed: the item's name in all outcomes.
    package var path: BytePath
    /// In bytes.
    package var size: Int64
    /// Time of the last change, in nanoseconds since 1970.
    package var modifiedNanoseconds: Int64
    /// What it was found by.
    package var root: CorpusRoot

    package init(path: BytePath, size: Int64, modifiedNanoseconds: Int64, root: CorpusRoot = .named) {
        self.path = path
        self.size = size
        self.modifiedNanoseconds = modifiedNanoseconds
        self.root = root
    }
}

/// An item of the catalog.
package struct CatalogItem: Sendable, Equatable {
    package let file: ListedFile
    /// The id of its content, once hashed.
    package let videoID: String?
    /// Whether the corpus no longer lists it.
    package let isVanished: Bool
    /// Whether the last listing could not look at its place: it is still listed, and what is known of it stays.
    package let isUnreachable: Bool

    init(_ row: Row) {
        file = ListedFile(path: row["path"], size: row["size"], modifiedNanoseconds: row["mtime_ns"])
        videoID = row["video_id"]
        isVanished = row["vanished"]
        // A catalog of before that is open for reading has no such column.
        isUnreachable = row["unreachable"] ?? false
    }
}

/// One content under several paths.
package struct DuplicateGroup: Sendable, Equatable, Codable {
    package let videoID: String
    /// The first is processed, the others are skipped as its duplicates.
    package let paths: [BytePath]
}

extension Catalog {
    /// Records the video ids of listed files in one transaction.
    ///
    /// - Parameter contentID: the id of the whole file, of which the item is a part; nil for a whole file.
    package func setVideoIDs(_ entries: [(videoID: String, contentID: String?, path: BytePath)]) throws {
        guard !entries.isEmpty else { return }
        try write("record in") { database in
            let set = try database.cachedStatement(sql: "UPDATE items SET video_id = ?, content_id = ? WHERE path = ?")
            for entry in entries { try set.execute(arguments: [entry.videoID, entry.contentID, entry.path]) }
        }
    }

    /// The same for whole files.
    package func setVideoIDs(_ entries: [(videoID: String, path: BytePath)]) throws {
        try setVideoIDs(entries.map { ($0.videoID, nil, $0.path) })
    }

    /// Records that a listed file has another content than was known: its outcomes are removed, and it is pending in every
    /// stage.
    ///
    /// - Parameter contentID: as in ``setVideoIDs(_:)``.
    package func setContent(_ videoID: String, contentID: String? = nil, of path: BytePath) throws {
        try write("record in") { database in
            try database.execute(
                sql: "UPDATE items SET video_id = ?, content_id = ? WHERE path = ?",
                arguments: [videoID, contentID, path])
            try database.execute(sql: "DELETE FROM outcomes WHERE subject = ?", arguments: [path])
        }
    }

    /// Notes the size and time of a listed file that is looked at by itself. Where they are others than before, its content is
    /// unknown, and it is pending in every stage. When and by what it was listed stays.
    package func lookAgain(at file: ListedFile) throws {
        try write("record in") { database in
            try database.execute(
                sql: """
                    UPDATE items SET size = :size, mtime_ns = :time, video_id = NULL
                    WHERE path = :path AND (size <> :size OR mtime_ns <> :time)
                    """,
                arguments: ["size": file.size, "time": file.modifiedNanoseconds, "path": file.path])
            if database.changesCount > 0 {
                try database.execute(sql: "DELETE FROM outcomes WHERE subject = ?", arguments: [file.path])
            }
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
    package func item(_ path: BytePath) throws -> CatalogItem? {
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
            ).map { (videoID: $0["video_id"] as String, path: $0["path"] as BytePath) }
        }
        var order: [String] = []
        var paths: [String: [BytePath]] = [:]
        for row in rows {
            if paths[row.videoID] == nil { order.append(row.videoID) }
            paths[row.videoID, default: []].append(row.path)
        }
        return order.map { DuplicateGroup(videoID: $0, paths: paths[$0] ?? []) }
    }

    // MARK: - Media information

    /// Records the media information of a content, as JSON.
    package func setMedia(_ infoJSON: String, ofVideo videoID: String) throws {
        try write("record in") { try enterMedia(infoJSON, ofVideo: videoID, in: $0) }
    }

    /// The same inside a transaction.
    func enterMedia(_ infoJSON: String, ofVideo videoID: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO media (video_id, info) VALUES (?, ?) ON CONFLICT DO UPDATE SET info = excluded.info",
            arguments: [videoID, infoJSON])
    }

    /// The media information recorded by ``setMedia(_:ofVideo:)``.
    package func media(ofVideo videoID: String) throws -> String? {
        try read("read") { database in
            try String.fetchOne(database, sql: "SELECT info FROM media WHERE video_id = ?", arguments: [videoID])
        }
    }
}
