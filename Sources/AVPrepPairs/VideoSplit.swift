import AVPrepCore
package import AVPrepModel

/// Which part of the data set a video falls in: a function of its key, the shares and the seed alone.
///
/// Nothing about the other videos enters, so a video keeps its side when the corpus grows or shrinks, and workers need
/// not agree on anything. The price is that the shares hold on average: of ten videos, none may fall in `val`.
package enum VideoSplit {
    /// - Parameters:
    ///   - videoKey: what must stay on one side together: the name of the video's group (its source, or its group of
    ///     near-duplicates), or the video's id where it stands alone.
    ///   - settings: the shares; validated ones. Growing one share moves only the videos which that needs.
    package static func split(of videoKey: String, settings: SplitSettings, seed: UInt64) -> Split {
        var random = SeededRandom(seed: seed, for: "split/" + videoKey)
        let place = random.unit()
        // From both ends of [0, 1), so that a change of one share takes nothing from the other.
        if place < settings.test { return .test }
        if place >= 1 - settings.val { return .val }
        return .train
    }
}
