import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline
@testable import AVPrepStore

/// A refresh does what is new, nothing twice, and loses nothing of what stays.
struct RefreshStageTests {
    private func refresh(_ corpus: SmallCorpus) throws -> RefreshReport {
        try RefreshStage.run(corpus.workspace, corpus.context)
    }

    @Test func whatStaysKeepsItsShardsAndPairsByteForByte() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(5)
            try corpus.move(3..<5, to: "later")
            let first = try refresh(corpus)
            #expect(first.ingest.change.listing.added == 3 && first.ingest.change.done == 3)
            #expect(first.shard?.packed == 1 && first.exitStatus == .done && !first.needsAttention)
            let before = try corpus.digests("shards")

            // Nothing to do: nothing is written.
            let second = try refresh(corpus)
            #expect(second.ingest.change.text == "nothing new" && second.shard?.packed == 0)
            #expect(try corpus.digests("shards") == before)

            try corpus.move(3..<5, from: "later", to: "videos")
            let third = try refresh(corpus)
            #expect(third.ingest.change.text == "2 new, 2 prepared")
            let after = try corpus.digests("shards")
            for (name, digest) in before where name.hasSuffix(".h5") { #expect(after[name] == digest, "\(name)") }
            #expect(after.count > before.count)

            try corpus.move(0..<1, to: "gone")
            let fourth = try refresh(corpus)
            #expect(fourth.ingest.change.text == "1 vanished" && fourth.shard?.index.vanishedVideos.count == 1)
            try corpus.move(0..<1, from: "gone", to: "videos")
            #expect(try refresh(corpus).ingest.change.text == "1 back")
            #expect(
                try corpus.digests("shards").filter { $0.key.hasSuffix(".h5") }
                    == after.filter { $0.key.hasSuffix(".h5") })
        }
    }

    @Test func aFailureIsToldOnceAndKnownAfterwards() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: "\(folder)/videos/talk.mp4"))
            let first = try refresh(corpus)
            #expect(first.exitStatus == .doneWithFailures && first.needsAttention)
            #expect(first.text.contains("talk.mp4") && first.shard != nil)
            let second = try refresh(corpus)
            #expect(second.exitStatus == .done && !second.text.contains("talk.mp4") && second.text.contains("1 failed"))
        }
    }

    @Test func aSecondOneLeavesAtOnce() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            try corpus.workspace.holding { held in
                let begin = ContinuousClock.now
                let failure = #expect(throws: Failure.self) { try refresh(corpus) }
                #expect(failure?.exitStatus == .busy)
                #expect(ContinuousClock.now - begin < .milliseconds(500))
                // Whoever holds the lock goes on through all stages.
                try held.exclusively {}
            }
        }
    }

    /// What stops a later stage does not hide what the earlier ones did.
    @Test func whatStopsAStageIsPartOfTheReport() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            corpus.settings.shard.split.val = 0.5
            corpus.settings.shard.split.test = 0.5
            let report = try refresh(corpus)
            #expect(report.ingest.change.done == 2 && report.stop?.exitStatus == report.exitStatus)
            #expect(report.text.contains("2 prepared") && report.text.contains("stopped: "))
        }
    }

    /// A refresh that trusts what it noted of the shards still sees whatever a user does to them, or to the settings.
    @Test func shardsAreLookedAtAgainOnceAnythingOfThemChanged() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(3)
            _ = try refresh(corpus)
            let before = try corpus.digests("shards")
            func expectSame(_ what: String) throws {
                #expect(try refresh(corpus).exitStatus == .done, "\(what)")
                #expect(
                    try corpus.digests("shards").filter { $0.key.hasSuffix(".h5") }
                        == before.filter { $0.key.hasSuffix(".h5") }, "\(what)")
            }
            try expectSame("nothing happened")
            for name in before.keys.sorted() {
                try FileManager.default.removeItem(atPath: "\(folder)/shards/\(name)")
                try expectSame("\(name) was removed")
            }
            let pairs = try #require(before.keys.first { $0.hasSuffix("pairs.h5") })
            try Data("cut".utf8).write(to: URL(fileURLWithPath: "\(folder)/shards/\(pairs)"))
            try expectSame("\(pairs) was overwritten")
            corpus.settings.shard.pairs.hardRatio = 0.9
            _ = try refresh(corpus)
            #expect(try corpus.digests("shards")[pairs] != before[pairs], "another ratio")
            // Outcomes that changed outside of a refresh.
            let catalog = try Catalog(path: corpus.workspace.catalog)
            let records = try catalog.outcomes(stage: StageName.ingest)
            try catalog.record(
                OutcomeRecord(
                    subject: records[0].subject, stage: StageName.ingest, settingsKey: records[0].settingsKey,
                    outcome: .skipped(.init("too-short", "for a test"))))
            #expect(try refresh(corpus).shard?.index.vanishedVideos.count == 1)
        }
    }
}
