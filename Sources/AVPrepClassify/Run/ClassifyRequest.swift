package import AVPrepCore

/// What `avprep classify` is asked for.
package struct ClassifyRequest: Sendable {
    /// Empty where a run's network is to make them.
    package var features: String
    /// A table of folds, or a folder that says them; nil: the labels and folds of the features file.
    package var manifest: BytePath?
    /// The same recordings' features by a network of random weights.
    package var control: String?
    /// Where results are written; nil: the features' name with `.classified`, in the working directory.
    package var folder: String?
    /// The ten classes of ESC-10 alone.
    package var isESC10 = false
    /// Penalties to choose from, ascending.
    package var costs = Self.defaultCosts
    /// Of the final machines; those by which the penalty is chosen are as exact as 0.001 at most.
    package var tolerance = Self.defaultTolerance
    /// Of what has to be drawn: folds and parts, where the manifest has none.
    package var seed: UInt64 = 1

    package static let defaultCosts = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100]
    package static let defaultTolerance = 1e-4

    package init(features: String, manifest: BytePath?) {
        self.features = features
        self.manifest = manifest
    }
}
