import AVPrepAudio
import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// Shards of a practice corpus, or of the user's clips, as the benchmarks of training read them.
struct PracticeShardSet {
    let shards: ShardSet
    let path: String

    /// Frames of a clip, at this rate: one second.
    static let fps = 16.0

    /// Makes clips for several sets of shards.
    ///
    /// - Returns: the paths to ingest.
    static func clips(_ files: [String], videos: Int, in folder: String) throws -> [String] {
        guard files.isEmpty else { return files.map { URL(fileURLWithPath: $0).path } }
        var synth = SynthSettings()
        (synth.videos, synth.seconds, synth.width, synth.height) = (videos, 6, 480, 360)
        let truth = try SynthCorpus.make(synth, in: folder + "/clips", workers: AvailableProcessors.count)
        return truth.videos.map { "\(folder)/clips/\($0.file)" }
    }

    /// Prepares and packs clips.
    ///
    /// - Parameters:
    ///   - folder: of the workspace; it is made.
    ///   - shortSide: of the stored pictures, in pixels.
    init(_ clips: [String], in folder: String, codec: FrameSettings.Codec, shortSide: Int) throws {
        try AtomicFile.makeFolder(folder)
        var settings = PipelineSettings()
        settings.corpus.paths = clips
        settings.ingest.segmentSeconds = 6
        settings.ingest.video.fps = Self.fps
        settings.ingest.video.shortSide = shortSide
        settings.ingest.video.codec = codec
        settings.ingest.spectrograms = [.avts]
        settings.ingest.flow.method = .off
        settings.shard.split.val = 0
        settings.shard.split.test = 0
        settings.shard.pairs.pairsPerSegment = 16
        let workspace = Workspace(folder: folder, settings: settings)
        let report = try IngestStage.run(workspace, StageContext())
        guard report.counts.done > 0 else { throw Failure(report.text) }
        _ = try ShardStage.run(workspace, StageContext())
        path = workspace.shards
        shards = try ShardSet(path)
    }
}
