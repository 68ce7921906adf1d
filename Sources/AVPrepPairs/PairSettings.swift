/// How videos are divided into train, val and test.
package struct SplitSettings: Sendable, Equatable, Codable {
    /// Share of videos for validation.
    package var val = 0.1
    /// Share of videos for the test.
    package var test = 0.1

    package init() {}
}

/// What pairs a pair set is made of.
package struct PairSettings: Sendable, Equatable, Codable {
    package enum GapMeasure: String, Sendable, Codable, CaseIterable {
        /// The gap lies between the end of one clip and the start of the other: they never overlap.
        case endToStart = "end-to-start"
        /// The gap lies between the two starts: clips may overlap.
        case startToStart = "start-to-start"
    }

    /// Length of the picture clip and of the sound clip, in seconds. AVTS: 1.
    package var clipSeconds = 1.0
    /// Smallest distance of the two clips of a hard negative, in seconds. AVTS: 0.5.
    package var gapSeconds = 0.5
    package var gapMeasure = GapMeasure.endToStart
    /// Share of hard negatives among the negatives of the set `mixed`. AVTS: 0.25.
    package var hardRatio = 0.25
    /// Pairs drawn from each segment, on average: half positive, half negative.
    package var pairsPerSegment = 8

    package init() {}
}
