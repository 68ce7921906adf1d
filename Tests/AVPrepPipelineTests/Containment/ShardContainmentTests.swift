import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepSynth
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// A prepared file that cannot be packed costs its video; a shard that fails by itself costs no other one.
@Suite struct ShardContainmentTests {
    private static func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.ingest.segmentSeconds = 1
        corpus.settings.synth.seconds = 3
        try corpus.addSyntheticVideos(4)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    private static func prepared(_ corpus: SmallCorpus) throws -> [String] {
        try corpus.digests("prepared").keys.sorted().map { "\(corpus.folder)/prepared/\($0)" }
    }

    @Test(arguments: ShardStep.allCases.filter(\.isOfVideo))
    func anErrorAtAnyStepOfAVideoIsItsOutcome(_ step: ShardStep) throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(folder)
            let victim = try Self.prepared(corpus)[1]
            let report = try ShardStage.run(corpus.workspace, corpus.context) { reached, path in
                if reached == step, path == victim { throw Injected() }
            }
            #expect(report.exitStatus == .doneWithFailures && report.failed.count == 1)
            #expect(report.failed.first?.contains(victim) == true && report.text.contains("not packed: "))
            #expect(report.index.splits["train"]?.videos == 3)
            #expect(temporaryFiles(folder).isEmpty)
            // All that verify misses is the video itself.
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.count == 1)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            #expect(try catalog.outcomes(stage: StageName.shard, status: "failed").count == 1)
            // The next run takes it in.
            let next = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(next.exitStatus == .done && next.index.splits["train"]?.videos == 4)
            #expect(try catalog.outcomes(stage: StageName.shard).isEmpty)
        }
    }

    @Test(arguments: ShardStep.allCases.filter { !$0.isOfVideo })
    func anErrorOfAShardNamesItAndTheOthersAreMade(_ step: ShardStep) throws {
        try withTemporaryFolder { folder in
            var corpus = try Self.corpus(folder)
            corpus.settings.shard.split.val = 0.5
            let whole = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(whole.index.shards.count == 2)
            let digests = try corpus.digests("shards")
            try FileManager.default.removeItem(atPath: folder + "/shards")
            let error = #expect(throws: Failure.self) {
                try ShardStage.run(corpus.workspace, corpus.context) { reached, path in
                    if reached == step, path.hasSuffix("train-00000.h5") { throw Injected() }
                }
            }
            #expect(error?.description.hasPrefix("cannot make the shard train-00000: ") == true)
            #expect(temporaryFiles(folder).isEmpty)
            #expect(FileManager.default.fileExists(atPath: folder + "/shards/val-00000.h5"))
            #expect(try ShardStage.run(corpus.workspace, corpus.context).packed == 1)
            #expect(try corpus.digests("shards") == digests)
        }
    }

    @Test func aDamagedPreparedFileIsNamedSetAsideAndMadeAgain() throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(folder)
            let before = try corpus.digests("prepared")
            let victim = try Self.prepared(corpus)[2]
            try Data("no HDF5".utf8).write(to: URL(fileURLWithPath: victim))
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(report.exitStatus == .doneWithFailures && report.index.splits["train"]?.videos == 3)
            #expect(report.failed.first?.contains(victim) == true)
            #expect(report.failed.first?.contains("set aside as") == true)
            #expect(!FileManager.default.fileExists(atPath: victim))
            #expect(FileManager.default.fileExists(atPath: victim + ".damaged-1"))
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 4)
            #expect(try corpus.digests("prepared") == before)
            let next = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(next.exitStatus == .done && next.index.splits["train"]?.videos == 4)
        }
    }

    /// A file that is gone is missed only by a shard that is packed from it.
    @Test func aPreparedFileThatIsGoneCostsItsVideoUnlessItIsPackedAlready() throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(folder)
            let victim = try Self.prepared(corpus)[0]
            try FileManager.default.moveItem(atPath: victim, toPath: folder + "/away.h5")
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(report.exitStatus == .doneWithFailures && report.index.splits["train"]?.videos == 3)
            #expect(report.failed.first?.contains("is gone; avprep ingest makes it again") == true)
            try FileManager.default.moveItem(atPath: folder + "/away.h5", toPath: victim)
            #expect(try ShardStage.run(corpus.workspace, corpus.context).exitStatus == .done)
            try FileManager.default.removeItem(atPath: victim)
            let packed = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(packed.exitStatus == .done && packed.packed == 0)
            #expect(packed.index.splits["train"]?.videos == 4 && packed.index.vanishedVideos.isEmpty)
        }
    }

    @Test func aFullDiskEndsTheRun() throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(folder)
            let error = #expect(throws: StoreError.self) {
                try ShardStage.run(corpus.workspace, corpus.context) { step, _ in
                    if step == .copying { throw StoreError(.unwritable, "the disk is full") }
                }
            }
            #expect(error?.code == .unwritable && temporaryFiles(folder).isEmpty)
            #expect(try ShardStage.run(corpus.workspace, corpus.context).exitStatus == .done)
        }
    }
}
