import AVPrepCore

/// From where on picture and sound of a segment count as skewed.
package struct SkewSettings: Sendable, Equatable, StoredSettings {
    /// Largest difference of the streams' beginnings, in seconds. It is honoured in any case; a large one hints at a file
    /// that was cut or put together badly.
    package var maxStartSeconds = 0.5
    /// Largest offset of what is heard from what is seen, in seconds.
    package var maxSeconds = 0.1
    /// Confidence that an estimate needs to count.
    package var minConfidence = 0.99
    /// Largest offset looked for, in seconds; 0 looks for none.
    package var searchSeconds = 1.0

    package init() {}
}
