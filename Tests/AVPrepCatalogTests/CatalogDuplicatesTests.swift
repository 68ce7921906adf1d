import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Testing

@Suite struct CatalogDuplicatesTests {
    @Test func fingerprintsOfListedVideosAreHandedOverInOrder() throws {
        try withCatalog { catalog in
            try catalog.listing(["a", "b", "c"].map { file($0) })
            for (path, video): (BytePath, String) in [("a", "v2"), ("b", "v1"), ("c", "v3")] {
                try catalog.setVideoID(video, of: path)
            }
            try catalog.setFingerprint([1, 2], ofVideo: "v1", settingsKey: "k")
            try catalog.setFingerprint([3], ofVideo: "v2", settingsKey: "k")
            try catalog.setFingerprint([4], ofVideo: "v3", settingsKey: "other")
            try catalog.setFingerprint([5], ofVideo: "gone", settingsKey: "k")
            var found: [String: [UInt8]] = [:]
            try catalog.forEachFingerprint(settingsKey: "k") { found[$0] = $1 }
            #expect(found == ["v1": [1, 2], "v2": [3]])
            #expect(try catalog.fingerprintedVideos(settingsKey: "k") == ["v1", "v2"])
            #expect(try catalog.hasFingerprint(ofVideo: "v3", settingsKey: "other"))
            #expect(try !catalog.hasFingerprint(ofVideo: "v3", settingsKey: "k"))
        }
    }

    @Test func nearDuplicatesHoldForWhatTheyWereFoundFrom() throws {
        try withCatalog { catalog in
            #expect(try catalog.nearDuplicates(key: "s/1") == nil)
            let pair = DuplicateMatch(
                first: "v1", second: "v2", pictureDistance: 0.125, soundDistance: nil, offsetSeconds: -0.5,
                isMirrored: true)
            try catalog.setNearDuplicates([pair], key: "s/1")
            #expect(try catalog.nearDuplicates(key: "s/1") == [pair])
            #expect(try catalog.nearDuplicates(key: "s/") == [pair])
            #expect(try catalog.nearDuplicates(key: "s/2") == nil && catalog.nearDuplicates(key: "t/") == nil)
            try catalog.setNearDuplicates([], key: "s/2")
            #expect(try catalog.nearDuplicates(key: "s/2") == [])
        }
    }
}
