import AVPrepCore
import AVPrepExport
import AVPrepIngest
import AVPrepInspect
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepTraining
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// A workspace that a newer program has written in: a key that is not known is told in one line with exit code 65 by
/// every command that would go by it, and no file is changed.
@Suite(.serialized) struct NewerWorkspaceTests {
    private enum Act: String, CaseIterable {
        case decideAnew, shard, remix, inspect, listPairs, export, train, evaluate
    }

    /// What a command says when it refuses; nil when it goes through.
    private func refusal(_ act: Act, _ golden: GoldenWorkspace, file: String) throws -> String? {
        var golden = golden
        do {
            switch act {
            case .decideAnew:
                golden.settings.ingest.policy[flag: .staticCamera] = .drop
                // One file costs itself alone: it is named in the report, and the others are decided.
                let report = try IngestStage.run(golden.workspace, golden.context)
                #expect(report.exitStatus == .doneWithFailures)
                return report.unread.joined(separator: "\n")
            case .shard: _ = try ShardStage.run(golden.workspace, golden.context)
            case .remix:
                golden.settings.shard.pairs.hardRatio = 0.5
                _ = try ShardStage.run(golden.workspace, golden.context)
            case .inspect:
                _ = try InspectStage.run(
                    "\(golden.folder)/\(file)", settings: golden.settings.ingest, drawings: .init(), golden.context)
            case .listPairs: _ = try PairSetStage.list(golden.workspace)
            case .export:
                _ = try ExportStage.run(
                    golden.workspace, golden.context, ExportRequest(), to: golden.folder + "/export")
            case .train: _ = try TrainStage.run(golden.workspace, golden.context)
            case .evaluate: _ = try EvaluateStage.run(golden.workspace, golden.context)
            }
            return nil
        } catch let error as any ActionableError {
            #expect(error.exitStatus == .badInput, "\(act): \(error)")
            return error.description
        }
    }

