import AVPrepCases
import AVPrepClips
import AVPrepDuplicates
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

@testable import AVPrepCorpus
@testable import AVPrepIngest
@testable import AVPrepPipeline
@testable import AVPrepShard
@testable import AVPrepVerify

@Suite struct NearDuplicatesTests {
    /// The benchmark (`avprep-bench duplicates`), small.
    @Test func copiesAreKnownAgainAndOtherMomentsOfTheSameSceneAreNot() throws {
        try withTemporaryFolder { folder in
            var search = DuplicateSearch(settings: DuplicateSettings(), mirrorBits: PictureHash.mirrorBits)
            var sources: [String: String] = [:]
            for source in (0..<1).flatMap({
                DuplicateSource.practice(number: $0, width: 96, height: 54, seconds: 5.6)
            }) {
                for kind in DuplicateCase.Kind.allCases {
                    let path = "\(folder)/copy.mp4"
                    try #require(DuplicateCase(kind, of: source, number: 3)).write(path)
                    let name = "\(source.name)/\(kind.rawValue)"
                    sources[name] = source.name
                    search.add(try VideoFingerprint.make(of: path), ofVideo: name)
                }
            }
            let matches = search.matches()
            #expect(matches.allSatisfy { sources[$0.first] == sources[$0.second] }, "\(matches)")
            let groups = VideoLinks(duplicates: matches).groups()
            let found = sources.filter { name, source in
                groups[name] != nil && groups[name] == groups["\(source)/original"]
            }
            #expect(found.count >= sources.count - 1, "\(Set(sources.keys).subtracting(found.keys))")
        }
    }

    @Test func copiesInACorpusAreReportedStayTogetherAndGiveNoEasyNegatives() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.video.fps = 25
            corpus.settings.shard.split.test = 0.5
            corpus.settings.shard.pairs.hardRatio = 0
            let sources = (0..<3).flatMap { DuplicateSource.practice(number: $0, width: 96, height: 54, seconds: 4) }
            for (number, source) in sources.enumerated() {
                try DuplicateCase(.original, of: source, number: 1)?.write("\(folder)/videos/\(number).mp4")
                try DuplicateCase(.encoded, of: source, number: 1)?.write("\(folder)/videos/\(number)-again.mp4")
            }
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.nearDuplicates == NearDuplicates.Counts(videos: 12, groups: 6))
            #expect(report.text.contains("12 videos are near-duplicates of each other, in 6 groups"))
            #expect(try StatusReport.make(corpus.workspace).nearDuplicates == report.nearDuplicates)

            let shards = try ShardStage.run(corpus.workspace, corpus.context).index
            var sides: [String: Set<Split>] = [:]
            var easy = 0
            for shard in shards.shards {
                let reader = try ShardReader(shard, in: "\(folder)/shards")
                for stored in reader.segments { sides[stored.groupID, default: []].insert(shard.split) }
                let sources = reader.pairSources
                let pairs = try PairFile.read("\(folder)/shards/\(PairFile.name(forShard: shard.name))")
                for pair in pairs.flatMap(\.pairs) where pair.kind == .easy {
                    easy += 1
                    #expect(sources[Int(pair.videoSegment)].group != sources[Int(pair.audioSegment)].group)
                }
            }
            #expect(easy > 0)
            #expect(sides.count == 6 && sides.values.allSatisfy { $0.count == 1 })
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)

            // One of each group is enough where the policy drops the others.
            var single = corpus
            single.settings.shard.nearDuplicates = .drop
            let dropped = try ShardStage.run(single.workspace, single.context)
            #expect(dropped.index.splits.values.reduce(0) { $0 + $1.videos } == 6)
            #expect(dropped.index.leftOut?.nearDuplicates?.count == 6)
            #expect(dropped.text.contains("6 videos are dropped as near-duplicates of others"))
            #expect(try VerifyStage.run(single.workspace, single.context, isQuick: false).findings.isEmpty)

            // The catalog can be lost: prepared files keep the fingerprints.
            for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
            #expect(try IngestStage.run(corpus.workspace, corpus.context).nearDuplicates == report.nearDuplicates)

            corpus.settings.duplicates.enabled = false
            #expect(try IngestStage.run(corpus.workspace, corpus.context).nearDuplicates == nil)
        }
    }

    @Test func aLeakOfNearDuplicatesIsFoundWithoutTheCatalog() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.video.fps = 25
            corpus.settings.shard.split.test = 0.5
            corpus.settings.duplicates.enabled = false
            // Four groups: with this seed they do not all fall on one side; one alone on its side has no easy negatives.
            corpus.settings.seed = 2
            corpus.settings.shard.pairs.hardRatio = 1
            for (number, source) in (0..<4).map({
                DuplicateSource.practice(number: $0, width: 96, height: 54, seconds: 4)[0]
            }).enumerated() {
                try DuplicateCase(.original, of: source, number: 1)?.write("\(folder)/videos/\(number).mp4")
                try DuplicateCase(.encoded, of: source, number: 1)?.write("\(folder)/videos/\(number)-again.mp4")
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            corpus.settings.duplicates.enabled = true
            // Seeing now what it did not see then, it plans anew.
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            #expect(report.packed > 0)
        }
    }
}
