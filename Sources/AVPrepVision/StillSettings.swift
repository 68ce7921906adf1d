/// When a picture counts as frozen.
package struct StillSettings: Sendable, Equatable, Codable {
    /// Mean difference from the frame before, in grey levels, up to which a frame shows the same picture.
    package var level = Double(Stillness.frozenLevel)
    /// Share of such frames from which a segment is still.
    package var share = 0.95
    /// Seconds of such frames in a row from which a segment is still, whatever the rest of it does.
    package var seconds = 2.0

    package init() {}
}
