import AVPrepModel

/// Compares two videos at an offset.
struct FingerprintComparison: Sendable {
    let table: FingerprintTable
    let settings: DuplicateSettings
    let mirrorBits: UInt64

    /// Audio words per picture.
    static let wordsAPicture = VideoFingerprint.soundRate / VideoFingerprint.pictureRate
    /// Shortest usable overlap, in seconds, for videos that are longer.
    private static let shortestSeconds = 3.0
    /// Minimum number of audible words on both sides for the audio to decide.
    private static let fewestWords = 8
    /// The same where the pictures are plain: three seconds.
    private static let fewestWordsAlone = 48
    /// Largest sum of the fraction of differing audio bits and `change` times that of the changing picture bits:
    /// another moment of a scene has much of both.
    private static let moment = (limit: 0.325, change: 0.3)
    /// Largest sum of that, of how closely the audio agrees at another offset (1: equally well), and of how few words
    /// agree (over √words): another moment with the same few sounds agrees where one sound coincides with another, here
    /// as well as elsewhere, and a dozen words agree by accident. Chosen on copies of ninety practice videos and
    /// nineteen films, of which 98 % stay below, and on other moments of those and of six hundred more.
    private static let accident = (limit: 0.93, elsewhere: 0.4, fewWords: 2.5)
    /// Other offsets compared with the detected one, in audio words: from half a second on, beyond the extent of one
    /// word.
    private static let elsewhere = 8...160
    /// Fraction of differing bits of unrelated videos.
    private static let unrelatedDistance = 0.45
    /// Largest fraction of differing bits, among those that change, of pictures without audio: other moments seen by
    /// one fixed camera come down to 0.17.
    private static let silentChangeDistance = 0.18
    /// Weight of a word whose counterpart is silent: a quieter copy may have lost it, but clicks that coincide with
    /// silence belong to other audio.
    private static let lonelyDistance = 0.35
    /// Largest fraction of differing bits around a shared word or picture for a full comparison.
    private static let glanceDistance = 0.375
    /// A picture bit changes within an overlap when its rarer value has at least this share.
    private static let changingShare = 0.15
    /// Minimum number of values of changing bits that distinguish one moment of a scene from another.
    private static let fewestChanging = 24

    /// The similarity of two videos.
    struct Evidence: Equatable {
        /// Length of the overlap.
        var seconds: Double
        /// Fraction of strong picture bits that differ; nil where all pictures are plain.
        var picture: Double?
        /// The same for the bits that change during the overlap; nil where too few do.
        var change: Double?
        /// Fraction of audio bits that differ; nil where too little is audible.
        var sound: Double?
        /// Number of words audible on both sides.
        var words: Int
        /// The alignment: position in the first video of the second's first word.
        var shift: Int
        var isMirrored: Bool
    }

    // MARK: - Quick checks

    /// Whether the audio around two positions with an equal word is similar too: a few hundred bits reject most
    /// accidents.
    func areAlike(sound first: Int, of a: Int, _ second: Int, of b: Int) -> Bool {
        let (p, q) = (table.soundRange(a), table.soundRange(b))
        var bits = 0
        var count = 0
        // Words a quarter of a second apart are independent.
        for step in [-12, -8, -4, 4, 8, 12] {
            let (i, j) = (first + step, second + step)
            guard p.contains(i), q.contains(j) else { continue }
            let (x, y) = (table.sounds[i], table.sounds[j])
            guard x != 0, y != 0 else { continue }
            bits += (x ^ y).nonzeroBitCount
            count += 32
        }
        return Double(bits) <= Self.glanceDistance * Double(count)
    }

