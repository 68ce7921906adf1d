package import AVPrepCore

/// Finds near-duplicates among many videos by their fingerprints.
///
/// Candidates are videos that share a word of sound, or the mirror-proof part of a picture, found by sorting all words: never
/// all pairs. Each candidate is then compared over the whole stretch that the two have in common, at the offset that
/// the shared word gives.
///
/// Memory: the fingerprints (64 bytes a second of video) and 128 MB for sorting, since words are sorted in as many passes as
/// that takes. Time: in proportion to the number of words, but for words that unrelated videos share by accident.
package struct DuplicateSearch: Sendable {
    private let settings: DuplicateSettings
    private var videoIDs: [String] = []
    /// First picture and first sound of each video, and the ends of the last.
    private var pictureStarts = [0]
    private var soundStarts = [0]
    private var pictures: [VideoFingerprint.Picture] = []
    private var sounds: [UInt32] = []
    private let mirrorBits: UInt64

    /// Words sorted at a time.
    private static let wordsAPass = 1 << 24
    /// Videos with the same word that each one is compared with: the next ones in the order of their ids. Larger groups hang
    /// together all the same, one by the other.
    private static let neighbours = 32
    /// Parts of a word of sound that are looked up: a copy that changed a fifth of all bits still shares some of them.
    private static let soundMasks: [UInt32] = [0x00FF_FFFF, 0xFFFF_FF00, 0xFFF0_0FFF]
    /// Bits of a picture that are looked up.
    private static let pictureWordBits: UInt32 = 18
    /// Shortest stretch in common, in seconds.
    private static let shortestSeconds = 1.0
    /// Stretches of sound that must have something to hear for the sound to tell.
    private static let fewestSounds = 8

    /// - Parameter mirrorBits: those that mirroring a picture turns over.
    package init(settings: DuplicateSettings, mirrorBits: UInt64) {
        self.settings = settings
        self.mirrorBits = mirrorBits
    }

    package var count: Int { videoIDs.count }

    /// Adds a video. The result does not depend on the order.
    package mutating func add(_ fingerprint: VideoFingerprint, ofVideo videoID: String) {
        videoIDs.append(videoID)
        pictures += fingerprint.pictures
        sounds += fingerprint.sounds
        pictureStarts.append(pictures.count)
        soundStarts.append(sounds.count)
    }

    /// All near-duplicates that were found, in the order of their ids.
    package func matches() -> [DuplicateMatch] {
        var found: [Pair: DuplicateMatch] = [:]
        for mask in Self.soundMasks {
            collect(
                words: sounds.count, starts: soundStarts, hopsAWord: 1, reach: 1, into: &found,
                word: { sounds[$0] == 0 ? nil : sounds[$0] & mask })
        }
        let hops = VideoFingerprint.soundRate / VideoFingerprint.pictureRate
        collect(
            words: pictures.count, starts: pictureStarts, hopsAWord: hops, reach: hops / 2 + 1, into: &found,
            word: { pictures[$0].isPlain ? nil : mirrorProofWord(pictures[$0].bits) })
        return found.values.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
    }

    // MARK: - Candidates

    private struct Pair: Hashable {
        let first: Int
        let second: Int
    }

    /// The lowest of the bits that mirroring leaves, which are the surest, moved together.
    private func mirrorProofWord(_ bits: UInt64) -> UInt32 {
        var word: UInt32 = 0
        var place: UInt32 = 0
        for bit in 0..<UInt64(VideoFingerprint.Picture.bitCount)
        where mirrorBits >> bit & 1 == 0 && place < Self.pictureWordBits {
            word |= UInt32(bits >> bit & 1) << place
            place += 1
        }
        return word
    }

    /// Compares videos that share a word.
    ///
    /// - Parameters:
    ///   - starts: where the words of each video begin, and where the last one's end.
    ///   - hopsAWord: distance of neighbouring words, in stretches of sound.
    ///   - reach: how many stretches of sound the offset may be wrong by.
    ///   - word: the word at a place; nil where there is none.
    private func collect(
        words count: Int, starts: [Int], hopsAWord: Int, reach: Int, into found: inout [Pair: DuplicateMatch],
        word: (Int) -> UInt32?
    ) {
        precondition(count < 1 << 32, "more words than 32 bits count")
        let passes = UInt64(max(1, (count + Self.wordsAPass - 1) / Self.wordsAPass))
        for pass in 0..<passes {
            // Word and place in one number, to be sorted as such.
            var keys: [UInt64] = []
            var last: UInt32?
            for place in 0..<count {
                guard let word = word(place) else {
                    last = nil
                    continue
                }
                // Of a word that stays, the first says as much as the others.
                if word != last, passes == 1 || Self.mix(word) % passes == pass {
                    keys.append(UInt64(word) << 32 | UInt64(place))
                }
                last = word
            }
            keys.sort()
            compare(keys, starts: starts, hopsAWord: hopsAWord, reach: reach, into: &found)
        }
    }

    private func compare(
        _ keys: [UInt64], starts: [Int], hopsAWord: Int, reach: Int, into found: inout [Pair: DuplicateMatch]
    ) {
        var begin = 0
        while begin < keys.count {
            var end = begin + 1
            while end < keys.count, keys[end] >> 32 == keys[begin] >> 32 { end += 1 }
            defer { begin = end }
            guard end - begin > 1 else { continue }
            // One place of each video: the first.
            var places: [(video: Int, hop: Int)] = []
            for key in keys[begin..<end] {
                let place = Int(key & 0xFFFF_FFFF)
                let video = Self.video(at: place, starts)
                if places.last?.video != video { places.append((video, (place - starts[video]) * hopsAWord)) }
            }
            places.sort { videoIDs[$0.video] < videoIDs[$1.video] }
            for (index, first) in places.enumerated() {
                for second in places[(index + 1)...].prefix(Self.neighbours) {
                    let pair = Pair(first: first.video, second: second.video)
                    if found[pair] == nil, let match = compare(pair, hops: first.hop - second.hop, reach) {
                        found[pair] = match
                    }
                }
            }
        }
    }

    private static func video(at place: Int, _ starts: [Int]) -> Int {
        var low = 0
        var high = starts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= place { low = middle } else { high = middle }
        }
        return low
    }

    private static func mix(_ word: UInt32) -> UInt64 { UInt64(word) &* 0x9E37_79B9_7F4A_7C15 >> 33 }

    // MARK: - Comparing two videos

    /// Compares two videos, the second `hops` stretches of sound after the first, and a little beside that.
    private func compare(_ pair: Pair, hops: Int, _ reach: Int) -> DuplicateMatch? {
        let (a, b) = (soundRange(pair.first), soundRange(pair.second))
        var best: (hops: Int, distance: Double)?
        for shift in hops - reach...hops + reach {
            guard let distance = soundDistance(a, b, shift) else { continue }
            if distance < best?.distance ?? settings.maxSoundDistance { best = (shift, distance) }
        }
        let isTold = soundDistance(a, b, hops) != nil
        if isTold, best == nil { return nil }
        let shift = best?.hops ?? hops
        let pictureHops = VideoFingerprint.soundRate / VideoFingerprint.pictureRate
        let (p, q) = (pictureRange(pair.first), pictureRange(pair.second))
        let pictureShift = Int((Double(shift) / Double(pictureHops)).rounded())
        let common = Self.common(p.count, q.count, pictureShift)
        let seconds = Double(common.count) / Double(VideoFingerprint.pictureRate)
        let shorter = Double(min(p.count, q.count)) / Double(VideoFingerprint.pictureRate)
        guard seconds >= Self.shortestSeconds, seconds >= settings.minOverlap * shorter else { return nil }
        let straight = pictureDistance(p, q, pictureShift, turned: 0)
        let mirrored = pictureDistance(p, q, pictureShift, turned: mirrorBits)
        let isMirrored = (mirrored ?? 1) < (straight ?? 1)
        let picture = isMirrored ? mirrored : straight
        guard picture != nil || best != nil,
            picture ?? 0 <= (best == nil ? settings.maxSilentDistance : settings.maxPictureDistance)
        else { return nil }
        if let picture, let best, (picture + best.distance) / 2 > settings.maxMeanDistance { return nil }
        return DuplicateMatch(
            first: videoIDs[pair.first], second: videoIDs[pair.second], pictureDistance: picture,
            soundDistance: best?.distance, offsetSeconds: Double(shift) / Double(VideoFingerprint.soundRate),
            isMirrored: isMirrored)
    }

    private func soundRange(_ video: Int) -> Range<Int> { soundStarts[video]..<soundStarts[video + 1] }

    private func pictureRange(_ video: Int) -> Range<Int> { pictureStarts[video]..<pictureStarts[video + 1] }

    /// The places of the first that lie within the second, which begins `shift` places after it.
    private static func common(_ first: Int, _ second: Int, _ shift: Int) -> Range<Int> {
        let begin = max(0, shift)
        return begin..<max(begin, min(first, second + shift))
    }

    /// Share of differing bits; nil where too little is to be heard.
    private func soundDistance(_ a: Range<Int>, _ b: Range<Int>, _ shift: Int) -> Double? {
        let common = Self.common(a.count, b.count, shift)
        var bits = 0
        var count = 0
        sounds.withUnsafeBufferPointer { sounds in
            for place in common {
                let (first, second) = (sounds[a.lowerBound + place], sounds[b.lowerBound + place - shift])
                guard first != 0, second != 0 else { continue }
                bits += (first ^ second).nonzeroBitCount
                count += 1
            }
        }
        return count >= Self.fewestSounds ? Double(bits) / Double(32 * count) : nil
    }

    /// Share of differing bits among those that are strong in both; nil where pictures are plain.
    private func pictureDistance(_ p: Range<Int>, _ q: Range<Int>, _ shift: Int, turned: UInt64) -> Double? {
        var bits = 0
        var count = 0
        for place in Self.common(p.count, q.count, shift) {
            let (first, second) = (pictures[p.lowerBound + place], pictures[q.lowerBound + place - shift])
            let strong = ~(first.weak | second.weak) & VideoFingerprint.Picture.plain.weak
            bits += ((first.bits ^ second.bits ^ turned) & strong).nonzeroBitCount
            count += strong.nonzeroBitCount
        }
        return count > 0 ? Double(bits) / Double(count) : nil
    }
}
