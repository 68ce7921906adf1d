import AVPrepCore

/// When a picture counts as frozen.
package struct StillSettings: Sendable, Equatable, StoredSettings {
    /// Mean difference from the frame before, in grey levels, up to which a held picture is frozen.
    package var level = Double(Stillness.frozenLevel)
    /// Share of held frames from which a segment is still.
    package var share = 0.95
    /// Seconds of frozen frames in a row from which a segment is still, whatever the rest of it does.
    package var seconds = 2.0

    package init() {}
}