    /// The same for the pictures around two partly equal ones, mirrored or not.
    func areAlike(picture first: Int, of a: Int, _ second: Int, of b: Int) -> Bool {
        let (p, q) = (table.pictureRange(a), table.pictureRange(b))
        var bits = (straight: 0, mirrored: 0)
        var count = 0
        for step in [-4, 0, 4] {
            let (i, j) = (first + step, second + step)
            guard p.contains(i), q.contains(j) else { continue }
            let (x, y) = (table.pictures[i], table.pictures[j])
            let strong = ~(x.weak | y.weak) & VideoFingerprint.Picture.plain.weak
            bits.straight += ((x.bits ^ y.bits) & strong).nonzeroBitCount
            bits.mirrored += ((x.bits ^ y.bits ^ mirrorBits) & strong).nonzeroBitCount
            count += strong.nonzeroBitCount
        }
        return Double(min(bits.straight, bits.mirrored)) <= Self.glanceDistance * Double(count)
    }

    // MARK: - Full comparison

    /// Compares two videos, the second starting about `words` audio words after the first.
    ///
    /// - Parameter reach: maximum error of the offset, in words.
    /// - Returns: nil when they are not near-duplicates of each other.
    func match(_ a: Int, _ b: Int, words: Int, reach: Int) -> DuplicateMatch? {
        guard let evidence = evidence(a, b, words: words, reach: reach), isDuplicate(evidence, a, b) else { return nil }
        return DuplicateMatch(
            first: table.videoIDs[a], second: table.videoIDs[b], pictureDistance: evidence.picture,
            soundDistance: evidence.sound,
            offsetSeconds: Double(evidence.shift) / Double(VideoFingerprint.soundRate), isMirrored: evidence.isMirrored)
    }

    /// Whether both show the same recording. Where the audio can decide, it must agree, and the picture too. Otherwise
    /// the picture must agree closely, above all in what changes: a static camera shows the same scene at other times.
    /// Where nothing changes and nothing is audible, moments cannot be distinguished.
    private func isDuplicate(_ evidence: Evidence, _ a: Int, _ b: Int) -> Bool {
        let picture = evidence.picture ?? 0
        guard let sound = evidence.sound, evidence.picture != nil || evidence.words >= Self.fewestWordsAlone else {
            return evidence.picture != nil && picture <= settings.maxSilentDistance
                && evidence.change ?? 1 <= Self.silentChangeDistance
        }
        guard sound <= settings.maxSoundDistance, picture <= settings.maxPictureDistance,
            evidence.picture == nil || (picture + sound) / 2 <= settings.maxMeanDistance
        else { return false }
        let agreement = sound + Self.moment.change * (evidence.change ?? 0)
        let left =
            Self.accident.limit - agreement - Self.accident.fewWords / Double(evidence.words).squareRoot()
        return agreement <= Self.moment.limit && left >= 0
            && Self.accident.elsewhere * sound <= left * distanceElsewhere(a, b, from: evidence)
    }

    /// The smallest fraction of differing audio bits at nearby offsets with a sufficient overlap.
    private func distanceElsewhere(_ a: Int, _ b: Int, from evidence: Evidence) -> Double {
        let (x, y) = (table.soundRange(a), table.soundRange(b))
        var smallest = Self.unrelatedDistance
        for step in Self.elsewhere {
            for shift in [evidence.shift - step, evidence.shift + step] {
                guard let found = soundDistance(x, y, shift), 2 * found.words >= evidence.words else { continue }
                smallest = min(smallest, found.distance)
            }
        }
        return smallest
    }

