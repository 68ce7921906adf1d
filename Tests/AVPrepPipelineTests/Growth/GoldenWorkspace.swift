import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepSynth
import AVPrepTorch
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
    /// - Parameters:
    ///   - folder: an empty folder.
    ///   - asToday: with today's revision and policy, under which every video is prepared anew; else with those of then.
    init(unpackedInto folder: String, asToday: Bool = false) throws {
        self.folder = folder
        try GoldenArchive.unpack(into: folder)
        settings = try PipelineFile.load(folder + "/avprep.yaml")
        guard !asToday else { return }
        settings.ingest.revision = 5
        settings.ingest.policy[flag: .patchedSound] = .keep
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

// MARK: - Stored texts, changed

extension GoldenWorkspace {
    /// Sets texts among the attributes of HDF5 files, and enters the changed files' checksums into the index: a forgery that
    /// no checksum can see.
    ///
    /// - Parameter texts: file from the workspace's folder on, object in it, attribute, text.
    func setTexts(_ texts: [(file: String, object: String, attribute: String, text: String)]) throws {
        let edits = try JSONEncoder().encode(texts.map { [$0.file, $0.object, $0.attribute, $0.text] })
        _ = try Oracle.run(
            """
            import json, sys, h5py, numpy as np
            for file, name, attribute, text in json.loads(sys.argv[2]):
                with h5py.File(sys.argv[1] + "/" + file, "r+") as f:
                    f[name].attrs[attribute] = np.bytes_(text.encode())
            """, [folder, String(decoding: edits, as: UTF8.self)])
        var index = try ShardIndex.load(workspace.shards)
        for place in index.shards.indices {
            let path = "\(workspace.shards)/\(index.shards[place].name)"
            index.shards[place].bytes = try Data(contentsOf: URL(fileURLWithPath: path)).count
            index.shards[place].sha256 = try SHA256.digest(ofFile: path).hex
            // As in an index of format 1.1.
            index.shards[place].structure = nil
        }
        try sign(&index)
    }

    /// Changes what the pair sets of a shard say of themselves, in the index too.
    func editPairSets(ofShard shard: String, _ change: (inout [String: AttributeValue]) throws -> Void) throws {
        let path = "\(workspace.shards)/\(PairFile.name(forShard: shard))"
        let key = try PairFile.shardKey(path) ?? ""
        var sets = try PairFile.read(path)
        for place in sets.indices { try change(&sets[place].attributes) }
        try PairFile.write(sets, shardKey: key, to: path)
        var index = try ShardIndex.load(workspace.shards)
        for place in index.pairSets.indices { try change(&index.pairSets[place].attributes) }
        try sign(&index)
    }

    private func sign(_ index: inout ShardIndex) throws {
        for name in index.pairFiles.keys {
            index.pairFiles[name] = try SHA256.digest(ofFile: "\(workspace.shards)/\(name)").hex
        }
        try index.save(workspace.shards)
    }

    /// Changes a JSON file.
    func editJSON(_ name: String, _ change: (inout JSONValue) -> Void) throws {
        var tree = try JSONValue(parsing: String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
        change(&tree)
        try Data(try tree.text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// The state in a checkpoint.
    func state(_ weights: RunFolder.Weights) throws -> JSONValue {
        try JSONValue(
            parsing:
                SafeTensors.read(RunFolder(workspace.runFolder).checkpoint(weights)).metadata["state"] ?? "")
    }

    /// Changes the state in a checkpoint.
    func editState(_ weights: RunFolder.Weights, _ change: (inout JSONValue) -> Void) throws {
        let path = RunFolder(workspace.runFolder).checkpoint(weights)
        var content = try SafeTensors.read(path)
        var tree = try JSONValue(parsing: content.metadata["state"] ?? "")
        change(&tree)
        content.metadata["state"] = try tree.text
        try SafeTensors.write(content, to: path)
    }

    /// SHA-256 of every file but the lock's and those of the catalog, by path.
    func digests() throws -> [String: String] {
        var found: [String: String] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            var isFolder: ObjCBool = false
            let full = "\(folder)/\(path)"
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isFolder.boolValue,
                !path.hasPrefix("catalog.sqlite"), path != FolderSettings().lock
            else { continue }
            found[path] = try SHA256.digest(ofFile: full).hex
        }
        return found
    }

    /// The prepared files, from the workspace's folder on.
    var preparedFiles: [String] {
        get throws { try digests().keys.filter { $0.hasPrefix("prepared/") }.sorted() }
    }
}
