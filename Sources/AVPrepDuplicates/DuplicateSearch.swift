package import AVPrepModel

/// Finds near-duplicates among many videos by their fingerprints.
///
/// Candidates are videos that share an audio word, or the mirror-invariant part of a picture hash, found by sorting all
/// words, never by comparing all pairs. Most accidental matches are rejected by the neighbouring words; the others are
/// compared over the whole overlap, at the offset given by the shared word.
///
/// Memory: the fingerprints (112 bytes per second of video) and 128 MB for sorting, since words are sorted in as many
/// passes as necessary. Time: proportional to the number of words, except for words that unrelated videos share by
/// accident.
package struct DuplicateSearch: Sendable {
    private let settings: DuplicateSettings
    private let mirrorBits: UInt64
    private var table = FingerprintTable()

    /// Number of words sorted at a time.
    private static let wordsAPass = 1 << 24
    /// Number of videos with the same word that each video is compared with: the next ones in the order of their ids.
    /// Larger groups are still connected through their neighbours.
    private static let neighbours = 32
    /// Parts of an audio word that are looked up: a copy with a fifth of all bits changed still shares some of them.
    private static let soundMasks: [UInt32] = [0x00FF_FFFF, 0xFFFF_FF00, 0xFFF0_0FFF]
    /// Bits of a picture hash that are looked up.
    private static let pictureWordBits: UInt32 = 18

    /// - Parameter mirrorBits: the bits inverted by mirroring a picture.
    package init(settings: DuplicateSettings, mirrorBits: UInt64) {
        self.settings = settings
        self.mirrorBits = mirrorBits
    }

    package var count: Int { table.videoIDs.count }

    /// Adds a video. The result does not depend on the order.
    package mutating func add(_ fingerprint: VideoFingerprint, ofVideo videoID: String) {
        table.add(fingerprint, ofVideo: videoID)
    }

    /// All detected near-duplicates, in the order of their ids.
    package func matches() -> [DuplicateMatch] {
        let comparison = FingerprintComparison(table: table, settings: settings, mirrorBits: mirrorBits)
        let order = table.videoIDs.indices.sorted { table.videoIDs[$0] < table.videoIDs[$1] }
        var ranks = [Int32](repeating: 0, count: order.count)
        for (rank, video) in order.enumerated() { ranks[video] = Int32(rank) }
        var found: [Pair: DuplicateMatch] = [:]
        for mask in Self.soundMasks {
            Self.collect(
                starts: table.soundStarts, ranks, wordsAPlace: 1, reach: 2, comparison, into: &found,
                word: { table.sounds[$0] == 0 ? nil : table.sounds[$0] & mask },
                areAlike: comparison.areAlike(sound:of:_:of:))
        }
        let words = FingerprintComparison.wordsAPicture
        Self.collect(
            starts: table.pictureStarts, ranks, wordsAPlace: words, reach: words / 2 + 2, comparison, into: &found,
            word: { table.pictures[$0].isPlain ? nil : mirrorProofWord(table.pictures[$0].bits) },
            areAlike: comparison.areAlike(picture:of:_:of:))
        return found.values.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
    }

    private struct Pair: Hashable {
        let first: Int
        let second: Int
    }

    /// The lowest bits that mirroring preserves, which are the most reliable, packed together.
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
    ///   - starts: the position of each video's first word, and the end of the last.
    ///   - ranks: the rank of each video in the order of ids.
    ///   - wordsAPlace: distance of neighbouring positions, in audio words.
    ///   - reach: maximum error of the offset, in audio words.
    ///   - word: the word at a position; nil if none.
    ///   - areAlike: a quick check of two positions with the same word.
    private static func collect(
        starts: [Int], _ ranks: [Int32], wordsAPlace: Int, reach: Int, _ comparison: FingerprintComparison,
        into found: inout [Pair: DuplicateMatch], word: (Int) -> UInt32?,
        areAlike: (_ first: Int, _ a: Int, _ second: Int, _ b: Int) -> Bool
    ) {
        let count = starts[starts.count - 1]
        precondition(count < 1 << 32, "the number of words must fit in 32 bits")
        let passes = UInt64(max(1, (count + wordsAPass - 1) / wordsAPass))
        for pass in 0..<passes {
            // Word and position combined in one number for sorting.
            var keys: [UInt64] = []
            keys.reserveCapacity(min(count, wordsAPass + wordsAPass / 4))
            var last: UInt32?
            for place in 0..<count {
                guard let word = word(place) else {
                    last = nil
                    continue
                }
                // Of a repeated word, the first occurrence is enough.
                if word != last, passes == 1 || mix(word) % passes == pass {
                    keys.append(UInt64(word) << 32 | UInt64(place))
                }
                last = word
            }
            keys.sort()
            forEachGroup(keys, starts) { group in
                if group.count > 2 { group.sort { ranks[$0.video] < ranks[$1.video] } }
                for (index, one) in group.enumerated() {
                    for other in group[(index + 1)...].prefix(neighbours) {
                        let (a, b) = ranks[one.video] < ranks[other.video] ? (one, other) : (other, one)
                        let pair = Pair(first: a.video, second: b.video)
                        guard found[pair] == nil, areAlike(a.place, a.video, b.place, b.video) else { continue }
                        let offset = (a.place - starts[a.video] - b.place + starts[b.video]) * wordsAPlace
                        if let match = comparison.match(a.video, b.video, words: offset, reach: reach) {
                            found[pair] = match
                        }
                    }
                }
            }
        }
    }

    /// Visits the positions of each word shared by several videos, the first of each video.
    ///
    /// - Parameter keys: sorted.
    private static func forEachGroup(
        _ keys: [UInt64], _ starts: [Int], _ body: (inout [(video: Int, place: Int)]) -> Void
    ) {
        var group: [(video: Int, place: Int)] = []
        var begin = 0
        while begin < keys.count {
            var end = begin + 1
            while end < keys.count, keys[end] >> 32 == keys[begin] >> 32 { end += 1 }
            defer { begin = end }
            guard end - begin > 1 else { continue }
            group.removeAll(keepingCapacity: true)
            for key in keys[begin..<end] {
                let place = Int(key & 0xFFFF_FFFF)
                let video = video(at: place, starts)
                if group.last?.video != video { group.append((video, place)) }
            }
            if group.count > 1 { body(&group) }
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
}
