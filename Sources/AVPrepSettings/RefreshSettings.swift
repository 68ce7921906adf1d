import AVPrepCore

/// What `avprep refresh` does once the shards are up to date.
package struct RefreshSettings: Sendable, Equatable, StoredSettings {
    /// Whether a network learns from shards that changed.
    package enum Training: String, Sendable, Codable, CaseIterable {
        /// Nothing is trained.
        case off
        /// The run named in `train.name` goes on with the shards that are there now.
        case goOn = "continue"
        /// A run of its own for every state of the shards, named after it.
        case anew = "new"
    }

    package var train = Training.off
    /// Whether a run that learnt something is evaluated afterwards.
    package var evaluate = true

    package init() {}
}
