import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// What a run and an evaluation record of the shards they read, when the pipeline file says otherwise.
@Suite(.enabled(if: Products.hasEngine, "make engine builds it"))
struct RunRecordTests {
    /// A prepared and sharded corpus with a small model to train on it.
    private func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.workers = 2
        corpus.settings.ingest.isolation = .none
        corpus.settings.ingest.policy[flag: .silent] = .keep
        corpus.setUpTraining()
        try corpus.addSyntheticVideos(14)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        corpus.settings.shard.pairs.hardRatio = 0.5
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        // The pipeline file that the run is started with.
        corpus.settings.shard.pairs.hardRatio = 0.25
        corpus.settings.ingest.segmentSeconds = 3
        corpus.settings.ingest.policy[flag: .silent] = .drop
        return corpus
    }

    private func settings(_ folder: String) throws -> PipelineSettings {
        try PipelineFile.load("\(folder)/runs/avts/config.yaml")
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aRunRecordsWhatTheShardsItReadReallyAre() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder)
            let run = folder + "/runs/avts"
            let overrides = ["train.device=cpu", "train.threads=1"]
            let workspace = Workspace(folder: folder, settings: corpus.settings, overrides: overrides)
            _ = try TrainStage.run(workspace, corpus.context)

            // config.yaml: the shards' values in place of the pipeline file's.
            let recorded = try settings(folder)
            #expect(recorded.shard.pairs.hardRatio == 0.5)
            #expect(recorded.ingest.segmentSeconds == 2)
            #expect(recorded.ingest.policy[flag: .silent] == .keep)
            #expect(recorded.train.model.frames == 6)
            #expect(recorded.synth == corpus.settings.synth)

            // run.json: the stored definitions, word for word.
            let record = try #require(try RunRecord.load(run))
            #expect(record.overrides == overrides && record.seed == 1 && record.avprep == Version.text)
            #expect(record.engine.device == "cpu" && record.engine.threads == 1)
            #expect(record.engine.library.contains("libtorch"))
            #expect(record.fromStep == 0 && record.resumed.isEmpty)
            #expect(record.shards.indexSHA256 == (try SHA256.digest(ofFile: folder + "/shards/index.json").hex))
            #expect(record.shards.pairSets.map(\.name) == ["easy", "hard", "mixed"])
            for set in record.shards.pairSets {
                #expect(set.definition?["settings"]?["hardRatio"] == .number(0.5))
            }
            let config = try #require(record.shards.ingest.first?.settings)
            #expect(config["segmentSeconds"] == .integer(2) && record.shards.ingest.count == 1)
            #expect(record.settings["shard"]?["pairs"]?["hard_ratio"] == .number(0.5))
            #expect(record.settings == (try PipelineFile.json(of: recorded)))

            let settingsFile = folder + "/settings.json"
            try Data(try CanonicalJSON.encode(record.settings).utf8).write(to: URL(fileURLWithPath: settingsFile))
            #expect(
                try Oracle.schemaFaults(
                    "pipeline.schema.json", [settingsFile], breakages: ["d['ingest'].update(fsp=1)"]) == [])

            // Resumed on other threads: the first record stays, what is other is added.
            let first = try text(run + "/config.yaml")
            try FileManager.default.removeItem(atPath: run + "/video.safetensors")
            _ = try TrainStage.run(workspace, corpus.context)
            #expect(try RunRecord.load(run) == record)
            try FileManager.default.removeItem(atPath: run + "/video.safetensors")
            corpus.settings.train.threads = 2
            corpus.settings.shard.pairs.hardRatio = 0.75
            _ = try TrainStage.run(corpus.workspace, corpus.context)
            let resumed = try #require(try RunRecord.load(run))
            #expect(try text(run + "/config.yaml") == first)
            #expect(resumed.settings == record.settings && resumed.shards == record.shards)
            #expect(resumed.resumed.map(\.step) == [4])
            let changes = resumed.resumed.flatMap(\.changes)
            #expect(changes.map(\.key) == ["engine.threads", "overrides", "train.threads"])
            #expect(changes.last?.was == .integer(1) && changes.last?.now == .integer(2))

            let faults = try Oracle.schemaFaults(
                "run.schema.json", [run + "/run.json"],
                breakages: [
                    "d['shards'].pop('index_sha256')", "d['shards']['pair_sets'][0].pop('name')",
                    "d['shards']['pair_sets'][0]['definition'].pop('settings')", "d['engine'].update(device='gpu')",
                    "d['resumed'][0]['changes'][0].pop('was')", "d['resumed'][0].update(changes=[])",
                    "d.update(settings={})", "d['shards'].update(ingest=[])",
                ], keysAreRequired: true)
            #expect(faults == [])
        }
    }

    @Test func anEvaluationRecordsWhichShardsItMeasured() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            _ = try TrainStage.run(corpus.workspace, corpus.context)
            let workspace = Workspace(folder: folder, settings: corpus.settings, overrides: ["train.name=avts"])
            let report = try EvaluateStage.run(workspace, corpus.context)
            let stored = try JSONDecoder().decode(
                Evaluation.self, from: Data(try text(folder + "/runs/avts/evaluation.json").utf8))
            #expect(stored == report.evaluation)
            #expect(stored.overrides == ["train.name=avts"] && stored.avprep == Version.text)
            #expect(stored.engine?.device == "cpu" && stored.engine?.threads == 1)
            #expect(stored.shards?.indexSHA256 == (try SHA256.digest(ofFile: folder + "/shards/index.json").hex))
            #expect(stored.shards?.pairSets.map(\.name) == ["easy", "hard"])
            for set in try #require(stored.shards).pairSets {
                #expect(set.splits == ["val", "test"])
                #expect(set.definition?["settings"]?["hardRatio"] == .number(0.5))
            }
        }
    }

    /// A folder stands where the record goes, as a file would that cannot be replaced.
    @Test(arguments: ["config.yaml", "run.json"])
    func aRunThatCannotBeRecordedDoesNotBegin(name: String) throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let run = folder + "/runs/avts"
            try FileManager.default.createDirectory(atPath: "\(run)/\(name)", withIntermediateDirectories: true)
            let failure = try #require(throws: Failure.self) { try TrainStage.run(corpus.workspace, corpus.context) }
            #expect(failure.description.contains("\(run)/\(name)"))
            #expect(try !RunFolder(run).has(.last))
            #expect(!FileManager.default.fileExists(atPath: run + "/metrics.csv"))

            // What is left of it does not stand for the run that is begun in the end.
            try FileManager.default.removeItem(atPath: "\(run)/\(name)")
            try Data("{}".utf8).write(to: URL(fileURLWithPath: run + "/run.json"))
            _ = try TrainStage.run(corpus.workspace, corpus.context)
            #expect(try RunRecord.load(run)?.fromStep == 0)
            #expect(try settings(folder).shard.pairs.hardRatio == 0.5)
        }
    }

    @Test func aRunOfBeforeThereWereRecordsGetsOneThatSaysFromWhere() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let run = folder + "/runs/avts"
            _ = try TrainStage.run(corpus.workspace, corpus.context)
            for name in ["run.json", "video.safetensors"] {
                try FileManager.default.removeItem(atPath: "\(run)/\(name)")
            }
            _ = try TrainStage.run(corpus.workspace, corpus.context)
            #expect(try RunRecord.load(run)?.fromStep == 4)

            try FileManager.default.removeItem(atPath: run + "/video.safetensors")
            try Data("{\"format_version\":1}".utf8).write(to: URL(fileURLWithPath: run + "/run.json"))
            let damaged = try #require(throws: Failure.self) { try TrainStage.run(corpus.workspace, corpus.context) }
            #expect(damaged.description.contains("run.json is damaged") && damaged.exitStatus == .badInput)
            try Data("{\"format_version\":2}".utf8).write(to: URL(fileURLWithPath: run + "/run.json"))
            let newer = try #require(throws: Failure.self) { try TrainStage.run(corpus.workspace, corpus.context) }
            #expect(newer.description.contains("version 2"))
        }
    }
}
