import GRDB

extension Catalog {
    /// How often outcomes of a stage have been recorded, changed or forgotten so far; nil in a catalog of before.
    package func changeCount(stage: String) throws -> Int? {
        try read("read") { database in
            guard try database.tableExists("changes") else { return nil }
            return try Int.fetchOne(database, sql: "SELECT count FROM changes WHERE stage = ?", arguments: [stage]) ?? 0
        }
    }

    /// A text that was noted under a name; nil if there is none.
    package func fact(_ name: String) throws -> String? {
        try read("read") { database in
            guard try database.tableExists("facts") else { return nil }
            return try String.fetchOne(database, sql: "SELECT value FROM facts WHERE name = ?", arguments: [name])
        }
    }

    /// Notes a text under a name.
    package func setFact(_ name: String, _ value: String) throws {
        try write("record in") { database in
            try database.execute(sql: "INSERT OR REPLACE INTO facts VALUES (?, ?)", arguments: [name, value])
        }
    }
}
