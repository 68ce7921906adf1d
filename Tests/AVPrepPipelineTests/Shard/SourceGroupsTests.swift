import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import Foundation
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
        // Names of eleven characters and a number that people and cameras give.
        ("my_vacation_001.mp4", nil), ("my_vacation_000001.mp4", nil), ("MyVacation1_000012.mp4", nil),
        ("birthday_01_000003.mp4", nil), ("IMG-20210704_000001.mov", nil), ("GOPR0412_01_000001.mp4", nil),
        ("DJI_2023071_000004.mp4", nil), ("VID-2021070_12.mp4", nil), ("meeting-may_2024_01.mp4", nil),
        ("recording-1_1.5.mp4", nil), ("v_final_g1_c2.mp4", nil), ("--3ouPhoy2A_2.mp4", nil),
    ])
    func theUsualNamesOfClipsTellTheirSource(path: String, source: String?) throws {
        #expect(try SourcePattern(CorpusSettings().sourcePattern).source(of: path) == source)
    }

    /// Clips that are strangers by their names, and those that a rule joins: the message says which.
    @Test func whereNoStrangersAreLeftTheRuleThatJoinsThemIsNamed() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(4)
            for number in 0..<4 {
                try FileManager.default.moveItem(
                    atPath: "\(folder)/videos/video-0000\(number).mp4",
                    toPath: "\(folder)/videos/my_vacation_00\(number).mp4")
            }
            try FileManager.default.copyItem(
                atPath: folder + "/videos/my_vacation_000.mp4", toPath: folder + "/videos/same.mp4")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(try ShardStage.run(corpus.workspace, corpus.context).refusals.isEmpty)
            corpus.settings.corpus.sourcePattern = "(my_vacation)"
            try FileManager.default.removeItem(atPath: folder + "/shards")
            let error = #expect(throws: Failure.self) { try ShardStage.run(corpus.workspace, corpus.context) }
            let text = error?.description ?? ""
            #expect(text.contains("corpus.source_pattern takes 4 videos for excerpts of 1 sources (4 of “my_vacation”"))
            #expect(text.contains("1 files are left out since others have the same bytes"), "\(text)")
            #expect(!text.contains("\n"))
        }
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
