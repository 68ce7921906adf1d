package import AVPrepCore
import GRDB

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

/// Where a listing has looked: what it did not find there, has vanished. What lies elsewhere stays.
package struct ListingScope: Sendable, Equatable {
    /// Folders that were walked from end to end, and single files, by their listed names.
    package var walked: [BytePath] = []
    /// Lists that were read: what they do not name any more has vanished.
    package var lists: [BytePath] = []
    /// Folders that could not be read: what is known below them is still listed, but unreachable.
    package var unreachable: [BytePath] = []
    /// Whether what lies elsewhere vanishes, too.
    package var isWhole = false

    package init() {}

    /// The whole corpus, all of it read.
    package static let everything = {
        var scope = ListingScope()
        scope.isWhole = true
        return scope
    }()
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
                sql: "SELECT size, mtime_ns, vanished, unreachable FROM items WHERE path = ?")
            let insert = try database.cachedStatement(
                sql: """
                    INSERT INTO items (path, size, mtime_ns, first_run, last_run, vanished, root)
                    VALUES (?, ?, ?, ?, ?, 0, ?)
                    """)
            // The usual case sets no column that a trigger waits for.
            let keep = try database.cachedStatement(
                sql: "UPDATE items SET last_run = ?1, \(Self.relisted) WHERE path = ?3")
            let bringBack = try database.cachedStatement(
                sql: "UPDATE items SET last_run = ?1, \(Self.relisted), vanished = 0, unreachable = 0 WHERE path = ?3")
            // One without a file counts from the run that finds it: copies of it that were there stay what they are.
            let replace = try database.cachedStatement(
                sql: """
                    UPDATE items SET first_run = iif(size < 0, ?1, first_run), size = ?4, mtime_ns = ?5, video_id = NULL,
                        last_run = ?1, \(Self.relisted), vanished = 0, unreachable = 0 WHERE path = ?3
                    """)
            let forget = try database.cachedStatement(sql: "DELETE FROM outcomes WHERE subject = ?")
            var roots: [CorpusRoot: Int64] = [:]
            for file in batch {
                let known = try roots[file.root] ?? Self.number(of: file.root, in: database)
                roots[file.root] = known
                guard let row = try Row.fetchOne(find, arguments: [file.path]) else {
                    try insert.execute(arguments: [file.path, file.size, file.modifiedNanoseconds, run, run, known])
                    change.added += 1
                    continue
                }
                // By number: there are millions of them, and names cost a search each.
                let (isVanished, isUnreachable): (Bool, Bool) = (row[2], row[3])
                if isVanished { change.returned += 1 }
                if row[0] == file.size, row[1] == file.modifiedNanoseconds {
                    let statement = isVanished || isUnreachable ? bringBack : keep
                    try statement.execute(arguments: [run, known, file.path])
                    change.unchanged += 1
                } else {
                    try replace.execute(arguments: [run, known, file.path, file.size, file.modifiedNanoseconds])
                    try forget.execute(arguments: [file.path])
                    change.changed += 1
                }
            }
            return change
        }
    }

    /// Marks files that `run` did not list as vanished where it has looked for them, and as unreachable where it could not
    /// look. Duplicates of a vanished file lose their outcome: the next of them takes its place.
    ///
    /// - Parameter isGone: whether a file that was listed by name, and whose folder was walked without finding it among
    ///   the videos, is not there.
    /// - Returns: the number of items that vanished with this run.
    package func endListing(run: Int64, scope: ListingScope, isGone: (BytePath) -> Bool = { _ in true }) throws -> Int {
        try write("list files in") { database in
            let vanished = try Self.markVanished(run, scope, isGone, in: database)
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

    /// The root of an item that is listed again. One that a manifest names stays the manifest's, though a list (of what to try
    /// again, say) names it too: it leaves the corpus with its row.
    private static let relisted = """
        root = iif(vanished = 0 AND root IN (SELECT root FROM manifests)
            AND ?2 NOT IN (SELECT root FROM manifests), root, ?2)
        """

    /// The items in a folder, or the item itself. A folder's items are those between "folder/" and "folder0", the character
    /// after "/" in ASCII.
    private static let inside = "(path = :folder OR (path >= :folder || '/' AND path < :folder || '0'))"
    private static let missing = "vanished = 0 AND unreachable = 0 AND last_run <> :run"
    /// Found in a folder: not named by a list or by the user.
    private static let isFound = "(root IS NULL OR root IN (SELECT id FROM roots WHERE kind = 'folder'))"

    private static func markVanished(
        _ run: Int64, _ scope: ListingScope, _ isGone: (BytePath) -> Bool, in database: Database
    ) throws -> Int {
        let reach = try database.cachedStatement(
            sql: "UPDATE items SET unreachable = 0 WHERE unreachable = 1 AND \(inside)")
        let lose = try database.cachedStatement(
            sql: "UPDATE items SET unreachable = 1 WHERE vanished = 0 AND last_run <> :run AND \(inside)")
        let vanish = try database.cachedStatement(
            sql: "UPDATE items SET vanished = 1 WHERE \(missing) AND \(inside) AND \(isFound)")
        let named = try database.cachedStatement(
            sql: "SELECT path FROM items WHERE \(missing) AND \(inside) AND NOT \(isFound)")
        let drop = try database.cachedStatement(sql: "UPDATE items SET vanished = 1 WHERE path = ?")
        for folder in scope.walked { try reach.execute(arguments: ["folder": folder.prefix]) }
        for folder in scope.unreachable { try lose.execute(arguments: ["folder": folder.prefix, "run": run]) }
        var vanished = 0
        for folder in scope.walked {
            let place: StatementArguments = ["folder": folder.prefix, "run": run]
            try vanish.execute(arguments: place)
            vanished += database.changesCount
            for path in try BytePath.fetchAll(named, arguments: place) where isGone(path) {
                try drop.execute(arguments: [path])
                vanished += 1
            }
        }
        for list in scope.lists {
            try database.execute(
                sql: """
                    UPDATE items SET vanished = 1
                    WHERE \(missing) AND root = (SELECT id FROM roots WHERE path = :list AND kind = 'list')
                    """, arguments: ["run": run, "list": list])
            vanished += database.changesCount
        }
        if scope.isWhole {
            try database.execute(sql: "UPDATE items SET vanished = 1 WHERE \(missing)", arguments: ["run": run])
            vanished += database.changesCount
        }
        return vanished
    }

    /// Listed items by state, ordered by path: those that are unreachable, or those that have vanished.
    package func items(vanished: Bool) throws -> [CatalogItem] {
        try read("read") { database in
            guard try vanished || Self.knowsReach(database) else { return [] }
            return try Row.fetchAll(
                database,
                sql:
                    "SELECT * FROM items WHERE \(vanished ? "vanished = 1" : "unreachable = 1 AND vanished = 0") ORDER BY path"
            ).map(CatalogItem.init)
        }
    }

    /// The number of listed files below this folder that were there: what an empty folder has lost.
    package func knownCount(in folder: BytePath) throws -> Int {
        try read("read") { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM items
                    WHERE vanished = 0 AND size >= 0 AND path >= :folder || '/' AND path < :folder || '0'
                    """, arguments: ["folder": folder.prefix]) ?? 0
        }
    }

    /// The number of listed items that a list has named.
    ///
    /// - Parameter areThere: counts only those whose file was there.
    package func knownCount(inList list: BytePath, areThere: Bool = false) throws -> Int {
        try read("read") { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM items
                    WHERE vanished = 0 \(areThere ? "AND size >= 0" : "")
                    AND root = (SELECT id FROM roots WHERE path = ? AND kind = 'list')
                    """, arguments: [list]) ?? 0
        }
    }

    /// Whether the catalog tells unreachable items; one of before that is open for reading does not.
    static func knowsReach(_ database: Database) throws -> Bool { try database.tableExists("roots") }
}

extension BytePath {
    /// The folder as the start of its items' paths.
    fileprivate var prefix: String { String(escaped.hasSuffix("/") ? escaped.dropLast() : escaped[...]) }
}
