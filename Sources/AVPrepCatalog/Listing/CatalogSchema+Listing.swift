extension CatalogSchema {
    /// The last run that listed all items of a root. `items.last_run` is written only with something else of the row: an item
    /// that is there, and can be reached, was last listed by the later of the two.
    static let listingTables = """
        CREATE TABLE listed_roots (
            root INTEGER PRIMARY KEY,
            run INTEGER NOT NULL
        ) STRICT;
        """
}
