import AVPrepCore
import AVPrepIngest
import AVPrepPairs
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepSynth
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import TestSupport

/// A small workspace as avprep of format 1.2 left it: videos, prepared files, catalog, shards with pair sets (two of them
/// drawn under another name), and a run that was stopped in its second epoch.
///
/// It lies in `Tests/Expected/workspace-1.2` as a compressed archive, since prepared files are mostly empty chunks. It
/// stays as it is, whatever happens to the writers: programs with more settings than the one that wrote it must go on
/// with it. ``make(in:)`` is the recipe it was made by.
struct GoldenWorkspace {
    static let archive = Oracle.repository + "/Tests/Expected/workspace-1.2/workspace.tar.xz"
    static let run = "tiny"
    /// The step after which its run was stopped, in its second epoch; the run has twelve.
    static let stoppedAt = 6
    static let steps = 12

    let folder: String
    var settings: PipelineSettings

    var workspace: Workspace { Workspace(folder: folder, settings: settings) }
    var context: StageContext { StageContext() }

    /// Unpacks the archive.
    ///
    /// - Parameter folder: an empty folder.
    init(unpackedInto folder: String) throws {
        self.folder = folder
        let result = try Command.run("/bin/tar", ["-xJf", Self.archive, "-C", folder])
        guard result.status == 0 else { throw Failure("cannot unpack \(Self.archive): \(result.standardError)") }
        settings = try PipelineFile.load(folder + "/avprep.yaml")
    }

    private static let pipeline = """
        workers: 1
        corpus: {paths: [videos]}
        ingest:
          segment_seconds: 1.5
          video: {fps: 6, short_side: 16, quality: 30}
          pcm: {sr: 0}
          spectrograms:
            - {name: mel, sr: 4000, n_fft: 256, win_length: 200, hop_length: 100, n_mels: 8, fmin: 0, fmax: 2000}
          flow: {method: dis, preset: ultrafast, codec: jpeg, quality: 30}
          camera_motion: {enabled: false}
        shard:
          split: {val: 0.25, test: 0.25}
          pairs: {clip_seconds: 0.5, gap_seconds: 0.25, pairs_per_segment: 2}
        synth: {videos: 4, seconds: 3, width: 32, height: 32, fps: 12}
        train:
          name: \(run)
          device: cpu
          threads: 1
          batch_size: 2
          loader_threads: 1
          model: {frames: 3, crop_size: 16, video: {width: 1}, audio: {width: 1}, embedding: 2, temporal_head: keep-time}
          stages: [{name: easy, set: easy, epochs: 1, lr: 0.01}, {name: mixed, set: mixed, epochs: 2}]
        """

    /// Makes the workspace, and the archive of it.
    ///
    /// - Parameter folder: an empty folder.
    static func make(in folder: String, archive: String) throws {
        try Data((pipeline + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
        var settings = try PipelineFile.load(folder + "/avprep.yaml")
        var workspace: Workspace { Workspace(folder: folder, settings: settings) }
        try SynthCorpus.make(settings.synth, in: folder + "/videos", workers: 1)
        try FileManager.default.removeItem(atPath: folder + "/videos/truth.json")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/videos") {
            try shrink("\(folder)/videos/\(name)")
        }
        let context = StageContext()
        _ = try IngestStage.run(workspace, context)
        // Ids of videos, and with them their sides of the split, depend on how ffmpeg encodes: a seed is looked for that
        // leaves two of them for train, and one for each other side.
        for seed in 1...100 {
            settings.seed = seed
            let index = try? ShardStage.run(workspace, context).index
            if index?.splits.mapValues(\.videos) == ["train": 2, "val": 1, "test": 1] { break }
            _ = try Command.run("/bin/rm", ["-rf", workspace.shards])
        }
        try Data("seed: \(settings.seed)\n\(pipeline)\n".utf8).write(
            to: URL(fileURLWithPath: folder + "/avprep.yaml"))
        let pairs = settings.shard.pairs
        settings.shard.pairs.name = "half"
        settings.shard.pairs.hardRatio = 0.5
        _ = try ShardStage.run(workspace, context)
        settings.shard.pairs = pairs
        let cancellation = Cancellation()
        let trainer = Trainer(
            settings: settings.train, seed: UInt64(settings.seed), shards: workspace.shards, run: workspace.runFolder)
        do {
            _ = try trainer.run(cancellation: cancellation) {
                if $0.step == stoppedAt { cancellation.cancel(.interrupted) }
            }
        } catch is CancellationError {}
        let heading = ["The settings in force when this run began, by avprep \(Version.text)."]
        try Data(PipelineFile.text(of: settings, heading: heading).utf8).write(
            to: URL(fileURLWithPath: workspace.runFolder + "/config.yaml"))
        _ = try EvaluateStage.run(workspace, context)
        _ = try Command.run("/bin/rm", ["-f", folder + "/catalog.sqlite-shm", folder + "/catalog.sqlite-wal"])
        let result = try Command.run(
            "/bin/sh",
            [
                "-c", #"tar --sort=name --owner=0 --group=0 --numeric-owner -cf - -C "$0" . | xz -9e > "$1""#, folder,
                archive,
            ])
        guard result.status == 0 else { throw Failure(result.standardError) }
    }

    /// Encodes a video again with few bits, and dates it: files that a checkout has just written count as unchanged.
    private static func shrink(_ path: String) throws {
        let result = try Command.run(
            "/usr/bin/env",
            [
                "ffmpeg", "-v", "error", "-i", path, "-c:v", "libx264", "-crf", "36", "-pix_fmt", "yuv420p", "-c:a",
                "aac", "-b:a", "12k", "-ac", "1", "-ar", "8000", "-bitexact", path + ".mp4",
            ])
        guard result.status == 0 else { throw Failure(result.standardError) }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".mp4", toPath: path)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_704_067_200)], ofItemAtPath: path)
    }
}
