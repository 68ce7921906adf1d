import AVPrepCatalog
import AVPrepCore
import AVPrepMedia
import AVPrepModel
import AVPrepPolicy
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepPipeline
@testable import AVPrepSettings
@testable import AVPrepShard
@testable import AVPrepVerify

/// What the policy block makes of segments, from ingest to verify.
@Suite struct PolicyStageTests {
    /// Six videos of which two have a silent stretch, one a still one, and one is silent throughout; one has bars.
    private func corpus(_ folder: String, _ change: (inout SegmentPolicy) -> Void = { _ in }) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.ingest.flow.method = .off
        corpus.settings.ingest.policy = SegmentPolicy()
        corpus.settings.ingest.policy[flag: [.silent, .still]] = .drop
        corpus.settings.ingest.policy[flag: .blackBorder] = .fix
        change(&corpus.settings.ingest.policy)
        let kinds: [[PolicyClip.Stretch]] = [
            [.lively, .silent, .lively], [.lively, .lively], [.silent, .lively], [.lively, .still, .lively],
            [.silent, .silent], [.lively, .lively],
        ]
        for (number, kind) in kinds.enumerated() {
            try PolicyClip.write(
                folder + "/videos/clip-\(number).mp4", kind, seed: UInt64(number), bar: number == 5 ? 10 : 0)
        }
        return corpus
    }

    private func segments(_ corpus: SmallCorpus, _ number: Int) throws -> [Segment] {
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        let record = try #require(try catalog.outcome(of: "videos/clip-\(number).mp4", stage: StageName.ingest))
        return try StoreReader(path: "\(corpus.folder)/\(try #require(record.output))").segments.map(\.segment)
    }

    @Test func everySegmentIsKeptDroppedOrFixedAndTheCountsAddUp() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 5 && report.counts.skipped == 1)
            #expect(report.counts.reasons.map(\.code) == ["dropped"])
            #expect(report.notes.contains { $0.contains("all of its 2 segments are dropped by the policy: silent") })
            let verdicts = try segments(corpus, 0).map(\.decision.verdict)
            #expect(verdicts == [.kept, .dropped, .kept])
            let (bordered, quiet) = (try segments(corpus, 5), try segments(corpus, 4))
            #expect(bordered.count == 2 && bordered.allSatisfy { $0.decision.verdict == .fixed && $0.crop.top >= 10 })
            #expect(quiet.count == 2 && quiet.allSatisfy { $0.decision.droppedBy == .silent })

            let decisions = report.decisions
            #expect(decisions.segments == 14 && decisions.dropped == 5 && decisions.fixed == 2 && decisions.kept == 7)
            #expect(decisions.droppedByFlag == ["silent": 4, "still": 1])
            #expect(decisions.flags.allSatisfy { $0.segments == $0.kept + $0.dropped + $0.fixed })
            let text = try StatusReport.make(corpus.workspace, isThorough: true).text
            #expect(text.contains("14 segments = 7 kept + 2 fixed + 5 dropped (1 still, 4 silent)"))

            // Each decision has what was measured and what it was held against.
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let decided = try catalog.decisions(of: "videos/clip-0.mp4", stage: StageName.ingest)
            let silent = try #require(decided[1].flags.first { $0.flag == "silent" })
            #expect(silent.verdict == "dropped" && silent.measure == "sound_level_db" && silent.threshold == -60)
            #expect(try #require(silent.value) < -60)
            for number in 0..<6 {
                for segment in try catalog.decisions(of: "videos/clip-\(number).mp4", stage: StageName.ingest) {
                    for flag in segment.flags { #expect(flag.value != nil, "\(flag.flag)") }
                }
            }

            let shards = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(shards.index.leftOut == .init(segments: 5, seconds: 10, flags: ["silent": 4, "still": 1]))
            #expect(shards.index.splits["train"]?.segments == 9)
            #expect(shards.text.contains("5 segments are dropped by the policy: 4 silent, 1 still"))
            let reader = try StoreReader(path: "\(corpus.workspace.shards)/\(shards.index.shards[0].name)")
            #expect(!reader.segments.isEmpty && reader.segments.allSatisfy { !$0.segment.decision.isDropped })
            let verified = try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false)
            #expect(verified.findings.isEmpty, "\(verified.text)")
        }
    }

    @Test func anotherPolicyIsDecidedWithoutDecodingToTheSameBytesAsAFreshIngest() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                // Dropped still pictures are not stored: `StillVideoTests`.
                var changed = try corpus(folder) { $0[flag: .still] = .keep }
                _ = try IngestStage.run(changed.workspace, changed.context)
                _ = try ShardStage.run(changed.workspace, changed.context)
                let before = try changed.digests("prepared")
                changed.settings.ingest.policy[flag: .silent] = .keep
                changed.settings.ingest.policy[flag: .staticCamera] = .drop
                // Under this limit nothing could be decoded; it is no part of the key.
                changed.settings.ingest.limits.maxPixels = 1024
                let refusal = #expect(throws: Failure.self) { try ShardStage.run(changed.workspace, changed.context) }
                #expect(refusal?.exitStatus == .badInput)
                #expect(refusal?.description.contains("6 prepared videos were decided by another policy") == true)
                #expect(refusal?.description.contains("avprep ingest") == true)
                let findings = try VerifyStage.run(changed.workspace, changed.context, isQuick: false).findings
                #expect(findings.contains { $0.remedy.contains("avprep ingest decides them again") })
                #expect(
                    try StatusReport.make(changed.workspace).text.contains("6 videos were decided under another policy")
                )

                let report = try IngestStage.run(changed.workspace, changed.context)
                #expect(report.decidedAnew == 6 && report.counts.failed == 0)
                #expect(report.decisions.outdated == 0)
                let fresh = try corpus(other) {
                    $0[flag: [.silent, .still]] = .keep
                    $0[flag: .staticCamera] = .drop
                }
                let freshly = try IngestStage.run(fresh.workspace, fresh.context)
                #expect(freshly.decidedAnew == 0)
                #expect(try changed.digests("prepared") == fresh.digests("prepared"))
                #expect(try changed.digests("prepared") != before)
                #expect(report.decisions == freshly.decisions)
                // Nothing is left to do.
                #expect(try IngestStage.run(changed.workspace, changed.context).decidedAnew == 0)
            }
        }
    }

    @Test func shardsFollowThePolicyAndAVideoOfWhichNothingIsLeftComesBack() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let first = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(first.index.splits["train"]?.videos == 5)
            corpus.settings.ingest.policy[flag: .silent] = .keep
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 6 && report.counts.skipped == 0)
            let second = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(second.index.splits["train"]?.videos == 6)
            #expect(second.index.leftOut?.flags == ["still": 1])
            #expect(second.repacked?.contains("another policy") == true)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            corpus.settings.ingest.policy[flag: SegmentFlags(SegmentFlags.all)] = .drop
            let none = try IngestStage.run(corpus.workspace, corpus.context)
            if none.counts.done == 0 {
                let error = #expect(throws: Failure.self) { try ShardStage.run(corpus.workspace, corpus.context) }
                #expect(error?.description.contains("the policy leaves nothing for shards") == true)
            }
        }
    }

    @Test func whatIsNotCroppedIsStoredWithItsBarsAndTheirDepth() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder) { $0[flag: .blackBorder] = .keep }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            for segment in try segments(corpus, 5) {
                #expect(segment.crop == .none && segment.flags.contains(.blackBorder))
                #expect(segment.decision.verdict == .kept)
                #expect(abs((segment.measures[.borderDepth] ?? 0) - 10) <= 3)
                // What is known to be there was not missed.
                #expect(!segment.flags.contains(.borderMissed))
            }
        }
    }

    @Test func anOffsetOfTheSoundIsSubtractedWhereThePolicyMendsIt() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.flow.method = .off
            try PolicyClip.write(folder + "/videos/clip-0.mp4", [.lively], offset: 0.2)
            for action in [PolicyAction.keep, .fix] {
                corpus.settings.ingest.policy[flag: .dcOffset] = action
                _ = try IngestStage.run(corpus.workspace, corpus.context)
                let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
                let record = try #require(try catalog.outcome(of: "videos/clip-0.mp4", stage: StageName.ingest))
                let reader = try StoreReader(path: "\(folder)/\(try #require(record.output))")
                let stored = try #require(reader.segments.first)
                #expect(stored.segment.flags.contains(.dcOffset))
                #expect(abs((stored.segment.measures[.dcOffset] ?? 0) - 0.2) < 0.05)
                #expect(stored.segment.decision.fixed.contains(.dcOffset) == (action == .fix))
                let mean = try reader.withPCM(stored.pcm) { samples in
                    samples.reduce(0.0) { $0 + Double($1) } / Double(samples.count) / 32_768
                }
                #expect(abs(mean - (action == .fix ? 0 : 0.2)) < (action == .fix ? 0.001 : 0.05))
            }
        }
    }

    /// A prepared file that nobody can read any more is decoded again, and one from before there were decisions is decided.
    @Test func damagedFilesAreMadeAgain() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let names = try corpus.digests("prepared").keys.sorted()
            let path = "\(folder)/prepared/\(names[0])"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
            corpus.settings.ingest.policy[flag: .silent] = .keep
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.decidedAnew == 5 && report.counts.failed == 0 && report.decisions.segments == 14)
            #expect(
                try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.allSatisfy {
                    $0.code != .damaged
                })
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func h5pyReadsDecisionsAndTheReaderTakesFilesWithoutThem() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let record = try #require(try catalog.outcome(of: "videos/clip-0.mp4", stage: StageName.ingest))
            let path = "\(folder)/\(try #require(record.output))"
            let text = try Oracle.run(
                """
                import h5py, json, sys
                with h5py.File(sys.argv[1], "r+") as f:
                    table, names = f["segments"], [n.decode() for n in f.attrs["flag_names"]]
                    by = [[n for i, n in enumerate(names) if bits >> i & 1] for bits in table["dropped_by"][:].tolist()]
                    print(table["decision"][:].tolist(), by, table["mended"][:].tolist(),
                          json.loads(f.attrs["policy_json"])["silent"])
                    for name in ("decision", "dropped_by", "mended"):
                        del table[name]
                    del f.attrs["policy_json"]
                """, [path])
            #expect(text.contains("[0, 1, 0] [[], ['silent'], []] [0, 0, 0] drop"))
            let stored = try StoreReader(path: path).segments
            #expect(stored.count == 3 && stored.allSatisfy { $0.segment.decision.verdict == .kept })
            // The catalog that knows it better says so.
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(report.exitStatus == .doneWithFailures && report.failed.count == 1)
            #expect(report.failed.first?.contains("decided by another policy than the catalog says") == true)
        }
    }

    @Test func everyFlagHasItsRule() {
        #expect(Set(FlagRule.all.map(\.flag)) == Set(SegmentFlags.all))
        #expect(FlagRule.all.count == SegmentFlags.all.count)
        for rule in FlagRule.all {
            #expect(!rule.criteria.isEmpty && rule.actions.contains(rule.standard), "\(rule.key)")
        }
    }
}
