import Foundation
import TestSupport
import Testing

/// What a file does to its decoder process costs that file alone, for a user of the program.
@Suite struct DecoderFaultTests {
    @Test func eachFaultCostsOneItemAndTheCountsAddUp() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let undisturbed = try CommandCorpus(other, videos: 8)
                #expect(try undisturbed.run(["ingest", "-q"]).status == 0)
                let corpus = try CommandCorpus(folder, videos: 8)
                let faults = [
                    "crash:3@00001", "hang:2@00002", "memory@00003", "garbage:5@00004", "exit@00005", "socket:1@00006",
                ]
                let result = try corpus.run(
                    ["ingest", "-q", "--json", "--set", "ingest.limits.max_stall_seconds=5"]
                        + ["--set", "ingest.limits.max_memory_mb=128"], faults: faults)
                #expect(result.status == 2, "\(result.standardError)")
                let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput.utf8))
                #expect(report.counts.done == 2 && report.counts.failed == 6 && report.counts.pending == 0)
                let codes = Dictionary(uniqueKeysWithValues: report.counts.reasons.map { ($0.code, $0.count) })
                #expect(codes == ["crashed": 2, "time-limit": 1, "memory-limit": 1, "untrustworthy": 2])
                for name in 1...6 {
                    #expect(report.notes.count { $0.contains("video-0000\(name).mp4") } == 1, "\(report.notes)")
                }
                #expect(try corpus.run(["status", "--check"]).standardOutput.contains("8 listed = 2 done"))
                // Without the faults, what failed is made up for, with the bytes of a run that never failed.
                #expect(try corpus.run(["ingest", "-q", "--retry"]).status == 0)
                let expected = try undisturbed.digests("prepared", endings: [".h5"])
                #expect(expected.split(separator: "\n").count == 8)
                #expect(try corpus.digests("prepared", endings: [".h5"]) == expected)
            }
        }
    }

    /// A cause that passes is waited for a little; where it does not pass in time, the next run needs no `--retry`.
    @Test func readErrorsAreTriedAgainInTheRunAndByTheNextOne() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            let dead = try corpus.run(["ingest", "-q", "--json"], faults: ["read-error@00001"])
            #expect(dead.status == 2, "\(dead.standardError)")
            let report = try JSONDecoder().decode(Report.self, from: Data(dead.standardOutput.utf8))
            #expect(report.counts.done == 1 && report.counts.failed == 1)
            #expect(report.counts.reasons.map(\.code) == ["read-error"])
            #expect(report.counts.reasons.map(\.isPassing) == [true])
            #expect(try corpus.run(["status"]).standardOutput.contains("1 failed: read-error (passing"))
            // A second from now: the attempts within the run find it gone.
            let until = Date().timeIntervalSince1970 + 1.5
            let stumbling = try corpus.run(["ingest", "-q"], faults: ["read-error@00001"], until: until)
            #expect(stumbling.status == 0, "\(stumbling.standardOutput)")
            #expect(Date().timeIntervalSince1970 > until)
            #expect(try corpus.run(["status", "--check"]).standardOutput.contains("2 listed = 2 done"))
        }
    }

    @Test func decodingElsewhereGivesTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 3)
            var digests: [String] = []
            for isolation in ["process", "none"] {
                #expect(try corpus.run(["ingest", "-q", "--set", "ingest.isolation=\(isolation)"]).status == 0)
                digests.append(try corpus.digests("prepared", endings: [".h5"]))
                try FileManager.default.removeItem(atPath: corpus.folder + "/prepared")
            }
            #expect(digests[0] == digests[1])
            #expect(digests[0].split(separator: "\n").count == 3)
        }
    }

    /// However the program ends, its decoders end with it: killed, or asked to stop in the middle of a file.
    @Test(arguments: zip([SIGKILL, SIGINT, SIGTERM], [128 + SIGKILL, 130, 143]))
    func decodersEndWithTheProgram(signal: Int32, status: Int32) throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Products.avprep)
            process.arguments = ["ingest", "-q"]
            process.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
            process.environment = ProcessInfo.processInfo.environment.merging(
                try corpus.faultyDecoder(["hang:1@video"])
            ) { _, new in new }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            // Two workers: a program for each, and a process for each one's file.
            var decoders: Set<Int32> = []
            for _ in 0..<600 where decoders.count < 4 {
                usleep(50_000)
                decoders = ProcessTree.descendants(of: process.processIdentifier)
            }
            #expect(decoders.count == 4)
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            let ended = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
            #expect(ended == status)
            var left = decoders
            for _ in 0..<100 where !left.isEmpty {
                left = left.filter { ProcessTree.isAlive($0) }
                usleep(50_000)
            }
            #expect(left.isEmpty)
        }
    }

    @Test func doctorSaysWhatProtectsDecoding() throws {
        let doctor = try Command.run(Products.avprep, ["doctor"])
        for name in ["decoder", "seccomp", "Landlock", "memfd"] {
            #expect(doctor.standardOutput.contains("\n\(name) "))
        }
        let without = try Command.run(
            Products.avprep, ["doctor"], environment: ["AVPREP_DECODER": "/nowhere/avprep-decode"])
        #expect(without.status == 1 && without.standardOutput.contains("/nowhere/avprep-decode"))
    }

    @Test func withoutTheDecoderProgramIngestSaysSoInOneLine() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 1)
            let result = try Command.run(
                Products.avprep, ["ingest", "-q"], in: corpus.folder, environment: ["AVPREP_DECODER": "/nowhere"])
            #expect(result.status == 1)
            #expect(result.standardError.contains("/nowhere"))
            #expect(result.standardError.split(separator: "\n").count == 1, "\(result.standardError)")
        }
    }

    private struct Report: Decodable {
        struct Counts: Decodable {
            struct Reason: Decodable {
                let code: String
                let count: Int
                let isPassing: Bool
            }
            let done: Int
            let failed: Int
            let pending: Int
            let reasons: [Reason]
        }
        let counts: Counts
        let notes: [String]
    }
}

