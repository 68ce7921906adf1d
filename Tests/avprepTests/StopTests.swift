import Foundation
import TestSupport
import Testing

/// SIGINT and SIGTERM end every command within two seconds, whatever it is doing, with its exit code; and nothing half done is
/// left behind.
@Suite(.serialized) struct StopTests {
    /// Two seconds by a clock that a loaded machine cannot make wrong by much.
    private static let longest = 2.5

    /// - Returns: the exit code (128 and more: the signal that killed it), and the seconds from the signal to the end.
    private func stop(
        _ arguments: [String], in folder: String, with signal: Int32, after delay: Double
    ) throws -> (status: Int32, seconds: Double) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Products.avprep)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        usleep(UInt32(delay * 1e6))
        let start = ContinuousClock.now
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        return (status, seconds)
    }

    private func expectStop(
        _ arguments: [String], in folder: String, after delay: Double = 1, mayEnd: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for (signal, status) in [(SIGINT, Int32(130)), (SIGTERM, 143)] {
            let end = try stop(arguments, in: folder, with: signal, after: delay)
            #expect(
                end.status == status || mayEnd && [0, 1, 2, 65].contains(end.status),
                "\(arguments) after \(delay) s: \(end)", sourceLocation: sourceLocation)
            #expect(end.seconds < Self.longest, "\(arguments) after \(delay) s: \(end)", sourceLocation: sourceLocation)
        }
    }

    /// What hangs where no check of a flag is reached: files that never give a byte.
    @Test func commandsThatWaitForAFileThatNeverComes() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            #expect(mkfifo(corpus.folder + "/pipe.yaml", 0o600) == 0)
            for command in ["ingest", "shard", "train", "evaluate", "status", "verify", "wisdom", "audit"] {
                try expectStop([command, "--pipeline", "pipe.yaml"], in: corpus.folder, after: 0.5, mayEnd: true)
            }
            try expectStop(["export", "out", "--pipeline", "pipe.yaml"], in: corpus.folder, after: 0.5, mayEnd: true)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            try FileManager.default.removeItem(atPath: corpus.folder + "/shards/index.json")
            #expect(mkfifo(corpus.folder + "/shards/index.json", 0o600) == 0)
            for command in [
                ["shard"], ["train"], ["verify"], ["status"], ["pairs", "list"], ["export", "out"], ["audit"],
            ] {
                try expectStop(command, in: corpus.folder, after: 0.7, mayEnd: true)
            }
        }
    }

    /// A catalog that another program has for itself is waited for, but not against a signal.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func commandsThatWaitForAnotherProcess() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            let holder = Process()
            holder.executableURL = URL(fileURLWithPath: try #require(Oracle.python))
            holder.arguments = [
                "-c",
                "import sqlite3, time; c = sqlite3.connect('catalog.sqlite'); c.execute('PRAGMA locking_mode=EXCLUSIVE'); c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(60)",
            ]
            holder.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
            let output = Pipe()
            holder.standardOutput = output
            try holder.run()
            defer {
                kill(holder.processIdentifier, SIGKILL)
                holder.waitUntilExit()
            }
            #expect(output.fileHandleForReading.availableData.count > 0)
            for command in [["ingest"], ["shard"], ["status"]] { try expectStop(command, in: corpus.folder) }
        }
    }

    /// A signal that came while the program was being loaded waits for it, and is neither dropped nor deadly.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [SIGTERM, SIGINT, SIGUSR1, SIGHUP])
    func whatCameBeforeTheFirstMomentIsHeard(signal: Int32) throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try #require(Oracle.python))
            process.arguments = [
                "-c",
                "import os, signal, subprocess, sys; n = int(sys.argv[1]); signal.pthread_sigmask(signal.SIG_BLOCK, [n]); "
                    + "subprocess.run(['kill', f'-{n}', str(os.getpid())]); os.execv(sys.argv[2], sys.argv[2:])",
                "\(signal)", Products.avprep, "synth", "more", "--videos", "2000", "-q",
            ]
            process.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationReason == .exit)
            #expect(process.terminationStatus == [SIGINT: 130, SIGHUP: 129][signal] ?? 143)
        }
    }

    /// Swift's runtime stops the threads of a program that crashes by signals, of which some are those that ask for an end.
    @Test func aCrashIsNoRequestToStop() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Products.avprep)
            process.arguments = ["synth", "more", "--videos", "2000", "-q"]
            process.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
            process.environment = ["SWIFT_BACKTRACE": "symbolicate=off,threads=crashed,images=none,registers=none"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            sleep(1)
            // The runtime reports the first one, and is left by the next.
            for _ in 0..<60 where process.isRunning {
                kill(process.processIdentifier, SIGSEGV)
                usleep(500_000)
            }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGSEGV)
        }
    }

    /// At many moments of each command's work; afterwards the same command ends as if nothing had been.
    @Test func commandsAtWork() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 12)
            let delays = [0.15, 0.4, 0.8]
            for delay in delays {
                try expectStop(
                    ["synth", "more", "--videos", "400"], in: corpus.folder, after: delay)
                try expectStop(["wisdom"], in: corpus.folder, after: delay, mayEnd: true)
                try expectStop(["ingest"], in: corpus.folder, after: delay, mayEnd: true)
            }
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            for delay in delays { try expectStop(["shard"], in: corpus.folder, after: delay / 3, mayEnd: true) }
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            for delay in delays {
                try expectStop(["verify", "--sources"], in: corpus.folder, after: delay, mayEnd: true)
                try expectStop(["audit"], in: corpus.folder, after: delay, mayEnd: true)
                try expectStop(["export", "out"], in: corpus.folder, after: delay, mayEnd: true)
                try expectStop(["inspect", "videos/video-00001.mp4"], in: corpus.folder, after: delay, mayEnd: true)
            }
            #expect(try corpus.run(["verify", "--sources"]).status == 0)
            #expect(try corpus.run(["export", "out"]).status == 0)
            #expect(try corpus.run(["status", "--check"]).standardOutput.contains("12 listed = 12 done"))
            #expect(try corpus.litter() == "")
        }
    }

    @Test(.enabled(if: Products.hasEngine, "the torch engine is not built"))
    func trainingSavesWhatItHas() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 10)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let long = ["train", "--set", "train.pairs_per_epoch=48000"]
            for delay in [0.3, 1, 3] { try expectStop(long, in: corpus.folder, after: delay, mayEnd: delay > 1) }
            #expect(FileManager.default.fileExists(atPath: corpus.folder + "/runs/small/checkpoints/last.safetensors"))
        }
    }

    /// A named pipe, a device without end and a socket in a corpus cost themselves alone, at once.
    @Test func whatIsNoRegularFileIsNeverWaitedFor() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 1)
            let videos = corpus.folder + "/videos"
            #expect(mkfifo(videos + "/pipe.mp4", 0o600) == 0)
            #expect(symlink("/dev/zero", videos + "/zero.mp4") == 0)
            #expect(symlink(videos + "/pipe.mp4", videos + "/link.mp4") == 0)
            let start = ContinuousClock.now
            let result = try corpus.run(["ingest", "-q"])
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(result.status == 2)
            #expect(result.standardOutput.components(separatedBy: "is not a regular file").count == 4)
            #expect(result.standardOutput.contains("4 videos: 1 done, 0 skipped, 3 failed"))
        }
    }
}
