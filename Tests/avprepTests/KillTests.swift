import AVPrepCore
import Foundation
import TestSupport
import Testing

/// Killed at any moment, the same command again continues, and ends with the bytes of a run that was never disturbed.
@Suite struct KillTests {
    @Test func ingestAndShardContinueAfterSIGKILL() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let undisturbed = try CommandCorpus(folder, videos: 10)
                #expect(try undisturbed.run(["ingest", "-q"]).status == 0)
                #expect(try undisturbed.run(["shard", "-q"]).status == 0)
                let killed = try CommandCorpus(other, videos: 10)
                var kills = 0
                for delay in [60, 120, 200, 300, 450] where try killed.kill(["ingest", "-q"], afterMilliseconds: delay)
                {
                    kills += 1
                }
                #expect(try killed.run(["ingest", "-q"]).status == 0)
                for delay in [40, 60, 80, 110] where try killed.kill(["shard", "-q"], afterMilliseconds: delay) {
                    kills += 1
                }
                #expect(try killed.run(["shard", "-q"]).status == 0)
                #expect(kills >= 2)
                for name in ["prepared", "shards"] {
                    let expected = try undisturbed.digests(name, endings: [".h5", ".json"])
                    #expect(expected.split(separator: "\n").count >= 8)
                    #expect(try killed.digests(name, endings: [".h5", ".json"]) == expected)
                }
                #expect(try killed.litter() == "")
            }
        }
    }

    /// Kills at random moments of ingest and shard: a few here, as many as `AVPREP_KILLS` says in `make kill`.
    @Test func killsAtRandomMomentsChangeNothing() throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["AVPREP_KILLS"].flatMap { Int($0) } ?? 6
        var random = SeededRandom(seed: environment["AVPREP_SEED"].flatMap { UInt64($0) } ?? 1)
        try withTemporaryFolder { folder in
            let undisturbed = try CommandCorpus(folder, videos: 6)
            var kills = 0
            var longest = ["ingest": 50.0, "shard": 50.0]
            for command in ["ingest", "shard"] {
                let start = ContinuousClock.now
                #expect(try undisturbed.run([command, "-q"]).status == 0)
                longest[command] = (ContinuousClock.now - start) / .milliseconds(1)
            }
            let expected = try ["prepared", "shards"].map { try undisturbed.digests($0, endings: [".h5", ".json"]) }
            while kills < wanted {
                try withTemporaryFolder { other in
                    let killed = try undisturbed.copy(to: other)
                    for command in ["ingest", "shard"] {
                        // Never so often that nothing gets done: each try goes on where the last was killed.
                        for _ in 0..<10 {
                            let delay = Int(random.uniform(0...(longest[command] ?? 50)))
                            guard try killed.kill([command, "-q"], afterMilliseconds: delay) else { break }
                            kills += 1
                        }
                        #expect(try killed.run([command, "-q"]).status == 0)
                    }
                    #expect(
                        try ["prepared", "shards"].map { try killed.digests($0, endings: [".h5", ".json"]) } == expected
                    )
                    #expect(try killed.litter() == "")
                    #expect(try killed.run(["verify"]).status == 0)
                }
            }
            if wanted > 10 { print("\(kills) kills") }
        }
    }

    @Test func decidingAnewContinuesAfterSIGKILL() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let killed = try CommandCorpus(folder, videos: 10)
                let policy = ["--set", "policy.static_camera=drop", "--set", "policy.pan=drop"]
                let undisturbed = try killed.copy(to: other)
                #expect(try undisturbed.run(["ingest", "-q"] + policy).status == 0)
                #expect(try killed.run(["ingest", "-q"]).status == 0)
                var kills = 0
                for delay in [30, 45, 60, 80, 100, 130]
                where try killed.kill(["ingest", "-q"] + policy, afterMilliseconds: delay) {
                    kills += 1
                }
                #expect(kills >= 1)
                let rest = try killed.run(["ingest"] + policy)
                #expect(rest.status == 0, "\(rest.standardError)")
                let expected = try undisturbed.digests("prepared", endings: [".h5"])
                #expect(expected.split(separator: "\n").count == 10)
                #expect(try killed.digests("prepared", endings: [".h5"]) == expected)
                #expect(try killed.litter() == "")
                let counts = try [killed, undisturbed].map { try $0.run(["status", "--json"] + policy).standardOutput }
                #expect(counts[0].contains("\"outdated\""))
            }
        }
    }

    @Test(.enabled(if: Products.hasEngine, "make engine builds the engine"))
    func trainingContinuesAfterSIGKILLAndEndsWithTheSameWeights() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 12)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let whole = try corpus.run(["train", "-q", "--name", "whole"])
            #expect(whole.status == 0, "\(whole.standardError)")
            // As soon as each try has written a checkpoint, however fast the machine trains.
            var kills = 0
            for _ in 0..<3
            where try corpus.kill(
                ["train", "-q", "--name", "killed"], whenReplaced: "runs/killed/checkpoints/last.safetensors")
            {
                kills += 1
            }
            let rest = try corpus.run(["train", "-q", "--name", "killed"])
            #expect(rest.status == 0, "\(rest.standardError)")
            #expect(kills >= 1)
            for name in ["video.safetensors", "audio.safetensors"] {
                let same = try Command.run(
                    "/usr/bin/cmp", ["runs/whole/\(name)", "runs/killed/\(name)"], in: corpus.folder)
                #expect(same.status == 0, "\(name): \(same.standardOutput)")
            }
        }
    }
}
