/// When a picture counts as frozen.
package struct StillSettings: Sendable, Equatable, Codable {
    /// Mean change of the picture's blocks within a second, in grey levels, up to which a frame shows the same picture as
    /// the one before.
    package var level = Double(Stillness.heldLevel)
    /// Share of such frames from which a segment is still.
    package var share = 0.95
    /// Seconds of such frames in a row from which a segment is still, whatever the rest of it does.
    package var seconds = 2.0

    package init() {}
}
