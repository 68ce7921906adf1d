import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepSettings
@testable import AVPrepShard
@testable import AVPrepVerify

@Suite struct SourceGroupsTests {
    @Test(arguments: [
        ("kinetics/train/-4gqARaEJE0_000010_000020.mp4", "-4gqARaEJE0"),
        ("vggsound/--3ouPhoy2A_000020.mp4", "--3ouPhoy2A"),
        ("--3ouPhoy2A_30.000_40.000.flac.mp4", nil), ("audioset/--3ouPhoy2A_30.000_40.000.mkv", "--3ouPhoy2A"),
        ("UCF-101/Archery/v_Archery_g01_c02.avi", "v_Archery_g01"), ("videos/video-00001.mp4", nil),
        ("videos/a-film-with-a-long-name_2.mp4", nil), ("holiday.mov", nil),
    ])
    func theUsualNamesOfClipsTellTheirSource(path: String, source: String?) throws {
        #expect(try SourcePattern(CorpusSettings().sourcePattern).source(of: path) == source)
    }

    @Test func aPatternMayTakeTheFolderOrNothing() throws {
        #expect(try SourcePattern("^(.*)/").source(of: "a/b/c.mp4") == "a/b")
        #expect(try SourcePattern("show[0-9]+").source(of: "a/show12-part3.mp4") == "show12")
        #expect(try SourcePattern("").source(of: "a/b/c.mp4") == nil)
        #expect(throws: (any Error).self) { try SourcePattern("(") }
        #expect(throws: Failure.self) {
            try PipelineFile.parse("corpus: {source_pattern: \"(\"}", name: "avprep.yaml")
        }
    }

    @Test func videosOfOneSourceStayTogetherAndGiveNoEasyNegatives() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(8)
            corpus.settings.shard.split.test = 0.3
            corpus.settings.shard.pairs.hardRatio = 0
            // With this seed the six sources do not all fall on one side.
            corpus.settings.seed = 2
            // The first three become one source.
            corpus.settings.corpus.sourcePattern = "(video-0000)[0-2]"
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.nearDuplicates?.videos ?? 0 == 0, "\(report.text)")
            let index = try ShardStage.run(corpus.workspace, corpus.context).index
            var groups: [String: Set<Split>] = [:]
            for shard in index.shards {
                let reader = try ShardReader(shard, in: "\(folder)/shards")
                for stored in reader.segments { groups[stored.groupID, default: []].insert(shard.split) }
                let sources = reader.pairSources
                for pair in try PairFile.read("\(folder)/shards/\(PairFile.name(forShard: shard.name))").flatMap(
                    \.pairs)
                where pair.kind == .easy {
                    #expect(sources[Int(pair.videoSegment)].group != sources[Int(pair.audioSegment)].group)
                }
            }
            #expect(groups.count == 6 && groups.values.allSatisfy { $0.count == 1 })
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true).findings.isEmpty)
            // Under another pattern they are all of one source, and verify sees what is torn.
            #expect(Set(groups.values).count == 2, "both sides have videos")
            corpus.settings.corpus.sourcePattern = "(video)"
            let findings = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true).findings
            #expect(findings.contains { $0.code == .leak })
        }
    }
}
