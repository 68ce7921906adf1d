import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Testing

@Suite struct CatalogItemsTests {
    @Test func aListingTellsWhatIsNewChangedGoneAndBack() throws {
        try withCatalog { catalog in
            let first = try catalog.listing([file("a"), file("b"), file("c")])
            #expect(first.change.added == 3 && first.vanished == 0)
            let second = try catalog.listing([file("a"), file("b", version: 2), file("d")])
            #expect(second.change.added == 1 && second.change.changed == 1 && second.change.unchanged == 1)
            #expect(second.vanished == 1)
            #expect(try catalog.item("c")?.isVanished == true)
            let third = try catalog.listing([file("a"), file("b", version: 2), file("c"), file("d")])
            #expect(third.change.returned == 1 && third.change.unchanged == 4 && third.vanished == 0)
            #expect(try catalog.item("c")?.isVanished == false)
            #expect(try catalog.item("e") == nil)
        }
    }

    @Test func anUnchangedFileIsNotHashedAgainAndAChangedOneIs() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            try catalog.setVideoID("v1", of: "a")
            #expect(try catalog.knownVideoID(of: file("a")) == "v1")
            #expect(try catalog.knownVideoID(of: file("a", version: 2)) == nil)
            #expect(try catalog.knownVideoID(of: file("b")) == nil)
            try catalog.listing([file("a"), file("b")])
            #expect(try catalog.knownVideoID(of: file("a")) == "v1")
            try catalog.listing([file("a", version: 2), file("b")])
            #expect(try catalog.knownVideoID(of: file("a", version: 2)) == nil)
        }
    }

    @Test func aChangedFileIsPendingAgain() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            try catalog.record([outcome("a"), outcome("a", stage: "shard"), outcome("b")])
            try catalog.listing([file("a", version: 2), file("b")])
            #expect(try catalog.outcome(of: "a", stage: "ingest") == nil)
            #expect(try catalog.outcome(of: "a", stage: "shard") == nil)
            #expect(try catalog.counts(stage: "ingest").pending == 1)
            try catalog.checkCounts()
        }
    }

    @Test func aFileThatVanishesAndReturnsKeepsWhatIsKnown() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            try catalog.setVideoID("v", of: "b")
            try catalog.record(outcome("b"))
            try catalog.listing([file("a")])
            #expect(try catalog.counts(stage: "ingest").done == 0)
            try catalog.checkCounts()
            try catalog.listing([file("a"), file("b")])
            #expect(try catalog.counts(stage: "ingest").done == 1)
            #expect(try catalog.knownVideoID(of: file("b")) == "v")
            try catalog.checkCounts()
        }
    }

    @Test func ofEqualFilesTheOneListedFirstIsProcessed() throws {
        try withCatalog { catalog in
            try catalog.listing([file("m"), file("n"), file("solo")])
            try catalog.listing([file("a"), file("m"), file("n"), file("solo")])
            for path: BytePath in ["a", "m", "n"] { try catalog.setVideoID("same", of: path) }
            try catalog.setVideoID("other", of: "solo")
            let groups = try catalog.duplicates()
            #expect(groups.map(\.videoID) == ["same"] && groups.map(\.paths) == [["m", "n", "a"]])
        }
    }

    @Test func whereTheFirstOfEqualFilesVanishesTheNextIsPending() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b"), file("c")])
            for path: BytePath in ["a", "b", "c"] { try catalog.setVideoID("same", of: path) }
            let duplicate = Outcome.skipped(.init("duplicate", "same content as a"))
            try catalog.record([outcome("a"), outcome("b", duplicate), outcome("c", duplicate)])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").isEmpty)
            try catalog.listing([file("b"), file("c")])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").map(\.file.path) == ["b"])
            #expect(try catalog.counts(stage: "ingest").skipped == 1)
            try catalog.checkCounts()
        }
    }

    @Test func whatProbingFoundIsKeptByContent() throws {
        try withCatalog { catalog in
            #expect(try catalog.media(ofVideo: "v") == nil)
            try catalog.setMedia(#"{"duration":1}"#, ofVideo: "v")
            try catalog.setMedia(#"{"duration":2}"#, ofVideo: "v")
            #expect(try catalog.media(ofVideo: "v") == #"{"duration":2}"#)
        }
    }

    @Test func namesAreKeptToTheByte() throws {
        try withCatalog { catalog in
            let names: [BytePath] = ["a b", "日本/ü.mp4", "it's; DROP TABLE items", "%_?", "A", "e\u{301}", "é"]
            try catalog.listing(names.map { file($0) })
            try catalog.record(names.map { outcome($0) })
            #expect(Set(try catalog.outcomes(stage: "ingest").map(\.subject)) == Set(names))
            #expect(try catalog.listing(names.map { file($0) }).change.unchanged == names.count)
            try catalog.checkCounts()
        }
    }
}
