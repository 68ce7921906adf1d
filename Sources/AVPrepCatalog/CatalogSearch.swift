package import AVPrepCore
import GRDB

/// When an item was listed, and when last.
package struct ItemListings: Sendable, Equatable, Codable {
    /// UTC, ISO 8601: the start of the first and of the last run that listed it.
    package let first: String
    package let last: String
}

extension Catalog {
    /// The items whose content has an id that begins with `prefix`, ordered by path, vanished ones included.
    ///
    /// - Parameter prefix: hexadecimal digits; other text finds nothing.
    package func items(withVideoPrefix prefix: String, limit: Int) throws -> [CatalogItem] {
        guard !prefix.isEmpty, prefix.allSatisfy(\.isHexDigit) else { return [] }
        return try read("read") { database in
            // "g" follows the last hexadecimal digit, so the range is a part of the index.
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM items WHERE video_id >= ? AND video_id < ? ORDER BY path LIMIT ?",
                arguments: [prefix.lowercased(), prefix.lowercased() + "g", limit]
            ).map(CatalogItem.init)
        }
    }

    /// The items that are parts of a file (`film.mp4#t=10,20`), ordered by path, vanished ones included.
    package func items(partsOf file: BytePath, limit: Int) throws -> [CatalogItem] {
        let prefix = file.escaped + "#t"
        return try read("read") { database in
            // ">" follows "=": a part of the index.
            try Row.fetchAll(
                database, sql: "SELECT * FROM items WHERE path >= ? AND path < ? ORDER BY path LIMIT ?",
                arguments: [prefix + "=", prefix + ">", limit]
            ).map(CatalogItem.init)
        }
    }

    /// When an item was first and last listed; nil for one that is not in the catalog.
    package func listings(of path: BytePath) throws -> ItemListings? {
        try read("read") { database in
            // What is there was listed when its root was.
            let last =
                try database.tableExists("listed_roots")
                ? """
                max(last_run, iif(vanished = 0 AND unreachable = 0,
                    coalesce((SELECT run FROM listed_roots WHERE listed_roots.root = items.root), 0), 0))
                """ : "last_run"
            return try Row.fetchOne(
                database,
                sql: """
                    SELECT first.started_at AS first, last.started_at AS last FROM items
                    JOIN runs AS first ON first.id = first_run JOIN runs AS last ON last.id = \(last) WHERE path = ?
                    """, arguments: [path]
            ).map { ItemListings(first: $0["first"], last: $0["last"]) }
        }
    }

    /// All outcomes of an item, of every stage and under any settings, in the order in which they were recorded.
    package func outcomes(of subject: BytePath) throws -> [OutcomeRecord] {
        try read("read") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM outcomes WHERE subject = ? ORDER BY updated_at, stage",
                arguments: [subject])
        }.map(outcomeRecord)
    }
}
