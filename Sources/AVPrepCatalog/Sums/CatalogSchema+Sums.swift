extension CatalogSchema {
    /// What runs have done, by name, and who ran them; the bytes of items and of what was made of them, with their sums over
    /// listed items, maintained by triggers.
    ///
    /// Listing writes each item anew: so no index holds the run that listed it. `changes` counts what happens to the outcomes of
    /// a stage, so that a later stage can tell that nothing has since it looked.
    ///
    /// `source_bytes` is the size of the item when its outcome was recorded, `output_bytes` that of its result: 0 where there is
    /// none, null where nobody has noted it.
    static let sumTables = """
        ALTER TABLE runs ADD COLUMN owner TEXT;
        CREATE TABLE run_sums (
            run INTEGER NOT NULL,
            name TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (run, name)
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE outcomes ADD COLUMN source_bytes INTEGER;
        ALTER TABLE outcomes ADD COLUMN output_bytes INTEGER;
        UPDATE outcomes SET
            source_bytes = coalesce((SELECT max(size, 0) FROM items WHERE path = subject), 0),
            output_bytes = iif(output IS NULL, 0, NULL);

        CREATE TABLE byte_counts (
            stage TEXT NOT NULL,
            settings_key TEXT NOT NULL,
            status TEXT NOT NULL,
            items INTEGER NOT NULL,
            source_bytes INTEGER NOT NULL,
            sized_items INTEGER NOT NULL,
            sized_source_bytes INTEGER NOT NULL,
            output_bytes INTEGER NOT NULL,
            PRIMARY KEY (stage, settings_key, status)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO byte_counts \(countedBytes);
        CREATE TABLE listed_bytes (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            bytes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO listed_bytes VALUES (1, (\(countedListedBytes)));

        DROP INDEX items_by_run;
        CREATE INDEX items_vanished ON items (path) WHERE vanished = 1;
        CREATE INDEX fingerprints_by_key ON fingerprints (settings_key, video_id);
        CREATE TABLE changes (
            stage TEXT NOT NULL PRIMARY KEY,
            count INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER outcomes_changed_by_insert AFTER INSERT ON outcomes BEGIN \(counting("NEW")); END;
        CREATE TRIGGER outcomes_changed_by_update AFTER UPDATE ON outcomes BEGIN \(counting("NEW")); END;
        CREATE TRIGGER outcomes_changed_by_delete AFTER DELETE ON outcomes BEGIN \(counting("OLD")); END;

        CREATE TRIGGER items_weighed AFTER INSERT ON items WHEN NEW.vanished = 0 AND NEW.size > 0 BEGIN
            UPDATE listed_bytes SET bytes = bytes + NEW.size;
        END;
        CREATE TRIGGER items_weighed_again AFTER UPDATE OF size, vanished ON items
        WHEN OLD.size <> NEW.size OR OLD.vanished <> NEW.vanished BEGIN
            UPDATE listed_bytes SET bytes = bytes + (1 - NEW.vanished) * max(NEW.size, 0)
                - (1 - OLD.vanished) * max(OLD.size, 0);
        END;
        CREATE TRIGGER items_forgotten AFTER DELETE ON items WHEN OLD.vanished = 0 AND OLD.size > 0 BEGIN
            UPDATE listed_bytes SET bytes = bytes - OLD.size;
        END;

        CREATE TRIGGER bytes_made AFTER INSERT ON outcomes WHEN NEW.live = 1 BEGIN
            \(adding("NEW", sign: 1));
        END;
        CREATE TRIGGER bytes_taken_back AFTER DELETE ON outcomes WHEN OLD.live = 1 BEGIN
            \(adding("OLD", sign: -1));
        END;
        CREATE TRIGGER bytes_left AFTER UPDATE ON outcomes WHEN OLD.live = 1 BEGIN
            \(adding("OLD", sign: -1));
        END;
        CREATE TRIGGER bytes_joined AFTER UPDATE ON outcomes WHEN NEW.live = 1 BEGIN
            \(adding("NEW", sign: 1));
        END;
        """

    /// The rows of `byte_counts`, counted from the outcomes.
    static let countedBytes = """
        SELECT stage, settings_key, status, count(*) AS items, coalesce(sum(source_bytes), 0) AS source_bytes,
            count(output_bytes) AS sized_items,
            coalesce(sum(iif(output_bytes IS NULL, 0, source_bytes)), 0) AS sized_source_bytes,
            coalesce(sum(output_bytes), 0) AS output_bytes
        FROM outcomes WHERE live = 1 GROUP BY stage, settings_key, status
        """
    static let countedListedBytes = "SELECT coalesce(sum(max(size, 0)), 0) FROM items WHERE vanished = 0"

    private static func counting(_ row: String) -> String {
        "INSERT INTO changes VALUES (\(row).stage, 1) ON CONFLICT DO UPDATE SET count = count + 1"
    }

    /// - Parameter sign: 1 to add an outcome's bytes to the sums, -1 to take them out.
    private static func adding(_ row: String, sign: Int) -> String {
        let isSized = "(\(row).output_bytes IS NOT NULL)"
        return """
            INSERT INTO byte_counts VALUES (\(row).stage, \(row).settings_key, \(row).status, \(sign),
                    \(sign) * coalesce(\(row).source_bytes, 0), \(sign) * \(isSized),
                    \(sign) * \(isSized) * coalesce(\(row).source_bytes, 0), \(sign) * coalesce(\(row).output_bytes, 0))
                ON CONFLICT DO UPDATE SET items = items + excluded.items,
                    source_bytes = source_bytes + excluded.source_bytes, sized_items = sized_items + excluded.sized_items,
                    sized_source_bytes = sized_source_bytes + excluded.sized_source_bytes,
                    output_bytes = output_bytes + excluded.output_bytes
            """
    }
}
