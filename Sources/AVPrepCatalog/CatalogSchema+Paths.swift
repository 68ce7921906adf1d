import AVPrepCore
import GRDB

extension CatalogSchema {
    /// Where each item was found, which ones the last listing could not look for, and what it left out.
    static let pathTables = """
        CREATE TABLE roots (
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL CHECK (kind IN ('folder', 'list', 'named'))
        ) STRICT;
        ALTER TABLE items ADD COLUMN root INTEGER;
        ALTER TABLE items ADD COLUMN unreachable INTEGER NOT NULL DEFAULT 0 CHECK (unreachable IN (0, 1));
        CREATE INDEX items_unreachable ON items (path) WHERE unreachable = 1;

        CREATE TABLE findings (
            root TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('excluded', 'unreadable', 'repeated')),
            name TEXT NOT NULL,
            detail TEXT NOT NULL,
            files INTEGER NOT NULL,
            folders INTEGER NOT NULL,
            PRIMARY KEY (root, kind, name)
        ) STRICT, WITHOUT ROWID;
        """

    static func addPaths(_ database: Database) throws {
        try database.execute(sql: pathTables)
        try escapePaths(database)
    }

    /// Before, paths were stored as they were. Those with a character that ``PathEscape`` escapes, a backslash for instance,
    /// get the text that names them now.
    static func escapePaths(_ database: Database) throws {
        var renamed: [(old: String, new: String)] = []
        for table in [("items", "path"), ("outcomes", "subject"), ("decided", "subject")] {
            renamed.removeAll()
            let texts = try String.fetchCursor(database, sql: "SELECT DISTINCT \(table.1) FROM \(table.0)")
            while let old = try texts.next() {
                let new = BytePath(old).escaped
                if !new.utf8.elementsEqual(old.utf8) { renamed.append((old, new)) }
            }
            // A text may become the longer one that another has been: the longest first.
            for (old, new) in renamed.sorted(by: { $0.old.utf8.count > $1.old.utf8.count }) {
                try database.execute(
                    sql: "UPDATE \(table.0) SET \(table.1) = ? WHERE \(table.1) = ?", arguments: [new, old])
            }
        }
    }
}
