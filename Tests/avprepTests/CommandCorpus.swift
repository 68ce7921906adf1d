import Foundation
import TestSupport

/// A folder with a small practice corpus and a pipeline file, for tests that run the program.
struct CommandCorpus {
    let folder: String

    static let pipeline = """
        workers: 2
        ingest:
          segment_seconds: 2
          video: {fps: 12, short_side: 32}
          pcm: {sr: 0}
          spectrograms: [{name: mel}]
          flow: {preset: ultrafast}
        shard:
          shard_megabytes: 1
          split: {val: 0.2, test: 0.2}
          pairs: {clip_seconds: 0.5, gap_seconds: 0.25, pairs_per_segment: 16}
        train:
          name: small
          device: cpu
          threads: 1
          batch_size: 8
          pairs_per_epoch: 48
          checkpoint_steps: 2
          model:
            frames: 6
            crop_size: 24
            video: {width: 2}
            audio: {width: 2}
            temporal_head: keep-time
            embedding: 8
          stages:
            - {name: easy, set: easy, epochs: 2}
            - {name: mixed, set: mixed, epochs: 1}
        """

    /// - Parameter folder: an empty folder, in which one is made for the corpus.
    init(_ folder: String, videos: Int) throws {
        self.folder = folder + "/corpus"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        try Data(Self.pipeline.utf8).write(to: URL(fileURLWithPath: self.folder + "/avprep.yaml"))
        let made = try run(
            ["synth", "videos", "--videos", "\(videos)", "-q", "--set", "synth.seconds=4", "--set", "synth.width=64"]
                + ["--set", "synth.height=48", "--set", "synth.fps=15"])
        guard made.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: ["text": made.standardError]) }
    }

    private init(folder: String) { self.folder = folder }

    /// The same videos and settings in another folder, with nothing done yet, or with all that is done here.
    func copy(to place: String, isWhole: Bool = false) throws -> CommandCorpus {
        let copy = CommandCorpus(folder: place + "/corpus")
        try FileManager.default.createDirectory(atPath: copy.folder, withIntermediateDirectories: true)
        let names = isWhole ? try FileManager.default.contentsOfDirectory(atPath: folder) : ["avprep.yaml", "videos"]
        for name in names {
            try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(copy.folder)/\(name)")
        }
        return copy
    }

    /// Runs avprep in the folder.
    func run(_ arguments: [String]) throws -> Command.Result {
        try Command.run(Products.avprep, arguments, in: folder)
    }

    /// Starts avprep and kills it with SIGKILL after so many milliseconds, if it still runs then.
    ///
    /// - Returns: whether it was killed.
    func kill(_ arguments: [String], afterMilliseconds delay: Int) throws -> Bool {
        try kill(arguments) { _ in usleep(UInt32(delay) * 1000) }
    }

    /// Starts avprep and kills it with SIGKILL as soon as the file is there and another one than before.
    ///
    /// - Returns: whether it was killed; false where the program ended before that.
    func kill(_ arguments: [String], whenReplaced file: String) throws -> Bool {
        func inode() -> UInt64? {
            try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")[.systemFileNumber] as? UInt64
        }
        let before = inode()
        return try kill(arguments) { process in
            while process.isRunning, inode() == before || inode() == nil { usleep(1000) }
        }
    }

    private func kill(_ arguments: [String], waiting: (Process) -> Void) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Products.avprep)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        waiting(process)
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
    }

    /// Checksums of all files under a folder with one of the endings, by path.
    func digests(_ name: String, endings: [String]) throws -> String {
        let pattern = endings.map { "-name '*\($0)'" }.joined(separator: " -o ")
        let script = "find . -type f \\( \(pattern) \\) | sort | xargs -r sha256sum"
        return try Command.run("/bin/bash", ["-c", script], in: "\(folder)/\(name)").standardOutput
    }

    /// Files that writers left behind.
    func litter() throws -> String {
        try Command.run("/bin/bash", ["-c", "find . -name '*.partial-*'"], in: folder).standardOutput
    }
}
