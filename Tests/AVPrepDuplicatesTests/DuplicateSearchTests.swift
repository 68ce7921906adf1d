import AVPrepCore
import AVPrepModel
import Testing

@testable import AVPrepDuplicates
@testable import AVPrepPairs

@Suite struct DuplicateSearchTests {
    private let mirrorBits: UInt64 = 0x5555_5555_5555

    private func fingerprint(seed: UInt64, seconds: Int = 10) -> VideoFingerprint {
        var random = SeededRandom(seed: seed)
        return VideoFingerprint(
            pictures: (0..<4 * seconds).map { _ in
                VideoFingerprint.Picture(
                    bits: random.next() & VideoFingerprint.Picture.plain.weak,
                    weak: 0xF00F & VideoFingerprint.Picture.plain.weak)
            }, sounds: (0..<16 * seconds).map { _ in UInt32(truncatingIfNeeded: random.next()) | 1 })
    }

    /// A copy with this share of all bits turned over.
    private func copy(_ original: VideoFingerprint, turned share: Double, seed: UInt64, isMirrored: Bool = false)
        -> VideoFingerprint
    {
        var random = SeededRandom(seed: seed)
        func noise(_ bits: Int) -> UInt64 {
            (0..<bits).reduce(0) { $0 | (random.unit() < share ? 1 << UInt64($1) : 0) }
        }
        return VideoFingerprint(
            pictures: original.pictures.map {
                VideoFingerprint.Picture(bits: $0.bits ^ noise(48) ^ (isMirrored ? mirrorBits : 0), weak: $0.weak)
            }, sounds: original.sounds.map { $0 ^ UInt32(noise(32)) | 1 })
    }

    private func matches(_ videos: [(String, VideoFingerprint)], _ settings: DuplicateSettings = .init())
        -> [DuplicateMatch]
    {
        var search = DuplicateSearch(settings: settings, mirrorBits: mirrorBits)
        for (name, fingerprint) in videos { search.add(fingerprint, ofVideo: name) }
        return search.matches()
    }

    @Test func copiesAreFoundInWhateverOrderAndOthersAreNot() {
        let strangers = (0..<60).map { ("s\($0)", fingerprint(seed: 100 + UInt64($0))) }
        let original = fingerprint(seed: 1)
        let all =
            strangers + [
                ("b", original), ("a", copy(original, turned: 0.08, seed: 5)),
                ("c", copy(original, turned: 0.05, seed: 6, isMirrored: true)),
            ]
        let found = matches(all)
        #expect(VideoLinks(duplicates: found).groups() == ["a": "a", "b": "a", "c": "a"])
        #expect(matches(all.reversed()) == found)
        #expect(found.contains { $0.first == "b" && $0.second == "c" && $0.isMirrored })
    }

    @Test func aStretchOfAVideoIsFoundWithItsPlace() throws {
        let original = fingerprint(seed: 2, seconds: 20)
        let part = VideoFingerprint(pictures: Array(original.pictures[24...]), sounds: Array(original.sounds[96...]))
        let match = try #require(matches([("a", original), ("b", part)]).first)
        #expect(match.offsetSeconds == 6 && match.soundDistance == 0 && match.pictureDistance == 0)
        var strict = DuplicateSettings()
        strict.minOverlap = 0.9
        let tail = VideoFingerprint(
            pictures: Array(original.pictures[40...]) + fingerprint(seed: 3).pictures,
            sounds: Array(original.sounds[160...]) + fingerprint(seed: 3).sounds)
        #expect(matches([("a", original), ("b", tail)]).count == 1)
        #expect(matches([("a", original), ("b", tail)], strict).isEmpty)
    }

    @Test func theSamePictureWithOtherSoundIsAnotherMoment() {
        let original = fingerprint(seed: 4)
        var other = fingerprint(seed: 5)
        other.pictures = original.pictures
        #expect(matches([("a", original), ("b", other)]).isEmpty)
        other.pictures = fingerprint(seed: 6).pictures
        other.sounds = original.sounds
        #expect(matches([("a", original), ("b", other)]).isEmpty)
    }

    @Test func withoutSoundThePicturesTell() {
        var original = fingerprint(seed: 7)
        original.sounds = original.sounds.map { _ in 0 }
        var near = copy(original, turned: 0.04, seed: 1)
        near.sounds = original.sounds
        #expect(matches([("a", original), ("b", near)]).first?.soundDistance == nil)
        #expect(matches([("a", original), ("b", near)]).count == 1)
        let nothing = VideoFingerprint(pictures: Array(repeating: .plain, count: 40), sounds: original.sounds)
        #expect(matches([("a", nothing), ("b", nothing)]).isEmpty, "black and silent is no likeness")
    }

