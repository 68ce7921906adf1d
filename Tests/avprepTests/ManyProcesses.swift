import AVPrepTorch
import Foundation
import ShardFixtures
import TestSupport
import Testing

/// A folder with practice shards and a pipeline file, in which several processes train.
struct ManyProcesses {
    let folder: String

    static let pipeline = """
        train:
          device: cpu
          threads: 1
          loader_threads: 1
          batch_size: 8
          checkpoint_steps: 3
          validation: {every: 100}
          model:
            crop_size: 16
            spectrogram: mel
            video: {width: 2}
            audio: {width: 2}
            temporal_head: keep-time
            embedding: 8
          optimizer: {lr: 0.02}
          stages:
            - {name: easy, set: easy, epochs: 4}
        """

    init(_ folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder + "/shards", withIntermediateDirectories: true)
        try PracticeShards(pairsPerSegment: 8).write(to: folder + "/shards")
        try Data(Self.pipeline.utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
    }

    /// What mpirun wants where the tests run as root, on a machine of few cores.
    private static let environment = [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "AVPREP_MPI": Oracle.repository + "/.engine/libavprep_mpi.so",
    ]

    /// By one process, without mpirun.
    func alone(_ arguments: [String]) throws -> Command.Result {
        try Command.run(Products.avprep, arguments, in: folder)
    }

    /// By several at once.
    func together(_ arguments: [String], count: Int = 2) throws -> Command.Result {
        try mpirun(["-n", "\(count)", Products.avprep] + arguments)
    }

    /// - Parameter arguments: of mpirun.
    func mpirun(_ arguments: [String]) throws -> Command.Result {
        let program = try #require(Products.mpirun)
        return try Command.run(
            program, ["--oversubscribe", "--bind-to", "none"] + arguments, in: folder, environment: Self.environment)
    }

    /// Starts a long training by two processes, does something to them once there is a checkpoint, and waits for the end.
    ///
    /// - Parameter act: gets mpirun's number and those of both ranks.
    /// - Returns: mpirun's exit code, what was printed, and the seconds from the act to the end.
    func training(
        _ name: String, _ arguments: [String], _ act: ([pid_t]) -> Void
    ) throws -> (status: Int32, text: String, seconds: Double) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Products.mpirun))
        process.arguments =
            ["--oversubscribe", "--bind-to", "none", "-n", "2", Products.avprep, "train", "--name", name] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(Self.environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        let output = "\(folder)/\(name).txt"
        #expect(FileManager.default.createFile(atPath: output, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: output))
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        let checkpoint = "\(folder)/runs/\(name)/checkpoints/last.safetensors"
        let patience = ContinuousClock.now + .seconds(60)
        while process.isRunning, ContinuousClock.now < patience, !FileManager.default.fileExists(atPath: checkpoint) {
            usleep(5000)
        }
        let ranks = Self.ranks(of: process.processIdentifier)
        let begin = ContinuousClock.now
        act(ranks)
        process.waitUntilExit()
        let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        return (
            status, try String(contentsOfFile: output, encoding: .utf8), (ContinuousClock.now - begin) / .seconds(1)
        )
    }

    /// The processes that mpirun has started, by rank.
    private static func ranks(of launcher: pid_t) -> [pid_t] {
        let text = try? String(contentsOfFile: "/proc/\(launcher)/task/\(launcher)/children", encoding: .utf8)
        let children = (text ?? "").split(separator: " ").compactMap { pid_t($0) }
        func rank(_ process: pid_t) -> Int? {
            guard let data = FileManager.default.contents(atPath: "/proc/\(process)/environ") else { return nil }
            let name = "OMPI_COMM_WORLD_RANK="
            return String(decoding: data, as: UTF8.self).split(separator: "\0").first { $0.hasPrefix(name) }
                .flatMap { Int($0.dropFirst(name.count)) }
        }
        return children.compactMap { process in rank(process).map { ($0, process) } }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Whether a process does anything yet: one that has ended may still be listed.
    static func runs(_ process: pid_t) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        return status.contains("State:") && !status.contains("State:\tZ")
    }

    // MARK: - What a run leaves

    func files(_ run: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/runs/\(run)")
            .map { $0.hasPrefix("events.out") ? "events" : $0 }.sorted()
    }

    func bytes(_ run: String, _ file: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/runs/\(run)/\(file)"))
    }

    /// The column of metrics.csv, a value an epoch.
    func metric(_ run: String, _ column: String) throws -> [Double] {
        let rows = String(decoding: try bytes(run, "metrics.csv"), as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let place = try #require(rows.first?.firstIndex { $0 == column })
        return rows.dropFirst().filter { $0[1] == "epoch" }.compactMap { Double($0[place]) }
    }

    /// The largest difference of learnt weights, as a share of each tensor's largest.
    func difference(_ run: String, _ other: String, statistics: Bool = false) throws -> Float {
        let (left, right) = (try weights(run), try weights(other))
        #expect(left.keys == right.keys && !left.isEmpty)
        return left.filter { $0.value.type == .float32 && (statistics || !$0.key.contains("running_")) }
            .map { name, tensor in
                let (own, other) = (tensor.floats, right[name]?.floats ?? [])
                let largest = own.map(abs).max() ?? 0
                return (zip(own, other).map { abs($0 - $1) }.max() ?? 0) / max(largest, 1e-3)
            }.max() ?? .infinity
    }

    private func weights(_ run: String) throws -> [String: HostTensor] {
        try SafeTensors.read("\(folder)/runs/\(run)/checkpoints/last.safetensors").tensors.filter {
            $0.key.hasPrefix("model.")
        }
    }

    /// Steps that the last checkpoint stands at.
    func step(_ run: String) throws -> Int {
        struct State: Decodable {
            let step: Int
        }
        let content = try SafeTensors.read("\(folder)/runs/\(run)/checkpoints/last.safetensors")
        return try JSONDecoder().decode(State.self, from: Data(try #require(content.metadata["state"]).utf8)).step
    }
}
