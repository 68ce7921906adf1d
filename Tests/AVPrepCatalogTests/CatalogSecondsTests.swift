import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Testing

/// The seconds of the listed videos, and their sums.
@Suite struct CatalogSecondsTests {
    private func record(_ catalog: Catalog) throws {
        try catalog.listing([file("a.mp4"), file("b.mp4"), file("copy of b.mp4")])
        try catalog.setVideoIDs([("a", "a.mp4"), ("b", "b.mp4"), ("b", "copy of b.mp4")])
        try catalog.setSeconds(
            SourceSeconds(inSegments: 10, unused: ["gap": 1.5, "sound-alone": 0.25]), ofVideo: "a", settingsKey: "k1")
        try catalog.setSeconds(
            SourceSeconds(inSegments: 0, unused: ["no-audio": 7, "gap": 0]), ofVideo: "b", settingsKey: "k1")
    }

    @Test func theyAddUpOnceForEveryContent() throws {
        try withCatalog { catalog in
            try record(catalog)
            let report = try #require(try catalog.seconds(settingsKey: "k1"))
            #expect(report.videos == 2)
            #expect(report.inSegments == 10)
            #expect(report.unused.map(\.reason) == ["no-audio", "gap", "sound-alone"])
            #expect(report.unused.map(\.seconds) == [7, 1.5, 0.25])
            #expect(report.total == 18.75)
            #expect(try catalog.seconds(settingsKey: "k2")?.videos == 0)
            try catalog.checkCounts()
        }
    }

    @Test func theyFollowReplacementsAndTheListing() throws {
        try withCatalog { catalog in
            try record(catalog)
            try catalog.setSeconds(SourceSeconds(inSegments: 11), ofVideo: "a", settingsKey: "k1")
            #expect(try catalog.seconds(settingsKey: "k1")?.total == 18)
            // One of two files of a content is still one.
            try catalog.listing([file("a.mp4"), file("b.mp4")])
            #expect(try catalog.seconds(settingsKey: "k1")?.total == 18)
            try catalog.listing([file("a.mp4")])
            #expect(try catalog.seconds(settingsKey: "k1")?.total == 11)
            try catalog.listing([file("a.mp4"), file("b.mp4")])
            #expect(try catalog.seconds(settingsKey: "k1")?.total == 18)
            try catalog.setSeconds(nil, ofVideo: "a", settingsKey: "k1")
            #expect(try catalog.seconds(settingsKey: "k1")?.total == 7)
            try catalog.checkCounts()
        }
    }
}
