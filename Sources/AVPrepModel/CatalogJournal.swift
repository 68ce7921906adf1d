/// How the catalog, an SQLite file, keeps what is being written until it is whole.
package enum CatalogJournal: String, Sendable, Codable, CaseIterable {
    /// The write-ahead log where the file system can have it, else the rollback journal.
    case automatic = "auto"
    /// A log beside the file, with an index in memory that all processes share: commands can read while another one writes.
    case wal
    /// The old pages beside the file: needs no shared memory, so it works on network file systems that have locks.
    case rollback
}