    @Test func aSceneWithoutSoundIsKnownByWhatChangesInIt() throws {
        // A camera that stands still: nearly all bits stay, and those of what moves are others at other times.
        let scene = fingerprint(seed: 10).pictures[0]
        func moment(_ seed: UInt64) -> VideoFingerprint {
            var random = SeededRandom(seed: seed)
            return VideoFingerprint(
                pictures: (0..<40).map { _ in
                    VideoFingerprint.Picture(bits: scene.bits ^ (random.next() & 0x0F0), weak: scene.weak)
                }, sounds: [UInt32](repeating: 0, count: 160))
        }
        #expect(matches([("a", moment(1)), ("b", moment(2))]).isEmpty)
        #expect(matches([("a", moment(1)), ("b", copy(moment(1), turned: 0, seed: 1))]).isEmpty == false)
    }

    @Test func clicksThatFallOnSilenceAreAnotherSound() {
        let click = fingerprint(seed: 11).sounds[..<12]
        func clicks(at places: [Int]) -> VideoFingerprint {
            var video = VideoFingerprint(
                pictures: fingerprint(seed: 12).pictures, sounds: [UInt32](repeating: 0, count: 160))
            for place in places { video.sounds.replaceSubrange(place..<place + 12, with: click) }
            return video
        }
        #expect(matches([("a", clicks(at: [10, 60, 120])), ("b", clicks(at: [10, 45, 140]))]).isEmpty)
        #expect(matches([("a", clicks(at: [10, 60, 120])), ("b", clicks(at: [10, 60, 120]))]).count == 1)
    }

    /// Several times more copies than each one is compared with.
    @Test func aHundredCopiesHangTogether() {
        let original = fingerprint(seed: 8)
        let videos = (0..<100).map { ("v\($0)", copy(original, turned: 0.02, seed: UInt64($0))) }
        let found = matches(videos)
        #expect(found.count < 100 * 99 / 2, "not all pairs are compared")
        let groups = VideoLinks(duplicates: found).groups()
        #expect(groups.count == 100 && Set(groups.values) == ["v0"])
    }

    @Test func aStillPictureWithoutSoundIsNotKnownAgain() {
        var moment = fingerprint(seed: 13)
        moment.pictures = moment.pictures.map { _ in moment.pictures[0] }
        #expect(matches([("a", moment), ("b", moment)]).count == 1, "its sound tells")
        moment.sounds = moment.sounds.map { _ in 0 }
        #expect(matches([("a", moment), ("b", moment)]).isEmpty, "any other moment would look the same")
    }

    @Test func fewWordsOfSoundHaveToAgreeTheMore() {
        /// A copy with 22 % of the sound's bits turned over, and something to hear in so many words of 160.
        func pair(heard: Int) -> [(String, VideoFingerprint)] {
            var original = fingerprint(seed: 14)
            original.sounds = original.sounds.enumerated().map { $0.offset < heard ? $0.element : 0 }
            var other = original
            other.sounds = copy(original, turned: 0.22, seed: 2).sounds.enumerated().map {
                $0.offset < heard ? $0.element : 0
            }
            return [("a", original), ("b", other)]
        }
        #expect(matches(pair(heard: 16)).isEmpty)
        #expect(matches(pair(heard: 120)).count == 1)
    }

    @Test func aSoundThatAgreesAsWellElsewhereTellsNoMoment() {
        var original = fingerprint(seed: 15, seconds: 3)
        #expect(matches([("a", original), ("b", copy(original, turned: 0.18, seed: 1))]).count == 1)
        // The same sounds once a second.
        original.sounds = original.sounds.indices.map { original.sounds[$0 % VideoFingerprint.soundRate] }
        #expect(matches([("a", original), ("b", copy(original, turned: 0.18, seed: 1))]).isEmpty)
        #expect(matches([("a", original), ("b", copy(original, turned: 0.05, seed: 1))]).count == 1)
        #expect(matches([("a", original), ("b", original)]).count == 1)
    }

    @Test func whereAVideoBeginsThereIsNoSilence() throws {
        func begun(_ sounds: some Sequence<UInt32>) -> [UInt32] {
            Array(repeating: 0, count: VideoFingerprint.soundLead) + sounds.dropFirst(VideoFingerprint.soundLead)
        }
        var original = fingerprint(seed: 16, seconds: 20)
        let part = VideoFingerprint(pictures: Array(original.pictures[32...]), sounds: begun(original.sounds[128...]))
        original.sounds = begun(original.sounds)
        let match = try #require(matches([("a", original), ("b", part)]).first)
        #expect(match.soundDistance == 0 && match.offsetSeconds == 8)
    }

    @Test func fingerprintsComeBackFromTheirBytesAndDamagedOnesDoNot() {
        let original = fingerprint(seed: 9)
        #expect(VideoFingerprint(bytes: original.bytes) == original)
        #expect(VideoFingerprint(bytes: VideoFingerprint().bytes) == VideoFingerprint())
        #expect(VideoFingerprint(bytes: original.bytes.dropLast()) == nil)
        #expect(VideoFingerprint(bytes: [9] + original.bytes.dropFirst()) == nil)
        #expect(VideoFingerprint(bytes: [2, 255, 255, 255, 255]) == nil)
        #expect(VideoFingerprint(bytes: [UInt8]()) == nil)
    }
}
