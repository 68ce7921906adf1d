import AVPrepCatalog
import AVPrepCore
import AVPrepExport
import AVPrepForget
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepParts
import AVPrepSettings
import AVPrepShard
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline
@testable import AVPrepStore

/// Shards of which a video is taken.
struct ForgetShardsTests {
    /// Of a split's last video the split goes; of the last of all the index.
    @Test func theLastVideoOfASplitAndOfAll() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 8, split: 0.3)
            let index = try ShardIndex.load(corpus.workspace.shards)
            let val = try #require(index.shards.first { $0.split == .val })
            let ids = Set(
                try StoreReader(path: "\(corpus.workspace.shards)/\(val.name)").segments.map(\.segment.videoID))
            let train = try corpus.digests("shards").filter { $0.key.hasPrefix("train") }
            let report = try corpus.forget(ids.sorted())
            #expect(report.emptySplits == ["val"] && report.text.contains("val has no video any more"))
            #expect(try corpus.digests("shards").filter { $0.key.hasPrefix("train") } == train)
            #expect(try corpus.verifyAll().isEmpty)
            let rest = try corpus.forget(["**"])
            #expect(rest.emptySplits == ["train"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: corpus.workspace.shards) == [])
            #expect(try corpus.verifyAll().map(\.code) == [.index])
        }
    }

    /// What stays of a shard and has no strangers there is packed with another one.
    @Test func aLonelyVideoFindsStrangers() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 6)
            try corpus.move(2..<6, to: "later")
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context, compact: true)
            try corpus.move(2..<6, from: "later", to: "videos")
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(try ShardIndex.load(corpus.workspace.shards).shards.count == 2)
            let report = try corpus.forget([SmallCorpus.video(0)])
            #expect(report.shardsPacked == 1 && report.shardsRemoved == 2)
            #expect(try corpus.verifyAll().isEmpty)
            #expect(try RefreshStage.run(corpus.workspace, corpus.context).shard?.packed == 0)
            #expect(try corpus.verifyAll().isEmpty)
        }
    }

    @Test(arguments: [0, 1, 2, 3])
    func damagedAndAbsentShardsDoNotKeepIt(kind: Int) throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 4)
            let gone = try corpus.id(0)
            let traces = try corpus.traces(gone)
            let path = "\(folder)/shards/train-00000.h5"
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            switch kind {
            case 0: data.removeLast(data.count / 3)
            case 1: data[data.count / 2] ^= 1
            case 2: try data.write(to: URL(fileURLWithPath: path + ".damaged-3"))
            default: try FileManager.default.removeItem(atPath: "\(folder)/shards/index.json")
            }
            try data.write(to: URL(fileURLWithPath: path))
            let report = try corpus.forget([gone])
            #expect(report.exitStatus == .done)
            #expect(try corpus.holders(of: traces) == [])
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.verifyAll().isEmpty)
            #expect(try corpus.holders(of: traces) == [])
            // Absent: the rest goes on as ever.
            let second = try corpus.id(1)
            let shard = try #require(try ShardIndex.load(corpus.workspace.shards).shards.first)
            try FileManager.default.removeItem(atPath: "\(folder)/shards/\(shard.name)")
            #expect(try corpus.forget([second]).text.contains("is not there"))
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.verifyAll().isEmpty)
        }
    }

    /// Tasks of `ingest --part` know no catalog: what they make of a copy goes when it is merged.
    @Test func tasksDoNotBringItBack() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus.make(folder, videos: 4)
            _ = try corpus.forget([SmallCorpus.video(0)])
            try FileManager.default.copyItem(
                atPath: "\(folder)/\(SmallCorpus.video(0))", toPath: "\(folder)/videos/another.mp4")
            _ = try PartStage.run(
                corpus.workspace, corpus.context, part: try PartNumber("1/1", environment: [:]), leaseSeconds: 1)
            let failure = #expect(throws: Failure.self) { try corpus.forget([SmallCorpus.video(1)]) }
            #expect(failure?.exitStatus == .busy && failure?.description.contains("avprep merge") == true)
            _ = try MergeStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.verifyAll().isEmpty)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let skipped = try catalog.outcomes(
                stage: StageName.ingest, status: "skipped", code: Outcome.Reason.forgotten)
            #expect(skipped.count == 2)
            try catalog.checkCounts()
        }
    }

    /// Two videos that only the forgotten one tied are tied no more, and no group keeps its name.
    @Test func aGroupThatItTiedIsNamedAnew() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.corpus.sourcePattern = "(party)"
            corpus.settings.shard.pairs.clipSeconds = 0.5
            try corpus.addSyntheticVideos(6)
            for number in 0..<3 {
                try FileManager.default.moveItem(
                    atPath: "\(folder)/\(SmallCorpus.video(number))", toPath: "\(folder)/videos/party-\(number).mp4")
            }
            _ = try RefreshStage.run(corpus.workspace, corpus.context)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let group = try catalog.allItems().filter { $0.file.path.escaped.contains("party") }.compactMap(\.videoID)
            let named = try #require(group.min())
            _ = try corpus.forget([named])
            #expect(try corpus.verifyAll().isEmpty)
            let refresh = try RefreshStage.run(corpus.workspace, corpus.context)
            #expect(refresh.shard?.packed == 0)
            #expect(try corpus.verifyAll().isEmpty)
        }
    }
}
