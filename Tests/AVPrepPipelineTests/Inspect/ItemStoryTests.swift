import AVPrepCatalog
import AVPrepCore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepInspect
@testable import AVPrepShard

/// `avprep why` tells what became of an item, whatever name it is asked by.
struct ItemStoryTests {
    @Test func aPackedVideoIsFollowedToItsShardAndPairs() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(3)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let before = try ItemStory.tell("videos/video-00001.mp4", in: corpus.workspace, corpus.context)
            #expect(before.shards.isEmpty && before.text.contains("avprep shard"))
            _ = try ShardStage.run(corpus.workspace, corpus.context)

            let story = try ItemStory.tell("videos/video-00001.mp4", in: corpus.workspace, corpus.context)
            #expect(story.stages.map(\.stage) == [StageName.ingest])
            #expect(story.stages[0].status == "done" && story.stages[0].isCurrent == true)
            #expect(story.media?["info"] != nil)
            let packed = try #require(story.shards.first)
            #expect(story.shards.count == 1 && packed.segments.count == story.segments.count)
            let mixed = try #require(packed.pairs.first { $0.set == "mixed" })
            #expect((mixed.pictures["positive"] ?? 0) > 0 && mixed.pictures["positive"] == mixed.sounds["positive"])
            #expect(!story.text.contains("\t"))
        }
    }

    @Test func pathsIdsAndSegmentsNameTheSameItem() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            func path(_ name: String) throws -> String {
                try ItemStory.tell(name, in: corpus.workspace, corpus.context).path.escaped
            }
            let video = try #require(
                try ItemStory.tell("videos/video-00000.mp4", in: corpus.workspace, corpus.context).videoID)
            for name in [
                "\(folder)/videos/video-00000.mp4", "\(folder)/videos/../videos/video-00000.mp4", video,
                String(video.prefix(8)), video.uppercased(), "\(video)-0001",
            ] {
                #expect(try path(name) == "videos/video-00000.mp4", "asked by \(name)")
            }
            for name in ["videos/video-00009.mp4", String(video.prefix(3)), "ffffffffffff", "", "\(video)-x"] {
                #expect(throws: Failure.self, "asked by \(name)") { try path(name) }
            }
        }
    }

    @Test func aFailedItemTellsItsReasonAndWhatToDo() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: "\(folder)/videos/talk.mp4"))
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let story = try ItemStory.tell("videos/talk.mp4", in: corpus.workspace, corpus.context)
            #expect(story.stages.first?.status == "failed" && story.stages.first?.detail?.contains("talk.mp4") == true)
            #expect(story.text.contains("avprep retry"))
        }
    }

    @Test func aCopyNamesTheFileThatIsUsed() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            try FileManager.default.copyItem(
                atPath: "\(folder)/videos/video-00000.mp4", toPath: "\(folder)/videos/copy.mp4")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let first = try ItemStory.tell("videos/copy.mp4", in: corpus.workspace, corpus.context)
            let second = try ItemStory.tell("videos/video-00000.mp4", in: corpus.workspace, corpus.context)
            #expect(first.copies == [second.path] && second.copies == [first.path])
            let codes: [String] = [first, second].compactMap { $0.stages.first?.code }
            #expect(codes == ["duplicate"])
        }
    }

    @Test func aVanishedVideoSaysSo() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(3)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            try corpus.move(0..<1, to: "away")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let story = try ItemStory.tell("videos/video-00000.mp4", in: corpus.workspace, corpus.context)
            #expect(story.isVanished && story.shards.first?.isVanished == true)
            #expect(story.shards.first?.pairs.allSatisfy { $0.pictures.isEmpty } == true)
            #expect(story.text.contains("--compact"))
        }
    }
}
