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

    @Test(.enabled(if: Products.hasEngine, "make engine builds the engine"))
    func trainingContinuesAfterSIGKILLAndEndsWithTheSameWeights() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 12)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let whole = try corpus.run(["train", "-q", "--name", "whole"])
            #expect(whole.status == 0, "\(whole.standardError)")
            var kills = 0
            for delay in [1500, 2500, 3500]
            where try corpus.kill(["train", "-q", "--name", "killed"], afterMilliseconds: delay) {
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
