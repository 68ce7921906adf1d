import AVPrepClips
import AVPrepCore
import AVPrepDrawing
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Learns the classes of videos on a trained network, and measures what came of it: UCF101, HMDB51, or labels of one's own.
package enum FinetuneStage {
    /// The result in the folder of the fine-tuning.
    package static let fileName = "finetune.json"

    /// Trains and measures each division, going on where an earlier call stopped.
    ///
    /// - Throws: ``TrainingError``, ``Failure`` and errors of the modules below; `CancellationError` after saving a checkpoint.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, environment: [String: String]
    ) throws -> FinetuneReport {
        if let launch = try ProcessLaunch(environment), launch.size > 1 {
            throw Failure(
                "avprep finetune trains in one process; start it without mpirun, srun or torchrun", exitStatus: .usage)
        }
        return try workspace.exclusively { try Finetuning(workspace, context).run() }
    }
}

/// One call.
private struct Finetuning {
    let workspace: Workspace
    let context: StageContext
    let settings: FinetuneSettings
    /// Of the network and of what a run is besides.
    let base: TrainSettings
    let weights: String
    let origin: String
    let clipSeconds: Double

    init(_ workspace: Workspace, _ context: StageContext) throws {
        self.workspace = workspace
        self.context = context
        settings = workspace.settings.finetune
        let train = workspace.settings.train
        clipSeconds = settings.clipSeconds > 0 ? settings.clipSeconds : workspace.settings.shard.pairs.clipSeconds
        if !settings.run.isEmpty, !settings.weights.isEmpty {
            throw Failure(
                "finetune.run and finetune.weights both name what the network begins with; set one of them to \"\"",
                exitStatus: .badInput)
        }
        if !settings.run.isEmpty {
            let run = try PretrainedRun("\(workspace.runs)/\(settings.run)")
            base = run.network(in: train)
            weights = run.checkpoint
            origin = "the \(run.weights.rawValue) weights of \(settings.run), after \(run.epochs) epochs"
        } else {
            base = train
            weights = settings.weights.isEmpty ? "" : workspace.path(settings.weights)
            origin = weights.isEmpty ? "random weights" : settings.weights
        }
    }

    func run() throws -> FinetuneReport {
        let shards = try ShardSet(workspace.shards)
        let frames = max(1, Int((clipSeconds * shards.index.layout.fps).rounded()))
        let known = try ShardVideo.all(of: shards)
        var results: [FinetuneReport.Split] = []
        for var division in try divisions(of: known, shards, frames: frames) {
            if settings.videosPerClass > 0 {
                division.keep(perClass: settings.videosPerClass, seed: workspace.settings.seed)
            }
            try check(division)
            results.append(try result(of: division))
        }
        let pictures = try results.map { try draw($0) }
        let report = FinetuneReport(
            folder: "\(workspace.runs)/\(settings.name)", source: settings.source, recipe: base.recipeName,
            origin: origin,
            learns: settings.learns, epochs: settings.epochs, videosPerClass: settings.videosPerClass,
            testClips: settings.testClips, clipSeconds: clipSeconds, splits: results, pictures: pictures,
            overrides: workspace.overrides)
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(report, pretty: true) + "\n").utf8),
            to: "\(report.folder)/\(FinetuneStage.fileName)")
        return report
    }

    /// Draws the confusion matrix of a division, beside its run.
    private func draw(_ split: FinetuneReport.Split) throws -> String {
        let path = "\(split.folder)/confusion.png"
        let title =
            "\(settings.name), \(split.number.map { "split \($0)" } ?? "labels"): \(split.accuracy.percent) right"
        let canvas = ConfusionSheet.draw(split.confusion, classes: split.classes, title: title, items: "videos")
        try PNGCodec().withEncoded(canvas.picture) { try AtomicFile.write(Array($0), to: path) }
        return path
    }

    private func divisions(of known: [ShardVideo], _ shards: ShardSet, frames: Int) throws -> [ClassDivision] {
        guard settings.source != .labels else {
            guard let classes = shards.index.labels, classes.count > 1 else {
                throw Failure(
                    """
                    the shards in \(workspace.shards) have no labels to learn; name a manifest with a column of labels in \
                    corpus.paths (corpus.manifest sets its columns) and run `avprep ingest` and `avprep shard`, or set \
                    finetune.source and finetune.lists
                    """, exitStatus: .badInput)
            }
            return [ClassDivision(labelled: known, classes: classes, frames: frames)]
        }
        guard !settings.lists.isEmpty else {
            throw Failure(
                "finetune.source is \(settings.source.rawValue): set finetune.lists to the folder of its official lists",
                exitStatus: .badInput)
        }
        return try settings.splits.map { number in
            ClassDivision(
                try SplitFiles.read(settings.source, in: workspace.path(settings.lists), split: number), among: known,
                frames: frames)
        }
    }

    private func check(_ division: ClassDivision) throws {
        for (videos, side) in [(division.training, ClassDivision.Side.training), (division.test, .test)]
        where videos.videos.isEmpty {
            let reasons = (division.leftOut[side] ?? [:]).sorted { $0.value > $1.value }
                .map { "\($0.value) \($0.key.rawValue)" }
            throw Failure(
                """
                no \(side.rawValue) video\(division.number.map { " of split \($0)" } ?? "") is in the shards of \
                \(workspace.shards)\(reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", ")); run `avprep ingest` and \
                `avprep shard` on the data set's videos
                """, exitStatus: .badInput)
        }
    }

    private func result(of division: ClassDivision) throws -> FinetuneReport.Split {
        let name = division.number.map { "split-\($0)" } ?? "labels"
        let folder = "\(workspace.runs)/\(settings.name)/\(name)"
        var train = try base.classifying(division.training.classes, weights: weights, settings)
        train.name = "\(settings.name)/\(name)"
        let progress = ProgressReporter("finetune \(name)", unit: "steps", style: context.progress)
        let trainer = Trainer(
            settings: train, seed: UInt64(workspace.settings.seed), shards: workspace.shards, run: folder,
            base: workspace.folder,
            classes: ClassTraining(
                videos: division.training, clipSeconds: clipSeconds, perVideo: settings.trainClips))
        let outcome = try trainer.run(
            cancellation: context.cancellation, checking: context.shardCheck(),
            beginning: { beginning in
                try TrainStage.record(beginning, workspace, folder)
                for line in TrainStage.lines(of: beginning) { progress.say(line) }
            }
        ) { state in
            progress.update(done: state.step, total: state.totalSteps, note: TrainStage.note(state))
        }
        progress.finish()
        let measuring = ProgressReporter("measure \(name)", unit: "clips", style: context.progress)
        let scores = try ClassEvaluator(run: folder, shards: workspace.shards).evaluate(
            division.test, clipSeconds: clipSeconds, clips: settings.testClips, device: train.device,
            threads: train.threads, cancellation: context.cancellation, checking: context.shardCheck()
        ) { measuring.update(done: $0, total: $1) }
        measuring.finish()
        let steps =
            switch outcome {
            case .finished(let steps), .wasFinished(let steps): steps
            }
        return FinetuneReport.Split(division, scores, folder: folder, steps: steps)
    }
}
