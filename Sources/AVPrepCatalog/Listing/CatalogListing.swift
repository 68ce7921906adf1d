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
    /// Records the files listed by a run, 10,000 changes a transaction. A file that changed since it was last listed loses its
    /// video id and its outcomes: it is pending in every stage. A path listed twice counts twice.
    ///
    /// Files that the run did not list vanish where it has looked for them, and are unreachable where it could not look.
    /// Duplicates of a vanished file lose their outcome: the next of them takes its place.
    ///
    /// - Parameters:
    ///   - files: in any order; in that of their paths' texts they are not copied.
    ///   - run: from ``beginRun(_:)``.
    ///   - scope: where the run has looked.
    ///   - isGone: whether a file that was listed by name, and whose folder was walked without finding it among the videos, is
    ///     not there.
    /// - Returns: what is new, and the number of items that vanished with this run.
    /// - Throws: ``CatalogError``. Files recorded until then stay; listing them again is harmless.
    /// - Complexity: reads the items that lie in the scope once; writes what is new.
    @discardableResult
    package func list(
        _ files: some RandomAccessCollection<ListedFile>, run: Int64, scope: ListingScope = ListingScope(),
        isGone: @escaping (BytePath) -> Bool = { _ in true }
    ) throws -> (change: ListingChange, vanished: Int) {
        var roots: Set<CorpusRoot> = []
        var isInOrder = true
        var last: ListedFile?
        for file in files {
            if last?.root != file.root { roots.insert(file.root) }
            if let last, isInOrder { isInOrder = last.path.escaped.order(file.path.escaped) <= 0 }
            last = file
        }
        if isInOrder { return try list(ordered: files, roots, run, scope, isGone) }
        let texts = files.map { (text: $0.path.escaped, file: $0) }.sorted { $0.text.order($1.text) < 0 }
        return try list(ordered: texts.lazy.map(\.file), roots, run, scope, isGone)
    }

    private func list(
        ordered files: some RandomAccessCollection<ListedFile>, _ listed: Set<CorpusRoot>, _ run: Int64,
        _ scope: ListingScope, _ isGone: @escaping (BytePath) -> Bool
    ) throws -> (change: ListingChange, vanished: Int) {
        let roots = try ListingRoots(listed, lists: scope.lists, in: self)
        var pass = ListingPass(files, scope: scope, roots: roots, isGone: isGone)
        while !pass.isDone {
            try read("list files in") { try pass.compare(in: $0) }
            if !pass.changes.isEmpty { try write("list files in") { try Self.enter(pass.changes, run, in: $0) } }
        }
        try write("list files in") { database in
            for root in listed where root.kind != .named {
                try database.execute(
                    sql: "INSERT INTO listed_roots VALUES (?, ?) ON CONFLICT DO UPDATE SET run = excluded.run",
                    arguments: [roots.number(of: root), run])
            }
            // With stage and status, of which there are few, SQLite can follow an index.
            try database.execute(
                sql: """
                    DELETE FROM outcomes WHERE stage IN (SELECT stage FROM outcome_counts) AND live = 1
                    AND status = 'skipped' AND code = 'duplicate' AND subject = (
                        SELECT other.path FROM items JOIN items AS other USING (video_id)
                        WHERE items.path = outcomes.subject AND other.vanished = 0
                        ORDER BY other.first_run, other.path LIMIT 1)
                    """)
        }
        return (pass.listing, pass.vanished)
    }

    private static func enter(_ changes: [ItemChange], _ run: Int64, in database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO items (path, size, mtime_ns, first_run, last_run, vanished, root)
                VALUES (?, ?, ?, ?, ?, 0, ?)
                """)
        let note = try database.cachedStatement(sql: "UPDATE items SET last_run = ?, root = ? WHERE path = ?")
        let bringBack = try database.cachedStatement(
            sql: "UPDATE items SET last_run = ?, root = ?, vanished = 0, unreachable = 0 WHERE path = ?")
        // One without a file counts from the run that finds it: copies of it that were there stay what they are.
        let replace = try database.cachedStatement(
            sql: """
                UPDATE items SET first_run = iif(size < 0, ?1, first_run), size = ?4, mtime_ns = ?5, video_id = NULL,
                    last_run = ?1, root = ?2, vanished = 0, unreachable = 0 WHERE path = ?3
                """)
        let forget = try database.cachedStatement(sql: "DELETE FROM outcomes WHERE subject = ?")
        let leave = try database.cachedStatement(
            sql: "UPDATE items SET vanished = ?, unreachable = ?, last_run = ? WHERE path = ?")
        for change in changes {
            switch change {
            case .insert(let file, let root):
                try insert.execute(arguments: [file.path, file.size, file.modifiedNanoseconds, run, run, root])
            case .note(let path, let root): try note.execute(arguments: [run, root, path])
            case .bringBack(let path, let root): try bringBack.execute(arguments: [run, root, path])
            case .replace(let path, let file, let root):
                try replace.execute(arguments: [run, root, path, file.size, file.modifiedNanoseconds])
                try forget.execute(arguments: [path])
            case .leave(let path, let isVanished, let isUnreachable, let lastRun):
                try leave.execute(arguments: [isVanished, isUnreachable, lastRun, path])
            }
        }
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
