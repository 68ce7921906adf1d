package import AVPrepModel

/// What the pairs of one set promise, worked out again from times and segments alone: by other means than the sampler's,
/// so that one can find the other's mistakes.
package struct PairRules: Sendable {
    package let definition: PairSetDefinition
    private var settings: PairSettings { definition.settings }

    /// Times are compared with this much tolerance, in seconds.
    private static let tolerance = 2e-6

    package init(_ definition: PairSetDefinition) { self.definition = definition }

    /// What is wrong with one pair, or nil.
    ///
    /// - Parameters:
    ///   - picture: the segment of the picture.
    ///   - sound: the segment of the sound.
    package func fault(in pair: Pair, picture: PairSource, sound: PairSource) -> String? {
        let frames = max(1, Int((settings.clipSeconds * picture.fps).rounded()))
        let pictureClip = Clip(
            start: picture.startSeconds + Double(pair.videoStartFrame) / picture.fps,
            seconds: Double(frames) / picture.fps)
        let soundClip = Clip(
            start: sound.startSeconds + pair.audioStartSeconds, seconds: settings.soundClipSeconds)
        if Int(pair.videoStartFrame) + frames > picture.frameCount {
            return "its picture, \(frames) frames from \(pair.videoStartFrame), ends after its segment's "
                + "\(picture.frameCount) frames"
        }
        if pair.audioStartSeconds + settings.soundClipSeconds > sound.soundSeconds + Self.tolerance {
            return "its sound ends after its segment's \(sound.soundSeconds) s"
        }
        switch pair.kind {
        case .positive, .reversed:
            guard pair.videoSegment == pair.audioSegment, soundClip.holds(pictureClip, within: 0.5 / picture.fps) else {
                return "it is called \(pair.kind.name), and its picture is not of the time of its sound"
            }
        case .easy:
            guard picture.videoID != sound.videoID, picture.group != sound.group else {
                return "it is called easy, and picture and sound are of one video or of near-duplicates"
            }
        case .hard:
            return hardFault(pictureClip, soundClip, picture, sound)
        case .superHard:
            let overlap = settings.clipSeconds - abs(pictureClip.start - soundClip.start)
            guard picture.videoID == sound.videoID,
                abs(overlap - settings.superHardOverlapSeconds) <= 0.5 / picture.fps + Self.tolerance
            else { return "it is called super-hard, and its clips overlap by \(overlap.short) s" }
        }
        return nil
    }

    private func hardFault(_ picture: Clip, _ sound: Clip, _ ofPicture: PairSource, _ ofSound: PairSource) -> String? {
        guard ofPicture.videoID == ofSound.videoID else {
            return "it is called hard, and picture and sound are of different videos"
        }
        for source in [ofPicture, ofSound] {
            if let exclusion = source.hardExclusion {
                return "it is called hard, and segment \(source.segmentID) is \(exclusion.rawValue)"
            }
        }
        let offset = abs(picture.start - sound.start)
        let gap = settings.gapMeasure == .endToStart ? picture.gap(to: sound) : offset
        if gap < settings.gapSeconds - Self.tolerance {
            return "it is called hard, and its clips are \(gap.short) s apart, less than \(settings.gapSeconds)"
        }
        if settings.maxShiftSeconds > 0, offset > settings.maxShiftSeconds + Self.tolerance {
            return
                "it is called hard, and its clips have an offset of \(offset.short) s, more than \(settings.maxShiftSeconds)"
        }
        // The picture's own sound began up to this much before it.
        let slack = max(0, settings.soundClipSeconds - picture.seconds)
        for period in [ofPicture.periodSeconds, ofSound.periodSeconds].compactMap(\.self) where slack == 0 {
            let distance = abs(offset - (offset / period).rounded() * period)
            if distance < settings.periodGuardSeconds - Self.tolerance {
                return
                    "it is called hard, and an offset of \(offset.short) s is in sync again by the sound's period of \(period.short) s"
            }
        }
        return nil
    }

    /// What is wrong with the numbers of pairs of each kind in one shard's set, or nil.
    package func fault(inCounts counts: [PairKind: Int]) -> String? {
        let positives = counts[.positive] ?? 0
        let negatives = counts.values.reduce(0, +) - positives
        if positives != negatives { return "\(positives) positives stand against \(negatives) negatives" }
        let shares = definition.plan.shares
        let wanted: [(PairKind, Double)] = [
            (.easy, shares.easy), (.hard, shares.hard), (.superHard, shares.superHard), (.reversed, shares.reversed),
        ]
        let kinds = wanted.count { $0.1 > 0 }
        // Each epoch's parts are rounded to whole quads of two negatives.
        let tolerance = Double(settings.epochs) * (kinds > 2 ? 2 : kinds > 1 ? 1 : 0)
        for (kind, share) in wanted {
            let expected = share * Double(negatives)
            if abs(Double(counts[kind] ?? 0) - expected) > tolerance + 1e-9 {
                return "\(counts[kind] ?? 0) of \(negatives) negatives are \(kind.name), not \(share.short) of them"
            }
        }
        return nil
    }

    /// An interval on a video's clock, in seconds.
    private struct Clip {
        let start: Double
        let seconds: Double
        var end: Double { start + seconds }

        /// Time between the two clips; negative where they overlap.
        func gap(to other: Clip) -> Double { max(other.start - end, start - other.end) }

        func holds(_ other: Clip, within tolerance: Double) -> Bool {
            other.start >= start - PairRules.tolerance && other.end <= end + tolerance + PairRules.tolerance
        }
    }
}

extension Double {
    /// For messages: at most four digits after the point.
    fileprivate var short: String { String((self * 10_000).rounded() / 10_000) }
}
