import AVPrepCore

/// How videos are divided into train, val and test.
package struct SplitSettings: Sendable, Equatable, StoredSettings {
    /// Share of videos for validation.
    package var val = 0.1
    /// Share of videos for the test.
    package var test = 0.1

    package init() {}

    /// - Throws: ``PairError`` when the shares are not shares, or leave nothing to train on.
    package func validate() throws {
        guard val >= 0, test >= 0, val + test < 1 else {
            throw PairError(
                .settings,
                "the split of \(val) for val and \(test) for test leaves nothing to train on; "
                    + "give shares of at least 0 that add up to less than 1")
        }
    }
}

/// What pairs a pair set is made of.
package struct PairSettings: Sendable, Equatable, StoredSettings {
    package enum GapMeasure: String, Sendable, Codable, CaseIterable {
        /// The gap lies between the end of one clip and the start of the other: they never overlap.
        case endToStart = "end-to-start"
        /// The gap lies between the two starts: clips may overlap.
        case startToStart = "start-to-start"
    }

    /// Whose windows and negatives these are.
    package var recipe = PairRecipe.avts
    /// A name for the sets, to keep them beside others of the same recipe; empty takes the recipe's own names.
    package var name = ""
    /// Length of the picture clip, in seconds; 0 is a single frame. AVTS: 1.
    package var clipSeconds = 1.0
    /// Length of the sound clip, in seconds, at least that of the picture; 0 is that of the picture. The picture of a
    /// positive lies anywhere within its sound: when both are equally long, they begin together.
    package var soundSeconds = 0.0
    /// Smallest gap between the two clips of a hard negative, in seconds. AVTS: 0.5.
    package var gapSeconds = 0.5
    package var gapMeasure = GapMeasure.endToStart
    /// Largest absolute offset of the two clips of a hard negative, start to start, in seconds; 0 sets no limit, so that the
    /// sound may come from anywhere in the video. Multisensory: 5.8.
    package var maxShiftSeconds = 0.0
    /// Share of hard negatives among the negatives of the set `mixed`. AVTS: 0.25.
    package var hardRatio = 0.25
    /// Share of super-hard negatives among the negatives of the set `mixed`. AVTS found them of no help.
    package var superHardRatio = 0.0
    /// How much the two clips of a super-hard negative overlap, in seconds, to the nearest frame. The paper's value is
    /// not known; half a clip of AVTS is our choice.
    package var superHardOverlapSeconds = 0.5
    /// Around every multiple of a periodic sound's period, offsets of a hard negative within ± this many seconds are
    /// left out: they would be in sync again. Our choice; people notice an offset from about that much.
    package var periodGuardSeconds = 0.1
    /// Pairs drawn from each segment for one epoch, on average: half positive, half negative.
    package var pairsPerSegment = 8
    /// Epochs' worth of pairs that a set holds, each drawn anew; training takes them in turn.
    package var epochs = 1

    package init() {}

    /// Length of the sound clip, in seconds.
    package var soundClipSeconds: Double { soundSeconds == 0 ? clipSeconds : soundSeconds }

    /// Longest clip, gap or offset in seconds that settings may ask for: a day.
    static let longestSeconds = 86_400.0

    /// - Throws: ``PairError`` naming the first setting that makes no sense, and what would.
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
            "sound_seconds is \(soundSeconds), and the picture clip lasts \(clipSeconds); "
                + "give a length above 0 that holds it")
        try require(
            recipe != .arrowOfTime || (hardRatio == 0 && superHardRatio == 0),
            "hard_ratio has no meaning for recipe arrow-of-time, whose negatives are clips played backwards; leave it out"
        )
        try require(
            gapSeconds >= 0 && gapSeconds <= longest,
            "gap_seconds is \(gapSeconds); give a length from 0 to \(longest)")
        // Below this a start-to-start gap would call clips out of sync that nobody can tell from a positive.
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
            "hard_ratio \(hardRatio) and super_hard_ratio \(superHardRatio) are not shares of the negatives; "
                + "give numbers from 0 to 1 that add up to at most 1")
        try require(
            superHardOverlapSeconds > 0 && superHardOverlapSeconds < clipSeconds || superHardRatio == 0,
            "super_hard_overlap_seconds is \(superHardOverlapSeconds); "
                + "give a length above 0 and below clip_seconds (\(clipSeconds))")
        try require(
            periodGuardSeconds >= 0 && periodGuardSeconds <= longest,
            "period_guard_seconds is \(periodGuardSeconds); give a length from 0 to \(longest)")
        try require((1...10_000).contains(epochs), "epochs is \(epochs); give a number from 1 to 10000")
        try require(
            (1...1_000_000).contains(pairsPerSegment),
            "pairs_per_segment is \(pairsPerSegment); give a number from 1 to 1000000")
    }
}
