import AVPrepModel
import Testing

@testable import AVPrepPairs

@Suite struct TrainShareTests {
    /// Two segments of each of 2000 videos.
    private static let sources = (0..<4000).map { row in
        PairSource(
            row: Int32(row), segmentID: "v\(row / 2)-\(row % 2)", videoID: "v\(row / 2)", group: "g\(row / 2)",
            startSeconds: 10 * Double(row % 2), soundSeconds: 10, frameCount: 160, fps: 16)
    }

    private static func settings(_ share: Double) -> PairSettings {
        var settings = PairSettings()
        settings.trainShare = share
        return settings
    }

    private static func videos(_ share: Double, in split: Split = .train, seed: UInt64 = 3) -> [String] {
        VideoSplit.paired(sources, in: split, settings: settings(share), seed: seed).map(\.videoID)
    }

    @Test func aSmallerShareLiesWithinALargerOneAndTakesVideosWhole() {
        var larger = Set(Self.videos(1))
        #expect(larger.count == 2000)
        for share in [0.5, 0.25, 0.125] {
            let rows = Self.videos(share)
            let videos = Set(rows)
            #expect(rows.count == 2 * videos.count, "both segments of a video, or none")
            #expect(videos.isStrictSubset(of: larger))
            // Five deviations of a count of 2000 draws at most.
            #expect(abs(Double(videos.count) - 2000 * share) < 112)
            larger = videos
        }
    }

    @Test func validationAndTestStayWhole() {
        #expect(Self.videos(0.125, in: .val).count == 4000)
        #expect(Self.videos(0.125, in: .test).count == 4000)
    }

    @Test func anotherSeedDrawsOtherVideos() { #expect(Self.videos(0.25) != Self.videos(0.25, seed: 4)) }

    @Test func pairsOfAShareAreOfItsVideosAndKeepTheirRows() throws {
        let sources = VideoSplit.paired(
            Array(Self.sources.prefix(200)), in: .train, settings: Self.settings(0.3), seed: 3)
        let sampler = try PairSampler(sources, settings: Self.settings(0.3), shard: "train-00000", seed: 3)
        let rows = Set(sources.map(\.row))
        let definitions = try Self.settings(0.3).definitions(seed: 3).filter { $0.splits.contains(.train) }
        #expect(definitions.count == 2)
        for definition in definitions {
            let pairs = try sampler.draw(definition.plan).pairs
            #expect(pairs.count == 8 * sources.count, "pairs_per_segment for each of its segments")
            #expect(pairs.allSatisfy { rows.contains($0.videoSegment) && rows.contains($0.audioSegment) })
        }
    }

    @Test(arguments: [0, -0.5, 1.01, .nan])
    func sharesThatAreNotSharesAreRefused(share: Double) {
        #expect(throws: PairError.self) { try Self.settings(share).validate() }
    }
}
