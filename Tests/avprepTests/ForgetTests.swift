import AVPrepCore
import Foundation
import TestSupport
import Testing

/// `avprep forget` as a user runs it.
@Suite struct ForgetTests {
    /// The ids of the first videos, by the catalog's own word.
    private func ids(_ corpus: CommandCorpus, _ count: Int) throws -> [String] {
        try (0..<count).map { number in
            let story = try corpus.run(["why", "--json", "videos/video-0000\(number).mp4"]).standardOutput
            struct Story: Decodable { let videoID: String }
            return try JSONDecoder().decode(Story.self, from: Data(story.utf8)).videoID
        }
    }

    /// Killed at any moment, the same command ends it, with the shards of a run that was never disturbed.
    @Test func killedAnywhereTheSameCommandGoesOn() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 10)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let items = ["forget", "-q", "videos/video-0000[0-3].mp4"]
            let whole = try corpus.copy(to: folder + "/whole", isWhole: true)
            let start = ContinuousClock.now
            let undisturbed = try whole.run(items)
            #expect(undisturbed.status == 0, "\(undisturbed.standardError)")
            let length = (ContinuousClock.now - start) / .milliseconds(1)
            let expected = try digests(whole.folder)
            var random = SeededRandom(seed: 5)
            var kills = 0
            for attempt in 0..<6 {
                let other = try corpus.copy(to: folder + "/killed-\(attempt)", isWhole: true)
                for _ in 0..<3
                where try other.kill(items, afterMilliseconds: Int(random.uniform(0...length))) {
                    kills += 1
                }
                let rest = try other.run(items)
                #expect(rest.status == 0, "\(rest.standardError)")
                #expect(try digests(other.folder) == expected)
                let verify = try other.run(["verify", "--forgotten", "-q"])
                #expect(verify.status == 0, "\(verify.standardOutput)")
            }
            #expect(kills >= 3)
        }
    }

    @Test func theCommandLineSaysWhatGoesAndWhatCannotBeKnown() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 6)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let ids = try ids(corpus, 2)
            let before = try corpus.digests(".", endings: [".h5", ".json"])
            let dry = try corpus.run(["forget", ids[0], "--dry-run"])
            #expect(dry.status == 0 && dry.standardOutput.contains("would be forgotten: \(ids[0])"))
            #expect(try corpus.digests(".", endings: [".h5", ".json"]) == before)
            try Data("# taken down\n\(ids[0])\r\nvideos/video-00001.mp4\twhy\n\nvideos/none.mp4\n".utf8)
                .write(to: URL(fileURLWithPath: corpus.folder + "/list.txt"))
            let result = try corpus.run(["forget", "--list", "list.txt", "--json"])
            #expect(result.status == 2 && result.standardOutput.contains("snapshots"))
            struct Report: Decodable {
                struct Video: Decodable { let videoID: String }
                let videos: [Video]
                let unknown: [String]
            }
            let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput.utf8))
            #expect(report.videos.map(\.videoID) == ids.sorted() && report.unknown == ["videos/none.mp4"])
            #expect(try corpus.run(["verify", "--forgotten"]).standardOutput.contains("2 forgotten videos"))
            #expect(try corpus.run(["forget", "--undo"]).status == 64)
            #expect(try corpus.run(["forget", "--undo", "videos/video-00000.mp4"]).status == 0)
            #expect(try corpus.run(["forget", "--undo", "videos/video-00000.mp4"]).status == 65)
            #expect(try corpus.run(["forget"]).standardOutput == "nothing is forgotten\n")
        }
    }

    /// A folder that may not be written to keeps its files, and the same command ends it later.
    @Test(.enabled(if: geteuid() != 0, "root writes everywhere"))
    func aReadOnlyFolderOfShardsStopsItAndLosesNothing() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 6)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            chmod(corpus.folder + "/shards", 0o555)
            defer { chmod(corpus.folder + "/shards", 0o755) }
            let refused = try corpus.run(["forget", "videos/video-00000.mp4"])
            #expect(refused.status == 1 && refused.standardError.contains("shards/"))
            #expect(try corpus.run(["verify", "-q"]).status == 65)
            chmod(corpus.folder + "/shards", 0o755)
            #expect(try corpus.run(["forget", "videos/video-00000.mp4"]).status == 0)
            #expect(try corpus.run(["verify", "-q", "--forgotten"]).status == 0)
        }
    }

    private func digests(_ folder: String) throws -> String {
        let script = "find shards prepared -type f | grep -v partial | sort | xargs -r sha256sum"
        return try Command.run("/bin/bash", ["-c", script], in: folder).standardOutput
    }
}