extension CommandCorpus {
    /// Runs avprep in the folder, with faults planned for the decoder processes of some files.
    ///
    /// - Parameter until: when the faults end, in seconds since 1970.
    fileprivate func run(_ arguments: [String], faults: [String], until: Double = .infinity) throws -> Command.Result {
        try Command.run(Products.avprep, arguments, in: folder, environment: try faultyDecoder(faults, until: until))
    }

    /// The environment in which avprep starts the decoder with planned faults: a script of the name that avprep looks for
    /// becomes that program, with the plan as an argument.
    fileprivate func faultyDecoder(_ faults: [String], until: Double = .infinity) throws -> [String: String] {
        let script = folder + "/decoder"
        try """
        #!/bin/sh
        exec '\(Products.faultyDecoder)' '--faults=\(faults.joined(separator: ","))' '--until=\(until)' "$@"

        """.write(toFile: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        return ["AVPREP_DECODER": script]
    }
}

/// Processes and their parents, by /proc.
private enum ProcessTree {
    /// Children of a process, and theirs.
    static func descendants(of process: Int32) -> Set<Int32> {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        var parents: [Int32: Int32] = [:]
        for one in all { parents[one] = parent(of: one) }
        var found: Set<Int32> = []
        var size = -1
        while found.count > size {
            size = found.count
            found.formUnion(parents.filter { $0.value == process || found.contains($0.value) }.keys)
        }
        return found
    }

    /// Whether it runs: a process that nobody has waited for yet does not.
    static func isAlive(_ process: Int32) -> Bool { stat(of: process).map { $0[0] != "Z" } ?? false }

    private static func parent(of process: Int32) -> Int32? { stat(of: process).flatMap { Int32($0[1]) } }

    /// State and parent, which come after the name in parentheses.
    private static func stat(of process: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 1 ? Array(fields.prefix(2)) : nil
    }
}
