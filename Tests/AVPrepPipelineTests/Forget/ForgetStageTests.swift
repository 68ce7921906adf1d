import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepDuplicates
import AVPrepExport
import AVPrepForget
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline
@testable import AVPrepStore

/// A forgotten video leaves no byte, and takes nothing of the others along.
struct ForgetStageTests {
    /// A film of which a manifest lists parts goes with all of them, also those that are listed later; the labels of the rest
    /// stay beside the packed shards.
    @Test func aFilmGoesWithItsPartsAndTheLabelsOfTheRestStay() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.shard.pairs.clipSeconds = 0.5
            corpus.settings.shard.pairs.pairsPerSegment = 16
            corpus.settings.duplicates.enabled = false
            corpus.settings.corpus.paths = ["videos/m.csv"]
            try corpus.addSyntheticVideos(5)
            func list(_ extra: String = "") throws {
                let rows = (0..<5).map { "video-0000\($0).mp4,0,2,a\nvideo-0000\($0).mp4,2,4,b\($0)\n" }.joined()
                try ("path,start,end,label\n" + rows + extra).write(
                    toFile: "\(folder)/videos/m.csv", atomically: true, encoding: .utf8)
            }
            try list()
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            let ids = try Catalog(path: corpus.workspace.catalog, access: .readOnly).allItems()
                .filter { $0.file.path.escaped.contains("00002") }.compactMap(\.videoID)
            #expect(ids.count == 2)
            let traces = try ids.flatMap { try corpus.traces($0) }
            let report = try corpus.forget([SmallCorpus.video(2)])
            #expect(report.exitStatus == .done && Set(ids).isSubset(of: report.videos.map(\.videoID)))
            #expect(try corpus.holders(of: traces) == [])
            #expect(try corpus.verifyAll().isEmpty)
            let shards = try ShardSet(corpus.workspace.shards)
            var labels: [String: Set<String>] = [:]
            for shard in shards.index.shards {
                let own = try shards.labels(of: shard)
                for (row, stored) in try shards.reader(of: shard).segments.enumerated() {
                    labels[stored.segment.source] = Set(own[row])
                }
            }
            #expect(labels.count == 8 && labels["videos/video-00003.mp4#t=2,4"] == ["b3"], "\(labels)")
            try list("video-00002.mp4,1,3,c\n")
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.holders(of: traces) == [])
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let late = try catalog.outcome(of: "videos/video-00002.mp4#t=1,3", stage: StageName.ingest)
            #expect(late?.outcome.reason?.code == "forgotten")
            _ = try ForgetStage.undo([BytePath(SmallCorpus.video(2))], in: corpus.workspace, corpus.context)
            let again = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(again.counts.done == 11)
        }
    }

    @Test func noByteIsLeftAndPairsOfTheRestStay() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder)
            // Another settings key, another pair set, and an export.
            var other = corpus
            other.settings.ingest.video.quality = 80
            _ = try IngestStage.run(other.workspace, other.context)
            var l3 = corpus
            l3.settings.shard.pairs.name = "beside"
            _ = try IngestStage.run(l3.workspace, l3.context)
            _ = try ShardStage.run(l3.workspace, l3.context)
            _ = try ExportStage.run(corpus.workspace, corpus.context, ExportRequest(), to: folder + "/out")
            let gone = try corpus.id(2)
            let traces = try corpus.traces(gone)
            try Data("keep".utf8).write(
                to: URL(fileURLWithPath: "\(folder)/prepared/\(gone.prefix(2))/\(gone)-x.h5.damaged-1"))
            #expect(try corpus.holders(of: traces).count >= 3)
            let before = try corpus.pairsByMeaning()
            let dry = try corpus.forget([SmallCorpus.video(2)], dry: true)
            #expect(dry.videos.map(\.videoID) == [gone] && dry.preparedFiles == 3 && dry.shardsPacked == 1)
            #expect(try !corpus.holders(of: traces).isEmpty)

            let report = try corpus.forget([SmallCorpus.video(2)])
            #expect(report.exitStatus == .done && report.preparedFiles == 3 && report.exportFiles > 0)
            #expect(try corpus.holders(of: traces) == [])
            #expect(try corpus.verifyAll().isEmpty)
            #expect(try corpus.holders(of: [Data(gone.utf8)]) == ["catalog.sqlite"])
            // The pairs of the rest: all negatives with their positives.
            let after = try corpus.pairsByMeaning()
            #expect(Set(after.keys) == Set(before.keys) && after.keys.contains("beside_mixed"))
            for (set, pairs) in before {
                let now = Set(after[set] ?? [])
                for pair in pairs where !pair.contains(gone) && !pair.hasPrefix("positive") {
                    #expect(now.contains(pair), "\(set) \(pair)")
                }
            }
            #expect(report.pairs.map { $0.kept > 0 && $0.removed > 0 } == true)
            // A refresh changes nothing of it, and the video stays away.
            let digests = try corpus.digests("shards").filter { $0.key.hasSuffix(".h5") }
            let refresh = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(refresh.exitStatus == .done && refresh.ingest.change.done == 0)
            #expect(try corpus.digests("shards").filter { $0.key.hasSuffix(".h5") } == digests)
            #expect(try corpus.verifyAll().isEmpty)
        }
    }

    @Test func copiesGoTooAndNoneComesBackUntilAllowed() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 5)
            try FileManager.default.copyItem(
                atPath: "\(folder)/\(SmallCorpus.video(1))", toPath: "\(folder)/videos/copy [1]*.mp4")
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            let gone = try corpus.id(1)
            // A name that is a pattern is that file first.
            let report = try corpus.forget(["\(folder)/videos/copy [1]*.mp4"])
            #expect(report.videos.first?.paths.count == 2 && report.text.contains(SmallCorpus.video(1)))
            try FileManager.default.copyItem(
                atPath: "\(folder)/\(SmallCorpus.video(1))", toPath: "\(folder)/videos/again.mp4")
            var other = corpus
            other.settings.ingest.video.quality = 70
            for corpus in [corpus, other] {
                _ = try IngestStage.run(corpus.workspace, corpus.context, retry: true, rehash: true)
                let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
                let skipped = try catalog.outcomes(
                    stage: StageName.ingest, status: "skipped", code: Outcome.Reason.forgotten)
                #expect(skipped.count == 3 && skipped[0].outcome.reason?.detail.contains(gone) == true)
                try catalog.checkCounts()
                #expect(try catalog.tracesOfForgotten().isEmpty)
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let undo = try ForgetStage.undo([BytePath(String(gone.prefix(9)))], in: corpus.workspace, corpus.context)
            #expect(undo.allowed == [gone])
            let refresh = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(refresh.ingest.change.done == 1)
            #expect(throws: Failure.self) {
                try ForgetStage.undo([BytePath(gone)], in: corpus.workspace, corpus.context)
            }
            #expect(try corpus.verifyAll().isEmpty)
        }
    }

    @Test func namesOfNothingAndOfManyAreSaid() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 3)
            let before = try corpus.digests("shards")
            let report = try corpus.forget(["videos/nothing.mp4", "*.mkv", "deadbeef", ""])
            #expect(report.exitStatus == .doneWithFailures && report.unknown.count == 4 && report.videos.isEmpty)
            #expect(try corpus.digests("shards") == before)
            // A whole id needs no catalog: it is kept away.
            let never = String(repeating: "0a", count: 16)
            #expect(try corpus.forget([never]).videos.map(\.videoID) == [never])
            #expect(try corpus.digests("shards") == before)
            #expect(try corpus.forget(["\(folder)/videos/*-0000[01].mp4"]).videos.count == 2)
            #expect(try corpus.verifyAll().filter { $0.code == .forgotten }.isEmpty)
        }
    }

    /// Whatever was never read, or failed, can be forgotten, too.
    @Test func whatFailedIsForgotten() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 3)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: "\(folder)/videos/broken.mp4"))
            try FileManager.default.createDirectory(
                atPath: "\(folder)/videos/folder.mp4", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/videos/nowhere.mp4", withDestinationPath: "/nowhere/at/all")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let report = try corpus.forget(["videos/broken.mp4", "\(folder)/videos/nowhere.mp4"])
            #expect(report.videos.count == 1 && report.videos[0].paths.count == 1)
            #expect(report.unread.count + report.unknown.count == 1, "\(report)")
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            try catalog.checkCounts()
            let ingest = try IngestStage.run(corpus.workspace, corpus.context, retry: true)
            #expect(ingest.change.skipped == 0 || ingest.counts.failed <= 1)
            try catalog.checkCounts()
            #expect(try corpus.verifyAll().isEmpty)
        }
    }

    /// Of a vanished file not even the name stays.
    @Test func whatHasVanishedLeavesTheList() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 4)
            let gone = try corpus.id(3)
            try corpus.move(3..<4, to: "other")
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            let report = try corpus.forget([SmallCorpus.video(3)])
            #expect(report.videos.map(\.videoID) == [gone])
            #expect(try corpus.holders(of: [Data("video-00003".utf8)]) == [])
            try Catalog(path: corpus.workspace.catalog, access: .readOnly).checkCounts()
            #expect(try corpus.verifyAll().isEmpty)
        }
    }

    @Test func anotherAvprepKeepsItOut() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 2)
            try corpus.workspace.holding { _ in
                let failure = #expect(throws: Failure.self) { try corpus.forget([SmallCorpus.video(0)]) }
                #expect(failure?.exitStatus == .busy)
            }
        }
    }

    /// Many at once: each shard is packed again once.
    @Test func manyAtOnceCostEachShardOnePacking() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 9)
            let ids = (0..<10_000).map { number in
                SHA256.digest(of: "\(number)").hex.prefix(32).description
            }
            let begin = ContinuousClock.now
            let report = try corpus.forget(ids + (0..<5).map(SmallCorpus.video))
            #expect(report.videos.count == 10_005 && report.shardsPacked == 1 && report.preparedFiles == 5)
            #expect(ContinuousClock.now - begin < .seconds(60))
            #expect(try corpus.verifyAll().isEmpty)
            #expect(try corpus.forget([SmallCorpus.video(0)]).shardsPacked == 0)
        }
    }
}
