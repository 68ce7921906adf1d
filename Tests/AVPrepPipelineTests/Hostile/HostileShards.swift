import AVPrepAudit
import AVPrepClips
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
import AVPrepVerify
import AVPrepWorkspace
import Foundation

@testable import AVPrepTraining

/// A small set of shards, copies of it to be damaged, and all that avprep does with shards, done to a copy.
struct HostileShards {
    static let shard = "train-00000.h5"
    static let pairs = "train-00000.pairs.h5"
    static let index = "index.json"

    let corpus: SmallCorpus

    /// - Parameter folder: an empty folder.
    init(_ folder: String) throws {
        var corpus = try SmallCorpus(folder)
        corpus.settings.ingest.segmentSeconds = 4
        corpus.settings.shard.pairs.clipSeconds = 0.5
        try corpus.addSyntheticVideos(3)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        self.corpus = corpus
    }

    /// A copy of the shards, and what was done with it.
    struct Copy {
        let folder: String
        let workspace: Workspace

        func path(_ name: String) -> String { "\(folder)/\(name)" }

        func edit(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
            change(&bytes)
            try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        }

        /// Enters sizes and checksums of the files as they are now: the forgery that a checksum cannot see.
        func sign() throws {
            var index = try ShardIndex.load(folder)
            for place in index.shards.indices {
                let file = path(index.shards[place].name)
                guard FileManager.default.fileExists(atPath: file) else { continue }
                var status = stat()
                stat(file, &status)
                index.shards[place].bytes = Int(status.st_size)
                index.shards[place].sha256 = try SHA256.digest(ofFile: file).hex
                // As in an index of format 1.1: only so does HDF5 see the file at all.
                index.shards[place].structure = nil
            }
            for name in index.pairFiles.keys where FileManager.default.fileExists(atPath: path(name)) {
                index.pairFiles[name] = try SHA256.digest(ofFile: path(name)).hex
            }
            try index.save(folder)
        }
    }

    func copy(_ name: String) throws -> Copy {
        let folder = "\(corpus.folder)/\(name)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.copyItem(atPath: corpus.workspace.shards, toPath: folder)
        var settings = corpus.settings
        settings.folders.shards = name
        return Copy(folder: folder, workspace: Workspace(folder: corpus.folder, settings: settings))
    }

    // MARK: - What avprep does with shards

    /// What a command said when it refused; nil when it went through.
    struct Refusal: Equatable {
        let text: String
        let status: ExitStatus
    }

    /// All commands that read shards but `verify`, whose findings are looked at by themselves. The last two change what lies
    /// there.
    enum Act: String, CaseIterable {
        /// What training does before its first step: every file opened, every pair held against its segments; and then
        /// every picture and sound of the set read.
        case train
        case evaluate, listPairs, exportPairs, export, audit, inspect, status, removePairs, shard

        /// Whether it reads pair files.
        var readsPairs: Bool { self != .status && self != .evaluate }
    }

    /// Does it, and says how it was refused.
    ///
    /// - Throws: what no command may throw: an error without words for the user.
    func attempt(_ act: Act, _ copy: Copy) throws -> Refusal? {
        do {
            switch act {
            case .train: try train(copy)
            case .evaluate: try evaluate(copy)
            case .listPairs: _ = try PairSetStage.list(copy.workspace).text
            case .exportPairs:
                _ = try PairSetStage.export("mixed", of: copy.workspace, to: copy.path("../\(copy.name).csv"))
            case .export:
                let out = copy.path("../\(copy.name).out")
                defer { try? FileManager.default.removeItem(atPath: out) }
                _ = try ExportStage.run(copy.workspace, corpus.context, ExportRequest(), to: out)
            case .audit:
                var settings = AuditSettings()
                settings.sets = ["mixed"]
                settings.probes = [.order]
                settings.limit = 16
                _ = try AuditStage.run(copy.workspace, corpus.context, settings).text
            case .inspect:
                _ = try InspectStage.run(
                    copy.path(Self.shard), settings: corpus.settings.ingest, drawings: .init(), corpus.context
                ).text
            case .status:
                // It says all it knows, and what it cannot read among it.
                let report = try StatusReport.make(copy.workspace)
                if let fault = report.shardsFault { return Refusal(text: fault, status: .badInput) }
            case .removePairs: _ = try PairSetStage.remove(["mixed"], from: copy.workspace)
            case .shard: _ = try ShardStage.run(copy.workspace, corpus.context)
            }
            return nil
        } catch let error as any ActionableError {
            return Refusal(text: error.description, status: error.exitStatus)
        }
    }

    private func train(_ copy: Copy) throws {
        let dataset = try ShardDataset(.train, set: "mixed", of: ShardSet(copy.folder))
        var model = ModelSettings()
        model.frames = 6
        model.cropSize = 24
        _ = try AVTSRecipe(model: model, loss: LossSettings()).shapes(in: [dataset])
        let decoder = try JPEGDecoder()
        let reader = dataset.reader(0).store
        for segment in reader.segments {
            for row in segment.frames {
                try reader.withFrameBytes(row) { bytes in
                    // A picture that cannot be decoded is an error with the file's name in training (SampleReaderTests).
                    _ = try? decoder.decode(
                        bytes, region: .init(x: 2, y: 2, width: 20, height: 20), outputWidth: model.cropSize,
                        outputHeight: model.cropSize)
                }
            }
            for (name, rows) in segment.spectrograms { _ = try reader.spectrogram(name, rows) }
        }
    }

    /// Evaluates a run that never was: these shards have nothing to evaluate on, so it ends once it knows them.
    private func evaluate(_ copy: Copy) throws {
        let run = RunFolder(copy.path("../\(copy.name).run"))
        try run.prepare()
        let state = TrainingState(
            seed: 1, settings: TrainSettings(), shards: "",
            statistics: SpectrogramStatistics(mean: [0], deviation: [1]),
            plateau: LearningRatePlateau(learningRate: 0.1))
        try TrainingCheckpoint(state: state, model: [:], optimizer: [:]).save(run.checkpoint(.last))
        do {
            _ = try Evaluator(run: run.path, shards: copy.folder).evaluate()
        } catch let error as TrainingError where error.description.contains("has no pairs to evaluate on") {}
    }

    /// The findings of `avprep verify`.
    func verify(_ copy: Copy, quick: Bool = false) throws -> [VerifyReport.Finding] {
        try VerifyStage.run(copy.workspace, corpus.context, isQuick: quick).findings
    }
}

extension HostileShards.Copy {
    var name: String { (folder as NSString).lastPathComponent }
}