    /// - Parameters:
    ///   - file: the one that a newer program has written in, from the workspace's folder on.
    ///   - what: the key that nobody knows.
    private func expectRefusals(_ acts: [Act], _ golden: GoldenWorkspace, _ file: String, _ what: String) throws {
        let before = try golden.digests()
        for act in acts {
            let text = try refusal(act, golden, file: file) ?? "nothing"
            #expect(
                text.contains(file) && text.contains("written by a newer avprep") && text.contains(what)
                    && !text.contains("damaged") && !text.contains("\n"), "\(act), \(file): \(text)")
            // An export that stops half-way has files in its own folder.
            let after = try golden.digests().filter { act != .export || before[$0.key] != nil }
            #expect(after == before, "\(act) has changed a file")
        }
    }

    private func expectFinding(_ golden: GoldenWorkspace, _ file: String, _ what: String) throws {
        let report = try VerifyStage.run(golden.workspace, golden.context, isQuick: false)
        #expect(report.exitStatus == .badInput)
        #expect(
            report.findings.contains { $0.code == .newer && $0.file.hasSuffix(file) && $0.detail.contains(what) },
            "\(file), \(what): \(report.findings)")
        #expect(!report.findings.contains { $0.code == .damaged }, "\(file), \(what): \(report.findings)")
    }

    private func withGolden(_ body: (_ golden: GoldenWorkspace) throws -> Void) throws {
        try withTemporaryFolder { try body(GoldenWorkspace(unpackedInto: $0)) }
    }

    private static func extended(_ text: String?, at object: [String] = []) throws -> String {
        var tree = try JSONValue(parsing: #require(text))
        tree[object + ["later_key"]] = .bool(true)
        return try tree.text
    }

    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            ("config_json", "later_key"), ("config_json", "video/later_key"),
            ("config_json", "spectrograms/0/later_key"),
            ("policy_json", "later_key"), ("layout_json", "later_key"), ("layout_json", "flow/later_key"),
        ])
    func aPreparedFileOfANewerProgramIsKept(_ attribute: String, _ place: String) throws {
        try withGolden { golden in
            let file = try #require(golden.preparedFiles.first)
            let text = try StoreReader(path: "\(golden.folder)/\(file)").attributes[attribute]?.text
            let object = Array(place.split(separator: "/").dropLast().map(String.init))
            try golden.setTexts([(file, "/", attribute, try Self.extended(text, at: object))])
            try expectFinding(golden, file, "\"\(place)\"")
            try expectRefusals([.inspect], golden, file, "\"\(place)\"")
            // What comes before it is packed, or decided, when the command comes to it.
            let before = try golden.digests()[file]
            try FileManager.default.removeItem(atPath: golden.workspace.shards)
            for act in [Act.shard, .decideAnew] {
                let text = try refusal(act, golden, file: file) ?? "nothing"
                #expect(text.contains(file) && text.contains("\"\(place)\""), "\(act): \(text)")
                #expect(try golden.digests()[file] == before)
            }
        }
    }

    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            ("config_json", "later_key"), ("config_json", "flow/tvl1/later_key"), ("policy_json", "later_key"),
            ("layout_json", "spectrograms/0/later_key"),
        ])
    func aShardOfANewerProgramIsKept(_ attribute: String, _ place: String) throws {
        try withGolden { golden in
            for file in ["shards/train-00000.h5", "shards/val-00000.h5"] {
                let text = try StoreReader(path: "\(golden.folder)/\(file)").attributes[attribute]?.text
                let object = Array(place.split(separator: "/").dropLast().map(String.init))
                let again = try #require(text)
                try golden.setTexts([(file, "/", attribute, try Self.extended(text, at: object))])
                try expectFinding(golden, file, "\"\(place)\"")
                try expectRefusals([.shard, .remix, .inspect], golden, file, "\"\(place)\"")
                if attribute == "layout_json" { try expectRefusals([.export], golden, file, "\"\(place)\"") }
                // Also where other settings or a lost index would have it made anew.
                var other = golden
                other.settings.seed += 1
                try expectRefusals([.shard], other, file, "\"\(place)\"")
                let index = "\(golden.workspace.shards)/\(ShardIndex.fileName)"
                try FileManager.default.moveItem(atPath: index, toPath: index + ".away")
                try expectRefusals([.shard], golden, file, "\"\(place)\"")
                try FileManager.default.moveItem(atPath: index + ".away", toPath: index)
                try golden.setTexts([(file, "/", attribute, again)])
                try? FileManager.default.removeItem(atPath: golden.folder + "/export")
            }
        }
    }

    @Test func aPairSetOfANewerProgramIsKept() throws {
        let places = [
            ("definition_json", "later_key"), ("definition_json", "plan/later_key"),
            ("definition_json", "plan/shares/later_key"), ("definition_json", "settings/later_key"),
            ("statistics_json", "later_key"), ("statistics_json", "offsets/later_key"),
        ]
        for (attribute, place) in places {
            try withGolden { golden in
                let path = golden.workspace.shards + "/val-00000.pairs.h5"
                let object = Array(place.split(separator: "/").dropLast().map(String.init))
                var sets = try PairFile.read(path)
                let last = sets.indices.last ?? 0
                sets[last].attributes[attribute] = .string(
                    try Self.extended(sets[last].attributes[attribute]?.text, at: object))
                try PairFile.write(sets, shardKey: PairFile.shardKey(path) ?? "", to: path)
                try golden.editPairSets(ofShard: "train-00000.h5") { _ in }
                try expectFinding(golden, "val-00000.pairs.h5", "\"\(place)\"")
                try expectRefusals([.shard, .remix], golden, "shards/val-00000.pairs.h5", "\"\(place)\"")
            }
        }
    }

    @Test func anIndexOfANewerProgramIsKept() throws {
        try withGolden { golden in
            let whole = try JSONValue(
                parsing: String(contentsOfFile: golden.folder + "/shards/index.json", encoding: .utf8))
            let dictionaries: Set<String> = [
                "splits", "pair_files", "pair_sets/0/counts", "pair_sets/0/counts/train", "pair_sets/0/statistics",
                "pair_sets/0/attributes", "normalization", "left_out/flags", "layout/flow/parameters",
                "layout/spectrograms/0/attributes", "pair_sets/0/statistics/train/kinds",
                "pair_sets/0/statistics/train/excluded", "pair_sets/0/statistics/train/withoutHard",
                "pair_sets/0/statistics/train/videosWithoutHard",
            ]
            let objects = whole.objects(dictionaries: dictionaries)
            #expect(objects.count > 10)
            for object in objects {
                try golden.editJSON("shards/index.json") {
                    $0 = whole
                    $0[object + ["later_key"]] = .array([])
                }
                let place = "\"" + (object + ["later_key"]).joined(separator: "/") + "\""
                try expectFinding(golden, "shards/index.json", place)
                try expectRefusals([.shard, .remix, .listPairs, .export], golden, "shards/index.json", place)
                #expect(try StatusReport.make(golden.workspace).text.contains(place))
            }
        }
    }

    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func aRunOfANewerProgramIsKept() throws {
        try withGolden { golden in
            for (weights, act) in [(RunFolder.Weights.last, Act.train), (.best, .evaluate)] {
                let whole = try golden.state(weights)
                let file = "runs/tiny/checkpoints/\(weights.rawValue).safetensors"
                for object in whole.objects(dictionaries: []) {
                    try golden.editState(weights) {
                        $0 = whole
                        $0[object + ["later_key"]] = .null
                    }
                    let place = (object + ["later_key"]).joined(separator: "/")
                    try expectRefusals([act], golden, file, "\"\(place)\"")
                }
                try golden.editState(weights) { $0 = whole }
            }
            let note = "runs/tiny/checked-shards.json"
            let text = try JSONValue(parsing: String(contentsOfFile: "\(golden.folder)/\(note)", encoding: .utf8))
            for (path, what) in [
                (["train-00000.h5", "later_key"], "later_key"), (["format_version"], "format_version 2"),
            ] {
                try golden.editJSON(note) {
                    $0 = text
                    $0[path] = .integer(2)
                }
                try expectRefusals([.train, .evaluate], golden, note, what)
            }
        }
    }

    @Test func anExportOfANewerProgramIsKept() throws {
        try withGolden { golden in
            #expect(try refusal(.export, golden, file: "") == nil)
            let text = try JSONValue(
                parsing: String(contentsOfFile: golden.folder + "/export/export.json", encoding: .utf8))
            for (path, what) in [
                (["files", "train-00000.tar", "later_key"], "later_key"), (["version"], "version 3"),
            ] {
                try golden.editJSON("export/export.json") {
                    $0 = text
                    $0[path] = .integer(3)
                }
                try expectRefusals([.export], golden, "export/export.json", what)
            }
        }
    }
}