    /// The similarity of two videos; nil where the overlap is too short.
    func evidence(_ a: Int, _ b: Int, words: Int, reach: Int) -> Evidence? {
        let (x, y) = (table.soundRange(a), table.soundRange(b))
        var shift = words
        var sound: (distance: Double, words: Int)?
        for candidate in words - reach...words + reach {
            guard let found = soundDistance(x, y, candidate) else { continue }
            if found.distance < sound?.distance ?? 2 { (shift, sound) = (candidate, found) }
        }
        let (p, q) = (table.pictureRange(a), table.pictureRange(b))
        let pictureShift = Int((Double(shift) / Double(Self.wordsAPicture)).rounded())
        let rate = Double(VideoFingerprint.pictureRate)
        let common = Self.common(p.count, q.count, pictureShift)
        let seconds = Double(common.count) / rate
        let shorter = Double(min(p.count, q.count)) / rate
        guard seconds >= max(settings.minOverlap * shorter, min(Self.shortestSeconds, 0.75 * shorter)), seconds > 0
        else { return nil }
        let straight = pictureDistance(p, q, pictureShift, turned: 0)
        let mirrored = pictureDistance(p, q, pictureShift, turned: mirrorBits)
        let isMirrored = (mirrored ?? 1) < (straight ?? 1)
        return Evidence(
            seconds: seconds, picture: isMirrored ? mirrored : straight,
            change: changeDistance(p, q, pictureShift, turned: isMirrored ? mirrorBits : 0),
            sound: sound?.distance, words: sound?.words ?? 0, shift: shift, isMirrored: isMirrored)
    }

    /// The positions of the first that lie within the second, which starts `shift` positions after it.
    private static func common(_ first: Int, _ second: Int, _ shift: Int) -> Range<Int> {
        let begin = max(0, shift)
        return begin..<max(begin, min(first, second + shift))
    }

    /// Fraction of differing bits; nil where too little is audible.
    private func soundDistance(_ a: Range<Int>, _ b: Range<Int>, _ shift: Int) -> (distance: Double, words: Int)? {
        var bits = 0
        var count = 0
        var lonely = 0
        table.sounds.withUnsafeBufferPointer { sounds in
            // The words missing at the start of a video are not silence.
            for place in Self.common(a.count, b.count, shift).dropFirst(VideoFingerprint.soundLead) {
                let (first, second) = (sounds[a.lowerBound + place], sounds[b.lowerBound + place - shift])
                if first != 0, second != 0 {
                    bits += (first ^ second).nonzeroBitCount
                    count += 1
                } else if first != second {
                    lonely += 1
                }
            }
        }
        guard count >= Self.fewestWords else { return nil }
        return ((Double(bits) / 32 + Self.lonelyDistance * Double(lonely)) / Double(count + lonely), count)
    }

    /// Fraction of differing bits among those that are strong in both; nil where pictures are plain.
    private func pictureDistance(_ p: Range<Int>, _ q: Range<Int>, _ shift: Int, turned: UInt64) -> Double? {
        var bits = 0
        var count = 0
        for place in Self.common(p.count, q.count, shift) {
            let (first, second) = (table.pictures[p.lowerBound + place], table.pictures[q.lowerBound + place - shift])
            let strong = ~(first.weak | second.weak) & VideoFingerprint.Picture.plain.weak
            bits += ((first.bits ^ second.bits ^ turned) & strong).nonzeroBitCount
            count += strong.nonzeroBitCount
        }
        return count > 0 ? Double(bits) / Double(count) : nil
    }

    /// Fraction of differing bits among those that are strong in both and change in at least one; nil where hardly any
    /// do.
    private func changeDistance(_ p: Range<Int>, _ q: Range<Int>, _ shift: Int, turned: UInt64) -> Double? {
        let common = Self.common(p.count, q.count, shift)
        var differing = 0
        var compared = 0
        for bit in 0..<UInt64(VideoFingerprint.Picture.bitCount) {
            var (count, ones, others, different) = (0, 0, 0, 0)
            for place in common {
                let first = table.pictures[p.lowerBound + place]
                let second = table.pictures[q.lowerBound + place - shift]
                guard (first.weak | second.weak) >> bit & 1 == 0 else { continue }
                let (x, y) = (Int(first.bits >> bit & 1), Int((second.bits ^ turned) >> bit & 1))
                count += 1
                ones += x
                others += y
                different += x ^ y
            }
            let rarer = max(min(ones, count - ones), min(others, count - others))
            if count > 0, Double(rarer) >= Self.changingShare * Double(count) {
                differing += different
                compared += count
            }
        }
        return compared >= Self.fewestChanging ? Double(differing) / Double(compared) : nil
    }
}
