import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepShard
@testable import AVPrepVerify

/// What `shard` does about files in its folder that are damaged, cannot be read, or are not its own.
@Suite struct ExistingShardsTests {
    private func shards(_ folder: String, videos: Int = 4) throws -> SmallCorpus {
        let corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(videos)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test(arguments: ["train-00000.h5", "train-00000.pairs.h5", "index.json"])
    func whatIsDamagedIsMadeAgainAndKeepsItsBytesUnderAnotherName(name: String) throws {
        try withTemporaryFolder { folder in
            let corpus = try shards(folder)
            let whole = try corpus.digests("shards")
            let path = "\(folder)/shards/\(name)"
            let cut = try bytes(path).prefix(1000)
            try cut.write(to: URL(fileURLWithPath: path))
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try bytes(path + ".damaged-1") == cut)
            #expect(report.notes.count == 1 && report.notes[0].contains(path), "\(report.notes)")
            #expect(report.text.contains("it was set aside as \(name).damaged-1"))
            #expect(try corpus.digests("shards") == whole)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
        }
    }

    @Test(arguments: ["train-00000.h5", "train-00000.pairs.h5", "index.json"])
    func whatCannotBeReadEndsTheRunBeforeAnythingIsChanged(name: String) throws {
        try withTemporaryFolder { folder in
            let corpus = try shards(folder)
            let path = "\(folder)/shards/\(name)"
            try FileManager.default.moveItem(atPath: path, toPath: folder + "/kept")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
            let before = try FileManager.default.contentsOfDirectory(atPath: folder + "/shards").sorted()
            let others = before.filter { $0 != name }.map { "\(folder)/shards/\($0)" }
            let digests = try others.map { try SHA256.digest(ofFile: $0) }
            let error = #expect(throws: Failure.self) { try ShardStage.run(corpus.workspace, corpus.context) }
            #expect(error?.description.contains("cannot read \(path): Too many levels of symbolic links") == true)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/shards").sorted() == before)
            #expect(try others.map { try SHA256.digest(ofFile: $0) } == digests)
        }
    }

    @Test func filesThatAreNotItsOwnStayAndAreNamed() throws {
        try withTemporaryFolder { folder in
            let corpus = try shards(folder)
            let shards = folder + "/shards"
            // Shards that a run left which was killed before it could write the index are avprep's.
            try FileManager.default.copyItem(atPath: "\(shards)/train-00000.h5", toPath: "\(shards)/train-00007.h5")
            try FileManager.default.copyItem(
                atPath: "\(shards)/train-00000.pairs.h5", toPath: "\(shards)/train-00007.pairs.h5")
            let own = ["train-00008.h5", "train-00009.pairs.h5", "train-notes.h5", "test-results.csv"]
            for name in own { try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(shards)/\(name)")) }
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            for name in own { #expect(try bytes("\(shards)/\(name)") == Data("mine".utf8)) }
            #expect(report.notes.count == 2)
            #expect(report.notes[0].hasPrefix("\(shards)/train-00008.h5 is not in the index, and stays: "))
            #expect(try !ExistingFile.isThere("\(shards)/train-00007.h5"))
            #expect(try !ExistingFile.isThere("\(shards)/train-00007.pairs.h5"))
        }
    }

    @Test(arguments: [true, false])
    func videosThatLieInShardsAloneAreNotLostToTheDamageOfOthers(isIndex: Bool) throws {
        try withTemporaryFolder { folder in
            let corpus = try shards(folder)
            try corpus.move(0..<1, to: "gone")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            try corpus.move(0..<1, from: "gone", to: "videos")
            try corpus.move(1..<2, to: "gone")
            // Two shards: the second one's videos came later.
            try corpus.move(0..<1, to: "later")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(try ShardStage.run(corpus.workspace, corpus.context).index.vanishedVideos.count == 2)
            let damaged = folder + "/shards/" + (isIndex ? "index.json" : "train-00000.pairs.h5")
            if isIndex { try Data("{".utf8).write(to: URL(fileURLWithPath: damaged)) }
            let before = try corpus.digests("shards")
            if isIndex {
                let error = #expect(throws: Failure.self) { try ShardStage.run(corpus.workspace, corpus.context) }
                #expect(error?.description.contains("hold 2 videos that are not prepared any more") == true)
                #expect(try corpus.digests("shards") == before)
                _ = try ShardStage.run(corpus.workspace, corpus.context, compact: true)
                #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            } else {
                // Pairs are drawn again, and others than those that had been kept when the videos vanished; the shards are
                // not touched.
                try Data("x".utf8).write(to: URL(fileURLWithPath: damaged))
                #expect(try ShardStage.run(corpus.workspace, corpus.context).packed == 0)
                let changed = try corpus.digests("shards").filter { before[$0.key] != $0.value }
                #expect(changed.keys.allSatisfy { !["train-00000.h5", "train-00001.h5"].contains($0) }, "\(changed)")
                #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            }
        }
    }
}
