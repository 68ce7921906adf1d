/// The stages whose outcomes the catalog records, by their names in it.
package enum StageName {
    /// Preparing a video as a prepared file.
    package static let ingest = "ingest"
    /// Packing a prepared video into a shard: only videos that are in no shard have an outcome.
    package static let shard = "shard"
}
