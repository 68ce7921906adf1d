import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// The bytes of items and of their results, and what runs note of themselves.
@Suite struct CatalogSumsTests {
    private func done(_ path: BytePath, bytes: Int64?, key: String = "k1") -> OutcomeRecord {
        OutcomeRecord(
            subject: path, stage: "ingest", settingsKey: key, outcome: .done, output: "prepared/\(path).h5",
            outputBytes: bytes)
    }

    private func sized(_ path: BytePath, _ size: Int64) -> ListedFile {
        ListedFile(path: path, size: size, modifiedNanoseconds: 1)
    }

    @Test func bytesFollowOutcomesAndTheListing() throws {
        try withCatalog { catalog in
            let files = [sized("a", 1000), sized("b", 200), sized("c", 30), sized("missing", -1)]
            try catalog.listing(files)
            func bytes() throws -> StageBytes { try #require(try catalog.bytes(stage: "ingest", settingsKey: "k1")) }
            #expect(try bytes().listed == 1230 && bytes().pending == 1230 && bytes().likely == nil)
            try catalog.record([done("a", bytes: 500), done("b", bytes: nil)])
            try catalog.record(outcome("missing", .failed(.init("unreadable", "no such file"))))
            #expect(try bytes().pending == 30 && bytes().output == 500 && bytes().unsized == 1)
            // As a has needed: half of its size.
            #expect(try bytes().likely == 15)
            try catalog.setOutputBytes([("b", 100)], stage: "ingest")
            #expect(try bytes().output == 600 && bytes().unsized == 0)
            try catalog.checkCounts()

            // Again under other settings, replaced, vanished, back, and of another size.
            try catalog.record(done("b", bytes: 7, key: "k2"))
            #expect(try bytes().output == 500 && bytes().outputOfAll == 507 && bytes().pending == 230)
            try catalog.record(done("a", bytes: 400))
            try catalog.listing([sized("b", 200), sized("c", 30)])
            #expect(try bytes().listed == 230 && bytes().output == 0 && bytes().outputOfAll == 7)
            try catalog.listing(files)
            #expect(try bytes().output == 400)
            try catalog.listing([sized("a", 5)])
            #expect(try bytes().listed == 5 && bytes().pending == 5)
            try catalog.checkCounts()
        }
    }

    @Test func aRunOfADeadProcessIsNotAliveAndOneOfThisProcessIs() throws {
        try withCatalog { catalog in
            let run = try catalog.beginRun("ingest")
            var work = RunWork()
            work[.videos] = 3
            work[.elapsed] = .infinity
            try catalog.noteWork(work, ofRun: run)
            let found = try #require(try catalog.work(ofLast: 1, command: "ingest").first)
            #expect(found.isAlive == true && found.work[.videos] == 3 && found.seenAt != nil)
            // What is no number is not noted.
            #expect(found.work[.elapsed] == 0)
            #expect(try catalog.report(stages: []).lastRun?.isAlive == true)
        }
    }

    /// A stage that depends on outcomes hears of each change to them.
    @Test func changesOfOutcomesAreCounted() throws {
        try withCatalog { catalog in
            var before = try #require(try catalog.changeCount(stage: "ingest"))
            func changes() throws -> Bool {
                let now = try catalog.changeCount(stage: "ingest") ?? 0
                defer { before = now }
                return now > before
            }
            try catalog.listing([file("a"), file("b")])
            #expect(try !changes())
            try catalog.record(outcome("a"))
            #expect(try changes())
            try catalog.listing([file("a"), file("b")])
            try catalog.record(outcome("a", stage: "shard"))
            #expect(try !changes())
            try catalog.listing([file("b")])
            #expect(try changes(), "it has vanished")
            try catalog.listing([file("a"), file("b")])
            #expect(try changes(), "it is back")
            try catalog.forget(["a"], stage: "ingest")
            #expect(try changes())
        }
    }

    @Test func whatIsLookedAtByItselfKeepsItsListing() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a", root: CorpusRoot("videos", .folder))])
            try catalog.setVideoID("v", of: "a")
            try catalog.record(outcome("a"))
            let before = try catalog.listings(of: "a")
            try catalog.lookAgain(at: file("a"))
            #expect(try catalog.item("a")?.videoID == "v" && catalog.outcome(of: "a", stage: "ingest") != nil)
            try catalog.lookAgain(at: file("a", version: 2))
            #expect(try catalog.item("a")?.videoID == nil && catalog.outcome(of: "a", stage: "ingest") == nil)
            #expect(try catalog.listings(of: "a") == before)
            // One that nobody has listed is not listed so.
            try catalog.lookAgain(at: file("b"))
            #expect(try catalog.item("b") == nil)
            try catalog.checkCounts()
        }
    }
}
