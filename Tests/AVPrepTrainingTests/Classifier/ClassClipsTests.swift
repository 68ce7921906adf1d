import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

/// Which clips a classifier learns from and is measured on.
struct ClassClipsTests {
    /// Three videos: two segments of 30 frames, three, and one.
    private func withShards(_ body: (ShardSet, ClassVideos) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 2), (.val, 3), (.test, 1)]).write(to: folder)
            try body(
                try ShardSet(folder), ClassVideos(classes: ["a", "b"], videos: ["train0": 0, "val0": 1, "test0": 1]))
        }
    }

    private func clips(_ dataset: ShardDataset) -> [(video: String, segment: Int32, start: Int32)] {
        (0..<dataset.count).map { number in
            let (pair, _, reader) = dataset.locate(number)
            let video = reader.segments[Int(pair.videoSegment)].segment.videoID
            return (video, pair.videoSegment, pair.videoStartFrame)
        }
    }

    @Test func eachEpochHasOneClipOfEachVideoInWhicheverSplit() throws {
        try withShards { shards, videos in
            let dataset = try videos.training(of: shards, clipSeconds: 0.8, epochs: 40, seed: 5)
            #expect(dataset.count == 120 && dataset.storedEpochs == 40 && dataset.clipFrames == 8)
            let order = try EpochOrder(
                labels: dataset.labels, shown: .inSync, storedEpochs: 40, batchSize: 3, pairsPerEpoch: 0,
                name: "classes",
                seed: 1)
            let all = clips(dataset)
            for epoch in [0, 1, 39, 40] {
                #expect(Set(order.pairs(epoch: epoch).map { all[$0].video }) == ["train0", "val0", "test0"])
            }
            // Anywhere in the video: both segments, both ends of them.
            let own = all.filter { $0.video == "train0" }
            #expect(Set(own.map(\.segment)) == [0, 1])
            #expect(
                own.allSatisfy { (0...22).contains($0.start) } && own.contains { $0.start < 4 }
                    && own.contains { $0.start > 18 })
            // Sound and picture begin together.
            for number in 0..<dataset.count {
                let pair = dataset.locate(number).pair
                #expect(pair.audioStartSeconds == Double(pair.videoStartFrame) / PracticeShards.fps)
                #expect(pair.audioSegment == pair.videoSegment && pair.kind == .positive)
            }
            let again = try videos.training(of: shards, clipSeconds: 0.8, epochs: 40, seed: 5)
            #expect(again.contentKey == dataset.contentKey)
            #expect(
                try videos.training(of: shards, clipSeconds: 0.8, epochs: 40, seed: 6).contentKey != dataset.contentKey)
        }
    }

    @Test func otherClassesAreOtherContent() throws {
        try withShards { shards, videos in
            var other = videos
            other.videos["val0"] = 0
            let keys = try [videos, other].map {
                try $0.training(of: shards, clipSeconds: 0.8, epochs: 1, seed: 5).contentKey
            }
            #expect(keys[0] != keys[1])
            let labels = try other.training(of: shards, clipSeconds: 0.8, epochs: 1, seed: 5).segmentLabels()
            #expect(labels["val-00000.h5"]?[2] == ["a"] && labels["test-00000.h5"]?[0] == ["b"])
        }
    }

    @Test func measuredClipsLieAtEqualStepsFromTheFirstToTheLast() throws {
        try withShards { shards, videos in
            let all = clips(try videos.measuring(of: shards, clipSeconds: 0.8, clips: 3))
            // 23 places in a segment.
            #expect(all.filter { $0.video == "test0" }.map(\.start) == [0, 11, 22])
            #expect(all.filter { $0.video == "train0" }.map(\.segment) == [0, 1, 1])
            #expect(all.filter { $0.video == "train0" }.map(\.start) == [0, 0, 22])
            let one = clips(try videos.measuring(of: shards, clipSeconds: 0.8, clips: 1))
            #expect(one.first { $0.video == "test0" }?.start == 11)
            // More clips than places: some come again, none lies outside.
            let many = clips(try videos.measuring(of: shards, clipSeconds: 3, clips: 10))
            #expect(many.count == 30 && many.allSatisfy { $0.start == 0 })
        }
    }

    @Test func videosWithoutARoomForAClipAreLeftOutAndNoneAtAllIsRefused() throws {
        try withShards { shards, videos in
            let error = #expect(throws: TrainingError.self) {
                try videos.training(of: shards, clipSeconds: 3.1, epochs: 1, seed: 1)
            }
            #expect(error?.description.contains("31 frames") == true)
            #expect(throws: TrainingError.self) {
                try ClassVideos(classes: ["a", "b"], videos: ["elsewhere": 0]).measuring(
                    of: shards, clipSeconds: 0.8, clips: 2)
            }
        }
    }

    @Test func theMeanOfItsClipsDecidesWhatAVideoIs() {
        var scores = ClassScores(classes: ["a", "b", "c"])
        scores.add([0.6, 0.4, 0], of: "x", label: 1)
        scores.add([0.1, 0.9, 0], of: "x", label: 1)
        scores.add([0.2, 0.3, 0.5], of: "y", label: 0)
        #expect(scores.videos["x"]?.ranking == [1, 0, 2] && scores.videos["x"]?.rightClips == 1)
        #expect(scores.correct() == 1 && scores.correct(within: 2) == 1 && scores.correct(within: 3) == 2)
        #expect(scores.confusion == [[0, 0, 1], [0, 1, 0], [0, 0, 0]])
    }
}
