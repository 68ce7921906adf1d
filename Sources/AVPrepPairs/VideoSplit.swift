import AVPrepCore
package import AVPrepModel

/// Assigns a video to a split, by its key, the fractions and the seed alone.
///
/// Other videos have no influence, so a video keeps its split when the corpus grows or shrinks, and workers need no
/// coordination. In return the fractions hold only on average: of ten videos, none may be in `val`.
package enum VideoSplit {
    /// - Parameters:
    ///   - videoKey: the key that keeps videos together: the name of the video's group (its source, or its
    ///     near-duplicates), or the id of a video without a group.
    ///   - settings: valid fractions. When one fraction grows, only the videos needed for that change their split.
    package static func split(of videoKey: String, settings: SplitSettings, seed: UInt64) -> Split {
        var random = SeededRandom(seed: seed, for: "split/" + videoKey)
        let place = random.unit()
        // From both ends of [0, 1), so that a change of one fraction takes nothing from the other.
        if place < settings.test { return .test }
        if place >= 1 - settings.val { return .val }
        return .train
    }

    /// The segments of a shard that pairs are drawn from: all, or those of ``PairSettings/trainShare`` of the training videos.
    ///
    /// As with the splits, each video is chosen by its group, the fraction and the seed alone.
    package static func paired(
        _ sources: [PairSource], in split: Split, settings: PairSettings, seed: UInt64
    ) -> [PairSource] {
        guard split == .train, settings.trainShare < 1 else { return sources }
        return sources.filter { source in
            var random = SeededRandom(seed: seed, for: "train-share/" + source.group)
            return random.unit() < settings.trainShare
        }
    }
}
