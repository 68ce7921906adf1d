import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepShard
@testable import AVPrepVerify

@Suite struct VerifyStageTests {
    private func corpus(_ folder: String) throws -> SmallCorpus {
        let corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(4)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    private func codes(_ corpus: SmallCorpus, quick: Bool = false) throws -> Set<VerifyReport.Finding.Code> {
        let report = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: quick)
        #expect(report.exitStatus == (report.findings.isEmpty ? .done : .badInput))
        return Set(report.findings.map(\.code))
    }

    private func edit(_ path: String, _ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&data)
        try data.write(to: URL(fileURLWithPath: path))
    }

    @Test func eachKindOfDamageIsFoundAndNamedAndMendedAsTheRemedySays() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            #expect(try codes(corpus).isEmpty && codes(corpus, quick: true).isEmpty)
            let shard = folder + "/shards/train-00000.h5"
            let pairs = folder + "/shards/train-00000.pairs.h5"

            try edit(shard) { $0[$0.count / 2] ^= 1 }
            #expect(try codes(corpus, quick: true).isEmpty, "a flipped bit shows in the checksum alone")
            #expect(try codes(corpus) == [.changed])
            try edit(shard) { $0[$0.count / 2] ^= 1 }

            try edit(shard) { $0.removeLast(1000) }
            #expect(try codes(corpus, quick: true).isSuperset(of: [.changed]))
            try FileManager.default.removeItem(atPath: shard)
            #expect(try codes(corpus) == [.missing])
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try codes(corpus).isEmpty)

            try edit(pairs) { $0[$0.count - 20] ^= 1 }
            #expect(try codes(corpus, quick: true).contains(.changed))
            try FileManager.default.removeItem(atPath: pairs)
            #expect(try codes(corpus) == [.missing])
            // As a run leaves it that was killed before its index; what is not avprep's stays (ExistingShardsTests).
            try FileManager.default.copyItem(atPath: shard, toPath: folder + "/shards/train-00007.h5")
            #expect(try codes(corpus) == [.missing, .stray])
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try codes(corpus).isEmpty)

            try edit(folder + "/shards/index.json") { $0.removeLast(10) }
            #expect(try codes(corpus) == [.index])
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try codes(corpus).isEmpty)
        }
    }

    @Test func whatCannotBeReadIsNotCalledDamagedAndNobodyIsToldToRemoveIt() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let prepared = try #require(try corpus.digests("prepared").keys.sorted().first)
            for path in ["\(folder)/prepared/\(prepared)", folder + "/shards/train-00000.h5"] {
                try FileManager.default.moveItem(atPath: path, toPath: folder + "/kept")
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
                let findings = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings
                let finding = try #require(findings.first { $0.file == path })
                #expect(finding.code == .unreadable && finding.remedy.hasPrefix("it may be whole"))
                #expect(finding.detail.contains("Too many levels of symbolic links"))
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.moveItem(atPath: folder + "/kept", toPath: path)
            }
            #expect(try codes(corpus).isEmpty)
        }
    }

    @Test func aPreparedFileThatIsGoneOrDamagedIsFound() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let files = try corpus.digests("prepared").keys.sorted()
            try edit("\(folder)/prepared/\(files[0])") { $0.removeFirst(64) }
            #expect(try codes(corpus) == [.damaged])
            try FileManager.default.removeItem(atPath: "\(folder)/prepared/\(files[0])")
            #expect(try codes(corpus, quick: true) == [.missing])
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(try codes(corpus).isEmpty)
        }
    }

    /// Hand-edited pairs, with a checksum that fits.
    @Test func pairsThatAreNotWhatTheirKindSaysAreFound() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let path = folder + "/shards/train-00000.pairs.h5"
            let good = try PairFile.read(path)
            let key = try PairFile.shardKey(path) ?? ""
            func findings(_ change: (inout [Pair]) throws -> Void) throws -> [String] {
                var sets = good
                let index = try #require(sets.firstIndex { $0.name == "mixed" })
                try change(&sets[index].pairs)
                try PairFile.write(sets, shardKey: key, to: path)
                var file = try ShardIndex.load(folder + "/shards")
                file.pairFiles["train-00000.pairs.h5"] = try SHA256.digest(ofFile: path).hex
                try file.save(folder + "/shards")
                let report = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: true)
                #expect(report.findings.allSatisfy { $0.code == .pairs && $0.file == path })
                return report.findings.map(\.detail)
            }
            func row(_ pairs: [Pair], _ kind: PairKind) throws -> Int {
                try #require(pairs.firstIndex { $0.kind == kind })
            }
            #expect(try findings { _ in } == [])
            #expect(try findings { $0[try row($0, .positive)].audioStartSeconds += 0.25 }.count == 1)
            #expect(
                try findings { pairs in
                    let hard = try row(pairs, .hard)
                    pairs[hard].audioSegment = pairs[hard].videoSegment
                    pairs[hard].audioStartSeconds = Double(pairs[hard].videoStartFrame) / 12
                }.first?.contains("called hard") == true)
            #expect(
                try findings { pairs in
                    let easy = try row(pairs, .easy)
                    pairs[easy].audioSegment = pairs[easy].videoSegment
                }.first?.contains("called easy") == true)
            #expect(
                try findings { $0.remove(at: try row($0, .easy)) }.first?.contains("positives stand against") == true)
            #expect(try findings { $0[0].videoStartFrame = 5000 }.first?.contains("outside") == true)
            #expect(try findings { $0[0].videoSegment = 5000 }.first?.contains("outside") == true)
        }
    }
}
