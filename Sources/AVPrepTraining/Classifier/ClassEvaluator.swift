import AVPrepClips
package import AVPrepCore
import AVPrepModel
import AVPrepStore
package import AVPrepTorch

/// Measures a trained classifier: the mean of its clips' probabilities decides what a video is.
package struct ClassEvaluator {
    private let folder: RunFolder
    private let shards: String

    /// - Parameters:
    ///   - run: the run's folder.
    ///   - shards: the folder of shards.
    package init(run: String, shards: String) {
        folder = RunFolder(run)
        self.shards = shards
    }

    /// - Parameters:
    ///   - videos: of the run's classes.
    ///   - clips: a video; 10 in the code of R(2+1)D (Tran et al., CVPR 2018).
    ///   - device: where to compute; nil for the run's own setting.
    ///   - progress: called after each batch with the clips that are done, and all of them.
    /// - Throws: ``TrainingError`` when the run is not finished, is none of classes, or no video can be measured;
    ///   `CancellationError`.
    package func evaluate(
        _ videos: ClassVideos, clipSeconds: Double, clips: Int, device: Engine.Device? = nil, threads: Int? = nil,
        cancellation: Cancellation = Cancellation(), checking: @Sendable (ShardCheckProgress) -> Void = { _ in },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> ClassScores {
        let ranks = TrainingRanks()
        guard let checkpoint = try TrainingCheckpoint.loadIfThere(.last, of: folder, ranks) else {
            throw TrainingError(.settings, "\(folder.path) has no checkpoint; run `avprep finetune`")
        }
        let settings = checkpoint.state.settings
        guard let recipe = settings.recipe as? ClassifierRecipe, settings.classifier.classes == videos.classes else {
            throw TrainingError(
                .settings, "\(folder.path) is no run of these \(videos.classes.count) classes; give it another name")
        }
        let shardSet = try ShardSet(shards)
        let dataset = try videos.measuring(of: shardSet, clipSeconds: clipSeconds, clips: clips)
        let inputs = try recipe.shapes(in: [dataset])
        let engine = try ranks.engine(
            device ?? settings.device, threads: threads ?? settings.threads, settings)
        var checked = try ShardChecksumCache(run: folder)
        try checked.check(
            shardSet, splits: Set(Split.allCases), threads: settings.loaderThreads, cancellation: cancellation,
            progress: checking)
        let made = try recipe.makeModel(inputs, seed: nil, engine: engine)
        guard let model = made as? ClassifierModel else { preconditionFailure("a classifier's model tells classes") }
        try model.store.fill(from: checkpoint.model, source: folder.checkpoint(.last))
        let feed = try BatchLoaderFactory(
            settings: settings, inputs: inputs, statistics: checkpoint.state.statistics, engine: engine)
        let loader = feed.evaluation(dataset)
        defer { loader.close() }
        var scores = ClassScores(classes: videos.classes)
        try engine.withoutGradients {
            var done = 0
            while let batch = try loader.nextBatch() {
                try cancellation.check()
                let tensors = try TensorBatch(batch, engine: engine)
                let found = try engine.inPrecision { try model.probabilities(of: tensors) }
                try engine.waitForCopies()
                for (slot, pair) in batch.pairs.prefix(batch.count).enumerated() {
                    let place = dataset.locate(pair)
                    let id = place.reader.segments[Int(place.pair.videoSegment)].segment.videoID
                    let own = found[slot * videos.classes.count..<(slot + 1) * videos.classes.count]
                    scores.add(own.map(Double.init), of: id, label: videos.videos[id] ?? 0)
                }
                done += batch.count
                progress(done, dataset.count)
            }
        }
        return scores
    }
}

/// What a classifier says of videos.
package struct ClassScores: Sendable, Equatable {
    package struct Video: Sendable, Equatable {
        package let label: Int
        /// Sums over its clips.
        package fileprivate(set) var probabilities: [Double]
        package fileprivate(set) var clips: Int
        /// Clips that are classed rightly by themselves.
        package fileprivate(set) var rightClips: Int

        /// Classes from the likeliest; of equal ones the first.
        package var ranking: [Int] {
            probabilities.indices.sorted { left, right in
                let (a, b) = (probabilities[left], probabilities[right])
                return a == b ? left < right : a > b
            }
        }
    }

    package let classes: [String]
    /// By the video's id.
    package private(set) var videos: [String: Video] = [:]

    package init(classes: [String]) { self.classes = classes }

    /// Adds a clip.
    package mutating func add(_ probabilities: [Double], of video: String, label: Int) {
        precondition(probabilities.count == classes.count, "\(probabilities.count) of \(classes.count) classes")
        let zero = Video(
            label: label, probabilities: [Double](repeating: 0, count: classes.count), clips: 0, rightClips: 0)
        var own = videos[video] ?? zero
        for index in probabilities.indices { own.probabilities[index] += probabilities[index] }
        own.clips += 1
        let best = probabilities.indices.max { left, right in probabilities[left] < probabilities[right] }
        if best == label { own.rightClips += 1 }
        videos[video] = own
    }

    /// Videos whose class is among the `count` likeliest.
    package func correct(within count: Int = 1) -> Int {
        videos.values.filter { $0.ranking.prefix(count).contains($0.label) }.count
    }

    /// Rows: what videos are; columns: what they are taken for.
    package var confusion: [[Int]] {
        var table = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
        for video in videos.values { table[video.label][video.ranking.first ?? 0] += 1 }
        return table
    }
}
