import AVPrepAudio
import AVPrepAudit
import AVPrepCases
import AVPrepClips
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// One cue, the probe that must find it, and how it is stripped.
struct AuditTrial {
    let cue: CueCorpus.Cue
    let recipe: PairRecipe
    let probe: AuditProbe
    let task: String
    /// The remedy that strips the cue.
    let remedy: String
    /// Whether the cue is planted by a change of the pair tables, with the same media.
    var isInTables = false
    /// Whether stripping removes the camera's motion instead of dropping the segments that move.
    var isStabilised = false

    var name: String { "\(cue.rawValue), \(recipe.rawValue)" }

    static let all = [
        AuditTrial(cue: .none, recipe: .arrowOfTime, probe: .border, task: "positive / reversed", remedy: "-"),
        AuditTrial(cue: .none, recipe: .avts, probe: .codec, task: "positive / easy", remedy: "-"),
        AuditTrial(
            cue: .zoomIn, recipe: .arrowOfTime, probe: .globalMotion, task: "positive / reversed",
            remedy: "policy.zoom: drop"),
        AuditTrial(
            cue: .zoomIn, recipe: .arrowOfTime, probe: .globalMotion, task: "positive / reversed",
            remedy: "ingest.stabilise", isStabilised: true),
        AuditTrial(
            cue: .brighteningBars, recipe: .arrowOfTime, probe: .border, task: "positive / reversed",
            remedy: "borders.method off → robust"),
        AuditTrial(
            cue: .keyFrames, recipe: .arrowOfTime, probe: .codec, task: "positive / reversed",
            remedy: "the same scenes well encoded"),
        AuditTrial(
            cue: .barredHalf, recipe: .avts, probe: .border, task: "positive / easy",
            remedy: "borders.method off → robust, pairs drawn by shard", isInTables: true),
        AuditTrial(
            cue: .loudHalf, recipe: .avts, probe: .loudness, task: "positive / easy", remedy: "pairs drawn by shard",
            isInTables: true),
    ]

    /// Makes the corpus, prepares it, draws pairs, and audits them.
    ///
    /// - Parameter folder: created.
    func audit(in folder: String, videos: Int, isStripped: Bool) throws -> AuditReport {
        let corpus = CueCorpus(isStripped && cue == .keyFrames ? .none : cue, videos: videos)
        try AtomicFile.makeFolder("\(folder)/videos")
        let workspace = Workspace(folder: folder, settings: settings(isStripped: isStripped))
        try corpus.write(to: "\(folder)/videos", workers: workspace.workers)
        _ = try IngestStage.run(workspace, StageContext())
        _ = try ShardStage.run(workspace, StageContext())
        if isInTables, !isStripped { try skewTables(workspace, corpus) }
        return try AuditStage.run(workspace, StageContext(), AuditSettings())
    }

    private func settings(isStripped: Bool) -> PipelineSettings {
        var settings = PipelineSettings()
        settings.ingest.segmentSeconds = 4
        settings.ingest.video.fps = Double(CueCorpus.fps)
        settings.ingest.video.shortSide = 64
        settings.ingest.spectrograms = [.avts]
        settings.ingest.isolation = .none
        settings.ingest.borders.method = isStripped ? .robust : .off
        settings.ingest.stabilise.enabled = isStripped && isStabilised
        if isStripped, !isStabilised {
            for flag: SegmentFlags in [.pan, .tilt, .zoom, .roll, .fade] { settings.ingest.policy[flag: flag] = .drop }
        }
        settings.shard.split.val = 0
        settings.shard.split.test = 0
        settings.shard.pairs = PairSettings(recipe: recipe)
        settings.shard.pairs.pairsPerSegment = 16
        return settings
    }

    /// Positives of unmarked videos only, negatives of marked ones: a table as if made by hand.
    private func skewTables(_ workspace: Workspace, _ corpus: CueCorpus) throws {
        let marked = Set((0..<corpus.videos).filter(corpus.isMarked).map(CueCorpus.fileName))
        let shards = try ShardSet(workspace.shards)
        var index = shards.index
        for shard in index.shards {
            let path = shards.pairPath(of: shard)
            let isMarked = try shards.reader(of: shard).segments.map {
                marked.contains(($0.segment.source as NSString).lastPathComponent)
            }
            let sets = try shards.storedPairSets(of: shard).map { set in
                var set = set
                set.pairs.removeAll { pair in
                    let row = cue == .loudHalf ? pair.audioSegment : pair.videoSegment
                    return isMarked[Int(row)] == (pair.kind == .positive)
                }
                return set
            }
            try PairFile.write(sets, shardKey: try shards.pairKey(of: shard), to: path)
            index.pairFiles[PairFile.name(forShard: shard.name)] = try SHA256.digest(ofFile: path).hex
        }
        try index.save(workspace.shards)
    }
}
