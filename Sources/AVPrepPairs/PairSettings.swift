package import AVPrepCore

/// How videos are divided into train, val and test.
package struct SplitSettings: Sendable, Equatable, StoredSettings {
    /// Fraction of the videos for validation.
    package var val = 0.1
    /// Fraction of the videos for testing.
    package var test = 0.1

    package init() {}

    /// - Throws: ``PairError`` when the fractions are invalid, or leave nothing to train on.
    package func validate() throws {
        guard val >= 0, test >= 0, val + test < 1 else {
            throw PairError(
                .settings,
                "the split of \(val) for val and \(test) for test leaves nothing to train on; "
                    + "give numbers of at least 0 that add up to less than 1")
        }
    }
}

/// How the pairs of a pair set are drawn.
package struct PairSettings: Sendable, Equatable, StoredSettings {
    package enum GapMeasure: String, Sendable, Codable, CaseIterable {
        /// The gap is between the end of one clip and the start of the other, so clips never overlap.
        case endToStart = "end-to-start"
        /// The gap is between the two starts, so clips may overlap.
        case startToStart = "start-to-start"
    }

    /// The recipe whose clips and negatives these are.
    package var recipe = PairRecipe.avts
    /// A name for the sets, to keep them beside others of the same recipe; empty uses the recipe's names.
    package var name = ""
    /// Length of the picture clip, in seconds; 0 is a single frame. AVTS: 1.
    package var clipSeconds = 1.0
    /// Length of the sound clip, in seconds, at least that of the picture; 0 means that of the picture. The picture of
    /// a positive lies anywhere within its sound; if both are equally long, they begin together.
    package var soundSeconds = 0.0
    /// Smallest gap between the two clips of a hard negative, in seconds. AVTS: 0.5.
    package var gapSeconds = 0.5
    package var gapMeasure = GapMeasure.endToStart
    /// Largest absolute offset between the two clips of a hard negative, start to start, in seconds; 0 sets no limit, so
    /// that the sound may come from anywhere in the video. Multisensory: 5.8.
    package var maxShiftSeconds = 0.0
    /// Fraction of hard negatives among the negatives of the set `mixed`. AVTS: 0.25.
    package var hardRatio = 0.25
    /// Fraction of super-hard negatives among the negatives of the set `mixed`. The AVTS paper found that they do not
    /// help.
    package var superHardRatio = 0.0
    /// Overlap of the two clips of a super-hard negative, in seconds, rounded to whole frames. The paper does not state
    /// its value; half a clip of AVTS is our choice.
    package var superHardOverlapSeconds = 0.5
    /// Offsets of a hard negative within ± this many seconds of a multiple of a periodic sound's period are left out,
    /// because they would be in sync again. Our choice; people notice offsets from about that size.
    package var periodGuardSeconds = 0.1
    /// Pairs drawn from each segment for one epoch, on average: half positive, half negative.
    package var pairsPerSegment = 8
    /// Number of epochs of pairs in a set, each drawn anew; training uses them in turn.
    package var epochs = 1
    /// Fraction of the training videos that pairs are drawn from, above 0: to measure what less data would have taught. The
    /// videos of a smaller fraction are among those of a larger one; val and test stay whole.
    package var trainShare = 1.0

    package init() {}

    package static var laterKeys: [String: LaterKey] { ["trainShare": .omitted(at: 1.0)] }

    /// Length of the sound clip, in seconds.
    package var soundClipSeconds: Double { soundSeconds == 0 ? clipSeconds : soundSeconds }

    /// Longest clip, gap or offset, in seconds, that settings accept: a day.
    static let longestSeconds = 86_400.0

    /// - Throws: ``PairError`` naming the first invalid setting and its valid values.
    package func validate() throws {
        func require(_ holds: Bool, _ text: @autoclosure () -> String) throws {
            if !holds { throw PairError(.settings, text()) }
        }
        let longest = Self.longestSeconds
        try require(
            clipSeconds >= 0 && clipSeconds <= longest,
            "clip_seconds is \(clipSeconds); give a length from 0 (one frame) to \(longest)")
        try require(
            soundSeconds == 0 ? clipSeconds > 0 : soundSeconds >= clipSeconds && soundSeconds <= longest,
            "sound_seconds is \(soundSeconds), but the picture clip lasts \(clipSeconds); "
                + "give a length of at least that")
        try require(
            recipe != .arrowOfTime || (hardRatio == 0 && superHardRatio == 0),
            "hard_ratio does not apply to recipe arrow-of-time, whose negatives are clips played backwards; leave it out"
        )
        try require(
            gapSeconds >= 0 && gapSeconds <= longest,
            "gap_seconds is \(gapSeconds); give a length from 0 to \(longest)")
        // With a smaller start-to-start gap nobody could distinguish "out of sync" clips from a positive.
        try require(
            gapMeasure == .endToStart || gapSeconds >= 0.01,
            "gap_seconds is \(gapSeconds) from start to start, which is in sync; give at least 0.01")
        let smallest = gapSeconds + (gapMeasure == .endToStart ? soundClipSeconds : 0)
        try require(
            maxShiftSeconds == 0 || (maxShiftSeconds >= smallest && maxShiftSeconds <= longest),
            "max_shift_seconds is \(maxShiftSeconds), but the clip and the gap need at least \(smallest); "
                + "give more, or 0 for no limit")
        try require(
            hardRatio >= 0 && superHardRatio >= 0 && hardRatio + superHardRatio <= 1,
            "hard_ratio \(hardRatio) and super_hard_ratio \(superHardRatio) are not valid fractions of the negatives; "
                + "give numbers from 0 to 1 that add up to at most 1")
        try require(
            superHardOverlapSeconds > 0 && superHardOverlapSeconds < clipSeconds || superHardRatio == 0,
            "super_hard_overlap_seconds is \(superHardOverlapSeconds); "
                + "give a length above 0 and below clip_seconds (\(clipSeconds))")
        try require(
            periodGuardSeconds >= 0 && periodGuardSeconds <= longest,
            "period_guard_seconds is \(periodGuardSeconds); give a length from 0 to \(longest)")
        try require(
            trainShare > 0 && trainShare <= 1, "train_share is \(trainShare); give a fraction above 0, at most 1")
        try require((1...10_000).contains(epochs), "epochs is \(epochs); give a number from 1 to 10000")
        try require(
            (1...1_000_000).contains(pairsPerSegment),
            "pairs_per_segment is \(pairsPerSegment); give a number from 1 to 1000000")
    }
}
