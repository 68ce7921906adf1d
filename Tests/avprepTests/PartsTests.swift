import AVPrepCore
import Foundation
import TestSupport
import Testing

/// Tasks on several machines, as processes: killed, stalled, stopped.
@Suite(.serialized) struct PartsTests {
    private func start(_ arguments: [String], in corpus: CommandCorpus) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Products.avprep)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Waits until the logs in `parts` have so many lines of items that are done.
    private func wait(for count: Int, doneIn corpus: CommandCorpus) throws {
        for _ in 0..<600 {
            let counted = try Command.run(
                "/bin/bash", ["-c", "cat parts/current/tasks/*.log 2>/dev/null | grep -c '^d'"], in: corpus.folder)
            if let lines = Int(counted.standardOutput.trimmingCharacters(in: .newlines)), lines >= count { return }
            usleep(50_000)
        }
        Issue.record("the tasks have not done \(count) items")
    }

    private func dump(of corpus: CommandCorpus) throws -> [String] {
        try CatalogDump.rows(of: corpus.folder + "/catalog.sqlite").map {
            $0.replacing(corpus.folder, with: "FOLDER")
        }
    }

    /// One of four is killed, one is stopped in the middle and wakes up when all is merged; the others do their work.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aKilledAndAStalledTaskLoseNothing() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let divided = try CommandCorpus(folder, videos: 14)
                let copy = divided.folder + "/videos/a-copy.mp4"
                try FileManager.default.copyItem(atPath: divided.folder + "/videos/video-00003.mp4", toPath: copy)
                let whole = try divided.copy(to: other)
                let preserved = try Command.run(
                    "/bin/cp", ["-a", divided.folder + "/videos", whole.folder + "/"])
                #expect(preserved.status == 0)
                #expect(try whole.run(["ingest", "-q"]).status == 0)
                let options = ["-q", "--lease", "1.5", "--workers", "1", "--scratch", other + "/scratch"]
                let tasks = try (1...4).map { try start(["ingest", "--part", "\($0)/4"] + options, in: divided) }
                try wait(for: 3, doneIn: divided)
                kill(tasks[0].processIdentifier, SIGKILL)
                kill(tasks[1].processIdentifier, SIGSTOP)
                for task in tasks[2...] { task.waitUntilExit() }
                #expect(tasks[2...].map(\.terminationStatus) == [0, 0])
                let merged = try divided.run(["merge", "-q"])
                #expect(merged.status == 0, "\(merged.standardOutput) \(merged.standardError)")
                #expect(merged.standardOutput.contains("4 tasks"))
                kill(tasks[1].processIdentifier, SIGCONT)
                tasks[1].waitUntilExit()
                // It hears of the merge, or had nothing left to write down.
                #expect([75, 0].contains(tasks[1].terminationStatus))
                tasks[0].waitUntilExit()
                let (first, second) = (try dump(of: divided), try dump(of: whole))
                #expect(first.filter { !second.contains($0) } == [])
                #expect(second.filter { !first.contains($0) } == [])
                for corpus in [divided, whole] { #expect(try corpus.run(["shard", "-q"]).status == 0) }
                for name in ["prepared", "shards"] {
                    let digests = try [divided, whole].map { try $0.digests(name, endings: [".h5", ".json"]) }
                    #expect(digests[0] == digests[1] && digests[0].split(separator: "\n").count >= 8)
                }
                #expect(try divided.run(["verify"]).status == 0)
            }
        }
    }

    /// Slurm's warning, its end, and a terminal that is gone: everything done is kept, and the same task goes on.
    @Test func aTaskThatIsStoppedKeepsWhatItHasDone() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 12)
            let task = ["ingest", "--part", "1/1", "-q", "--workers", "1"]
            for (count, (signal, status)) in [(SIGUSR1, Int32(143)), (SIGTERM, 143), (SIGHUP, 129)].enumerated() {
                let process = try start(task, in: corpus)
                try wait(for: 2 * (count + 1), doneIn: corpus)
                kill(process.processIdentifier, signal)
                // Schedulers send several.
                kill(process.processIdentifier, SIGTERM)
                process.waitUntilExit()
                #expect(process.terminationReason == .exit && [status, 143].contains(process.terminationStatus))
            }
            let last = try corpus.run(task)
            #expect(last.status == 0 && last.standardOutput.contains("all 12 videos"), "\(last.standardOutput)")
            let merged = try corpus.run(["merge", "--json"])
            #expect(merged.status == 0 && merged.standardOutput.contains("\"merged\" : 12"), "\(merged.standardOutput)")
            #expect(try corpus.litter() == "")
        }
    }

    /// nohup and shells that detach their jobs ignore SIGHUP: the work goes on.
    @Test func anIgnoredHangupStopsNothing() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 6)
            let script = """
                trap '' HUP
                "$0" ingest -q & pid=$!
                sleep 0.4; kill -HUP $pid; wait $pid
                """
            let result = try Command.run("/bin/bash", ["-c", script, Products.avprep], in: corpus.folder)
            #expect(result.status == 0, "\(result.standardError)")
        }
    }

    /// A signal before the program that works is loaded waits for it.
    @Test func aSignalInTheFirstMomentEndsCleanly() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            for delay: UInt32 in [8_000, 15_000, 30_000, 60_000, 90_000] {
                let process = try start(["ingest", "-q"], in: corpus)
                usleep(delay)
                kill(process.processIdentifier, SIGUSR1)
                process.waitUntilExit()
                let isEarly = process.terminationReason == .uncaughtSignal && delay < 30_000
                #expect(isEarly || [143, 0].contains(process.terminationStatus), "\(delay) µs")
            }
        }
    }

    @Test func wrongPartsAreUsageErrors() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 1)
            for arguments in [
                ["--part", "3/2"], ["--part", "slurm"], ["--part", "1/1", "--rehash"], ["--lease", "5"],
            ] {
                let result = try corpus.run(["ingest"] + arguments)
                #expect(result.status == 64, "\(arguments): \(result.standardError)")
            }
            #expect(try corpus.run(["merge"]).standardOutput.contains("nothing to merge"))
        }
    }
}
