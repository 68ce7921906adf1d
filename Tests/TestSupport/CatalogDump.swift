/// The rows of a catalog, as text.
package enum CatalogDump {
    /// Every row of every table, sorted, without what differs from one ingest to the next of the same files: times, seconds that
    /// work took, numbers of runs, rows and changes, and the runs themselves.
    ///
    /// - Throws: where python cannot be started, or has no sqlite3.
    package static func rows(of catalog: String, without tables: [String] = []) throws -> [String] {
        let python = try Oracle.python.unwrapped()
        let result = try Command.run(python, ["-c", script, catalog] + tables)
        guard result.status == 0 else { throw CommandFailure(text: result.standardError) }
        return result.standardOutput.split(separator: "\n").map(String.init)
    }

    private static let script = """
        import sqlite3, sys
        c = sqlite3.connect(sys.argv[1])
        volatile = {"first_run", "last_run", "updated_at", "wall_seconds", "cpu_seconds", "item", "root", "id"}
        names = [n for (n,) in c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        for name in names:
            if name.startswith(("sqlite_", "grdb_")) or name in {"runs", "run_sums", "listed_roots", "changes"} | set(sys.argv[2:]): continue
            columns = [r[1] for r in c.execute(f"PRAGMA table_info({name})")]
            kept = [k for k in columns if k not in volatile or name == "findings"]
            query = "SELECT " + ", ".join(f'"{name}"."{k}"' for k in kept) + f' FROM "{name}"'
            if name == "decisions":
                query = query.replace("SELECT ", "SELECT subject, ", 1) + " JOIN decided USING (item)"
            if name == "items" and "root" in columns:
                query = query.replace("SELECT ", "SELECT roots.path, roots.kind, ", 1) + " LEFT JOIN roots ON roots.id = items.root"
            # Sums that have been and are none any more; what the shards were made of, with a count of changes.
            if name == "byte_counts": query += " WHERE items <> 0"
            if name == "facts": query += " WHERE name <> 'shard_stamp'"
            for row in sorted(repr(r) for r in c.execute(query)): print(name, kept, row)
        """
}

/// A program that a test needs has failed.
struct CommandFailure: Error {
    let text: String
}

extension Optional {
    fileprivate func unwrapped() throws -> Wrapped {
        guard let self else { throw CommandFailure(text: "there is no python") }
        return self
    }
}
