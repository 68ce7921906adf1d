import AVPrepCore

/// Settings of freeze detection.
package struct FreezeSettings: Sendable, Equatable, StoredSettings {
    /// Mean difference between frames, in grey levels, up to which a held picture is frozen.
    package var level = Double(FreezeAnalysis.frozenLevel)
    /// Fraction of held frames from which a segment is still.
    package var share = 0.95
    /// Seconds of consecutive frozen frames from which a segment is still, whatever its other frames do.
    package var seconds = 2.0

    package init() {}
}
