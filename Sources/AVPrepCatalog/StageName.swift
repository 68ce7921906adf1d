/// The stages whose outcomes the catalog keeps, as it spells them.
package enum StageName {
    /// A video's way into a prepared file.
    package static let ingest = "ingest"
    /// A prepared video's way into a shard: only videos that are in none have an outcome.
    package static let shard = "shard"
}
