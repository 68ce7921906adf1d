package import AVPrepModel

/// Checks the rules of a pair set from times and segments alone, independently of the sampler, so that each can reveal
/// errors of the other.
package struct PairRules: Sendable {
    package let definition: PairSetDefinition
    private var settings: PairSettings { definition.settings }

    /// Tolerance for comparing times, in seconds.
    private static let tolerance = 2e-6

    package init(_ definition: PairSetDefinition) { self.definition = definition }

    /// The fault of one pair, or nil.
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
            return "its picture clip, \(frames) frames from frame \(pair.videoStartFrame), exceeds its segment's "
                + "\(picture.frameCount) frames"
        }
        if pair.audioStartSeconds + settings.soundClipSeconds > sound.soundSeconds + Self.tolerance {
            return "its sound clip exceeds its segment's \(sound.soundSeconds) s"
        }
        switch pair.kind {
        case .positive, .reversed:
            guard pair.videoSegment == pair.audioSegment, soundClip.holds(pictureClip, within: 0.5 / picture.fps) else {
                return "its kind is \(pair.kind.name), but its picture is not in sync with its sound"
            }
        case .easy:
            guard picture.videoID != sound.videoID, picture.group != sound.group else {
                return "its kind is easy, but picture and sound are of one video or of near-duplicates"
            }
        case .hard:
            return hardFault(pictureClip, soundClip, picture, sound)
        case .superHard:
            let overlap = settings.clipSeconds - abs(pictureClip.start - soundClip.start)
            guard picture.videoID == sound.videoID,
                abs(overlap - settings.superHardOverlapSeconds) <= 0.5 / picture.fps + Self.tolerance
            else { return "its kind is super-hard, but its clips overlap by \(overlap.short) s" }
        }
        return nil
    }

    private func hardFault(_ picture: Clip, _ sound: Clip, _ ofPicture: PairSource, _ ofSound: PairSource) -> String? {
        guard ofPicture.videoID == ofSound.videoID else {
            return "its kind is hard, but picture and sound are of different videos"
        }
        for source in [ofPicture, ofSound] {
            if let exclusion = source.hardExclusion {
                return "its kind is hard, but segment \(source.segmentID) is \(exclusion.rawValue)"
            }
        }
        let offset = abs(picture.start - sound.start)
        let gap = settings.gapMeasure == .endToStart ? picture.gap(to: sound) : offset
        if gap < settings.gapSeconds - Self.tolerance {
            return "its kind is hard, but its clips are \(gap.short) s apart, less than \(settings.gapSeconds)"
        }
        if settings.maxShiftSeconds > 0, offset > settings.maxShiftSeconds + Self.tolerance {
            return
                "its kind is hard, but its clips have an offset of \(offset.short) s, more than \(settings.maxShiftSeconds)"
        }
        // The picture's own sound may have begun this much before the picture.
        let slack = max(0, settings.soundClipSeconds - picture.seconds)
        for period in [ofPicture.periodSeconds, ofSound.periodSeconds].compactMap(\.self) where slack == 0 {
            let distance = abs(offset - (offset / period).rounded() * period)
            if distance < settings.periodGuardSeconds - Self.tolerance {
                return
                    "its kind is hard, but an offset of \(offset.short) s is in sync with the sound's period of \(period.short) s"
            }
        }
        return nil
    }

    /// The fault of the numbers of pairs by kind in one shard's set, or nil.
    package func fault(inCounts counts: [PairKind: Int]) -> String? {
        let positives = counts[.positive] ?? 0
        let negatives = counts.values.reduce(0, +) - positives
        if positives != negatives {
            return "\(positives) positives and \(negatives) negatives, which must be equal in number"
        }
        let shares = definition.plan.shares
        let wanted: [(PairKind, Double)] = [
            (.easy, shares.easy), (.hard, shares.hard), (.superHard, shares.superHard), (.reversed, shares.reversed),
        ]
        let kinds = wanted.count { $0.1 > 0 }
        // The parts of each epoch are rounded to whole quads with two negatives each.
        let tolerance = Double(settings.epochs) * (kinds > 2 ? 2 : kinds > 1 ? 1 : 0)
        for (kind, share) in wanted {
            let expected = share * Double(negatives)
            if abs(Double(counts[kind] ?? 0) - expected) > tolerance + 1e-9 {
                return
                    "\(counts[kind] ?? 0) of \(negatives) negatives are \(kind.name), not the fraction \(share.short)"
            }
        }
        return nil
    }

    /// An interval on a video's clock, in seconds.
    private struct Clip {
        let start: Double
        let seconds: Double
        var end: Double { start + seconds }

        /// Time between the two clips; negative if they overlap.
        func gap(to other: Clip) -> Double { max(other.start - end, start - other.end) }

        func holds(_ other: Clip, within tolerance: Double) -> Bool {
            other.start >= start - PairRules.tolerance && other.end <= end + tolerance + PairRules.tolerance
        }
    }
}

extension Double {
    /// For messages: at most four decimals.
    fileprivate var short: String { String((self * 10_000).rounded() / 10_000) }
}
