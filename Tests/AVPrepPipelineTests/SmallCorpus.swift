import AVPrepAudio
import AVPrepCore
import AVPrepPairs
import AVPrepSettings
import AVPrepSynth
import AVPrepTorch
import AVPrepTraining
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport

/// A workspace with settings small enough for tests, and ways to fill it.
struct SmallCorpus {
    let folder: String
    var settings = PipelineSettings()

    /// - Parameter folder: an empty folder; videos go into `videos` there.
    init(_ folder: String) throws {
        self.folder = folder
        settings.workers = 1
        settings.ingest.segmentSeconds = 2
        settings.ingest.video.fps = 12
        settings.ingest.video.shortSide = 32
        settings.ingest.spectrograms = [.avts]
        settings.ingest.flow.preset = .ultrafast
        settings.shard.split.val = 0
        settings.shard.split.test = 0
        settings.shard.pairs.gapSeconds = 0.25
        settings.synth.seconds = 4
        settings.synth.width = 64
        settings.synth.height = 48
        settings.synth.fps = 15
        try FileManager.default.createDirectory(atPath: folder + "/videos", withIntermediateDirectories: true)
    }

    /// Settings for a small model that learns from fourteen synthetic videos: two epochs of two steps.
    mutating func setUpTraining() {
        settings.shard.split.val = 0.25
        settings.shard.split.test = 0.3
        settings.shard.pairs.clipSeconds = 0.5
        settings.shard.pairs.pairsPerSegment = 16
        settings.train.device = .cpu
        settings.train.threads = 1
        settings.train.batchSize = 8
        settings.train.pairsPerEpoch = 16
        settings.train.model.cropSize = 16
        settings.train.model.video.width = 2
        settings.train.model.audio.width = 2
        settings.train.model.embedding = 4
        settings.train.stages = ["easy", "mixed"].map { StageSettings(name: $0, set: $0, epochs: 1) }
    }

    var workspace: Workspace { Workspace(folder: folder, settings: settings) }
    var context: StageContext { StageContext() }

    func addSyntheticVideos(_ count: Int) throws {
        var synth = settings.synth
        synth.videos = count
        try SynthCorpus.make(synth, in: folder + "/videos", workers: 2)
    }

    /// Takes videos out of the corpus (and puts them back with `from` and `to` exchanged).
    func move(_ numbers: Range<Int>, from: String = "videos", to: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(to)", withIntermediateDirectories: true)
        for number in numbers {
            let name = "video-0000\(number).mp4"
            try FileManager.default.moveItem(
                atPath: "\(folder)/\(from)/\(name)", toPath: "\(folder)/\(to)/\(name)")
        }
    }

    /// SHA-256 of every file below `name`, by path, but for the catalog's own files.
    func digests(_ name: String) throws -> [String: String] {
        let root = "\(folder)/\(name)"
        var found: [String: String] = [:]
        for path in FileManager.default.enumerator(atPath: root) ?? FileManager.DirectoryEnumerator() {
            guard let path = path as? String, path.hasSuffix(".h5") || path.hasSuffix(".json") else { continue }
            found[path] = try SHA256.digest(ofFile: "\(root)/\(path)").hex
        }
        return found
    }
}
