import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepPolicy
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

/// What the program of format 1.2 left is gone on with: as it is, and where texts in it lack keys, as if those had come
/// later.
@Suite(.serialized) struct GoldenWorkspaceTests {
    private static let sets = ["easy", "half_easy", "half_hard", "half_mixed", "hard", "mixed"]

    /// Writes the archive when asked to; it does not touch one that is there.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["AVPREP_GOLDEN"] != nil, "AVPREP_GOLDEN=1 writes it"))
    func theGoldenWorkspaceIsWritten() throws {
        let archive = GoldenArchive.path
        guard !FileManager.default.fileExists(atPath: archive) else { return }
        try AtomicFile.makeFolder((archive as NSString).deletingLastPathComponent)
        try withTemporaryFolder { try GoldenWorkspace.make(in: $0, archive: archive) }
    }

    private func withGolden(_ body: (_ golden: inout GoldenWorkspace) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var golden = try GoldenWorkspace(unpackedInto: folder)
            try body(&golden)
        }
    }

    private func findings(_ golden: GoldenWorkspace) throws -> [VerifyReport.Finding] {
        try VerifyStage.run(golden.workspace, golden.context, isQuick: false).findings
    }

    /// What was recorded of each video, with how long it took.
    private func outcomes(_ golden: GoldenWorkspace) throws -> [OutcomeRecord] {
        try Catalog(path: golden.workspace.catalog, access: .readOnly).outcomes(
            stage: StageName.ingest, settingsKey: golden.settings.ingest.key, status: "done"
        ).map { record in
            // Which avprep of that time did not note.
            var record = record
            record.outputBytes = nil
            return record
        }
    }

    // MARK: - As it is

    /// The names of prepared files hold the key of the settings, and shards hold keys of keys: another hash would make
    /// everything anew.
    @Test func ingestAndShardFindNothingToDoAndEveryByteStays() throws {
        try withGolden { golden in
            let before = try golden.digests()
            let key = try golden.settings.ingest.key
            #expect(
                try golden.preparedFiles.allSatisfy { $0.hasSuffix("-\(key).h5") } && golden.preparedFiles.count == 4)
            let outcomes = try outcomes(golden)
            let report = try IngestStage.run(golden.workspace, golden.context)
            #expect(try self.outcomes(golden) == outcomes, "ingest has recorded something")
            #expect(report.counts.done == 4 && report.decidedAnew == 0)
            let shards = try ShardStage.run(golden.workspace, golden.context)
            #expect(shards.packed == 0 && shards.repacked == nil)
            #expect(shards.index.pairSets.map(\.name) == Self.sets)
            #expect(try golden.digests() == before)
            #expect(try findings(golden) == [])
        }
    }

    /// Code of another revision gives other bytes: every video is prepared anew, and the files of before stay.
    @Test func underANewRevisionEveryVideoIsPreparedAnew() throws {
        try withTemporaryFolder { folder in
            let golden = try GoldenWorkspace(unpackedInto: folder, asToday: true)
            let before = try golden.preparedFiles
            let report = try IngestStage.run(golden.workspace, golden.context)
            #expect(report.counts.done == 4 && report.decidedAnew == 0)
            let added = try Set(golden.preparedFiles).subtracting(before)
            let key = try golden.settings.ingest.key
            #expect(added.count == 4 && added.allSatisfy { $0.hasSuffix("-\(key).h5") })
            #expect(try Set(golden.preparedFiles).isSuperset(of: before))
            #expect(try findings(golden).allSatisfy { $0.code != .damaged })
        }
    }

    // MARK: - Keys that are missing

    /// Takes out all keys of a text that have their default, as if they had come later.
    private func without<Value: Codable>(_ text: String, as type: Value.Type, dictionaries: Set<String> = []) throws
        -> (tree: JSONValue, removed: Int)
    {
        let whole = try JSONValue(parsing: text)
        var tree = whole
        var removed = 0
        // The innermost first: a table whose keys are all missing may be missing as well.
        for key in whole.keys(dictionaries: dictionaries).reversed() {
            var shorter = tree
            shorter[key] = nil
            guard let value = try? StoredJSON.decode(type, from: shorter.text),
                try JSONValue(parsing: CanonicalJSON.encode(value)) == whole
            else { continue }
            tree = shorter
            removed += 1
        }
        return (tree, removed)
    }

    /// Takes them out of every text but the index.
    ///
    /// - Parameter withShards: those of the shards too, whose SHA-256 are then others: for a run that is another data set.
    /// - Returns: how many there were.
    private func removeDefaults(_ golden: GoldenWorkspace, withShards: Bool) throws -> Int {
        var texts: [(file: String, object: String, attribute: String, text: String)] = []
        var removed = 0
        func take<Value: Codable>(
            _ file: String, _ attribute: String, _ text: String?, as type: Value.Type,
            dictionaries: Set<String> = []
        ) throws {
            let shorter = try without(#require(text), as: type, dictionaries: dictionaries)
            removed += shorter.removed
            texts.append((file, "/", attribute, try shorter.tree.text))
        }
        let shards = try ShardIndex.load(golden.workspace.shards).shards.map { "shards/\($0.name)" }
        for file in try golden.preparedFiles + (withShards ? shards : []) {
            let attributes = try StoreReader(path: "\(golden.folder)/\(file)").attributes
            func text(_ name: String) -> String? { attributes[name]?.text }
            try take(file, "config_json", text("config_json"), as: IngestSettings.self)
            try take(file, "policy_json", text("policy_json"), as: SegmentPolicy.self)
            try take(
                file, "layout_json", text("layout_json"), as: StoreLayout.self,
                dictionaries: ["spectrograms/0/attributes", "flow/parameters"])
        }
        try golden.setTexts(texts)
        for shard in shards {
            try golden.editPairSets(ofShard: (shard as NSString).lastPathComponent) { attributes in
                let definition = try without(
                    #require(attributes["definition_json"]?.text), as: PairSetDefinition.self)
                attributes["definition_json"] = .string(try definition.tree.text)
                removed += definition.removed
                guard let text = attributes["statistics_json"]?.text else { return }
                let numbers = try without(
                    text, as: PairStatistics.self,
                    dictionaries: ["kinds", "excluded", "withoutHard", "videosWithoutHard"])
                attributes["statistics_json"] = .string(try numbers.tree.text)
                removed += numbers.removed
            }
        }
        for weights in RunFolder.Weights.allCases {
            let shorter = try without(golden.state(weights).text, as: TrainingState.self)
            removed += shorter.removed
            try golden.editState(weights) { $0 = shorter.tree }
        }
        return removed
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aWorkspaceWhoseTextsLackAllKeysThatHaveTheirDefaultIsGoneOnWith() throws {
        try withGolden { golden in
            #expect(try removeDefaults(golden, withShards: true) > 500)
            #expect(try findings(golden) == [])
            let before = try (outcomes: outcomes(golden), digests: golden.digests())
            #expect(try IngestStage.run(golden.workspace, golden.context).decidedAnew == 0)
            let first = try ShardStage.run(golden.workspace, golden.context)
            #expect(first.packed == 0 && first.repacked == nil && first.index.pairSets.map(\.name) == Self.sets)
            #expect(try outcomes(golden) == before.outcomes, "ingest has recorded something")
            let after = try golden.digests()
            for (file, digest) in before.digests
            where !file.hasPrefix("shards/") || !file.contains(".pairs.") && file.hasSuffix(".h5") {
                #expect(after[file] == digest, "\(file) has changed")
            }
            // Pairs of another ratio, with the other sets beside them.
            golden.settings.shard.pairs.hardRatio = 0.5
            let mixed = try ShardStage.run(golden.workspace, golden.context)
            #expect(mixed.packed == 0 && mixed.index.pairSets.map(\.name) == Self.sets)
            // Another policy is decided on what is stored.
            let policy = golden.settings.ingest.policy
            golden.settings.ingest.policy[flag: .staticCamera] = .drop
            #expect(try IngestStage.run(golden.workspace, golden.context).decidedAnew == 4)
            golden.settings.ingest.policy = policy
            #expect(try IngestStage.run(golden.workspace, golden.context).decidedAnew == 4)
            #expect(try findings(golden) == [])
        }
    }

    @Test(.enabled(if: Oracle.isAvailable && Products.hasEngine, "make engine builds it"))
    func aRunWhoseStateLacksAllKeysThatHaveTheirDefaultEndsWithTheSameWeights() throws {
        var weights: [Data] = []
        for isShortened in [false, true] {
            try withGolden { golden in
                if isShortened { #expect(try removeDefaults(golden, withShards: false) > 500) }
                let report = try TrainStage.run(golden.workspace, golden.context)
                #expect(report.steps == GoldenWorkspace.steps && !report.wasFinished)
                weights.append(
                    try Data(contentsOf: URL(fileURLWithPath: golden.workspace.runFolder + "/video.safetensors")))
                _ = try EvaluateStage.run(golden.workspace, golden.context)
            }
        }
        #expect(weights[0] == weights[1])
    }

    @Test func aRunGoesOnWithoutAnyKeyOfItsSettingsThatHasItsDefault() throws {
        try withGolden { golden in
            let whole = try golden.state(.last)
            let path = RunFolder(golden.workspace.runFolder).checkpoint(.last)
            let seed = UInt64(golden.settings.seed)
            var gone = 0
            for key in whole[["settings"]]?.keys(dictionaries: []) ?? [] {
                try golden.editState(.last) {
                    $0 = whole
                    $0[["settings"] + key] = nil
                }
                guard let state = try? TrainingCheckpoint.load(path).state else { continue }
                // A key that had another value than its default differs now, and is told by name.
                if let change = try state.change(to: golden.settings.train, seed: seed) {
                    #expect(change.contains(" was ") && !change.contains("null"), "\(key): \(change)")
                } else {
                    gone += 1
                }
            }
            #expect(gone > 15, "a run goes on without \(gone) keys")
        }
    }

    /// Whatever key the index lacks, `avprep shard` goes on, and no set is lost.
    @Test func shardGoesOnWithoutAnyKeyOfTheIndex() throws {
        try withGolden { golden in
            let whole = try JSONValue(
                parsing: String(contentsOfFile: golden.folder + "/shards/index.json", encoding: .utf8))
            let dictionaries: Set<String> = [
                "splits", "pair_files", "pair_sets/0/counts", "pair_sets/0/counts/train", "pair_sets/0/statistics",
                "pair_sets/0/attributes", "normalization", "left_out/flags", "layout/flow/parameters",
                "layout/spectrograms/0/attributes", "pair_sets/0/statistics/train/kinds",
            ]
            golden.settings.shard.pairs.hardRatio = 0.5
            for key in whole.keys(dictionaries: dictionaries) {
                try golden.editJSON("shards/index.json") {
                    $0 = whole
                    $0[key] = nil
                }
                let report = try ShardStage.run(golden.workspace, golden.context)
                #expect(report.index.pairSets.map(\.name) == Self.sets, "without \(key)")
                #expect(report.packed == 0, "without \(key)")
            }
            #expect(try findings(golden) == [])
        }
    }
}
