extension CatalogSchema {
    /// What manifests say of items, and the digest of whole files: the id of a range is that of its range.
    ///
    /// `notes` are read in the order of paths beside a new reading of the same manifest, so that only differences are
    /// written. `label_counts` are kept beside them, so that `status` need not read millions of notes.
    static let manifestTables = """
        CREATE TABLE manifests (
            root INTEGER PRIMARY KEY,
            layout TEXT NOT NULL,
            rows INTEGER NOT NULL,
            items INTEGER NOT NULL,
            repeated INTEGER NOT NULL,
            malformed INTEGER NOT NULL,
            missing INTEGER NOT NULL,
            faults TEXT NOT NULL
        ) STRICT;
        CREATE TABLE notes (
            root INTEGER NOT NULL,
            path TEXT NOT NULL,
            row INTEGER NOT NULL,
            split TEXT NOT NULL CHECK (split IN ('', 'train', 'val', 'test')),
            labels TEXT NOT NULL,
            torn INTEGER NOT NULL CHECK (torn IN (0, 1)),
            PRIMARY KEY (root, path)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX notes_by_path ON notes (path);
        CREATE TABLE label_counts (
            label TEXT NOT NULL PRIMARY KEY,
            items INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE items ADD COLUMN content_id TEXT;
        """
}
