import Foundation
import TestSupport
import Testing

/// A pair file that is not the one its index was written for, before the programs themselves.
@Suite struct ExchangedPairFileTests {
    @Test func everyCommandThatReadsPairsNamesItAndChangesNothing() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 6)
            for arguments in [["ingest", "-q"], ["shard", "-q"]] { #expect(try corpus.run(arguments).status == 0) }
            let file = "train-00000.pairs.h5"
            let path = URL(fileURLWithPath: "\(corpus.folder)/shards/\(file)")
            var bytes = try Data(contentsOf: path)
            bytes[bytes.count - 9] ^= 1
            try bytes.write(to: path)
            let before = try corpus.digests("shards", endings: [""])
            for arguments in [
                ["audit"], ["pairs", "list"], ["pairs", "export", "easy", "--csv", "easy.csv"],
                ["pairs", "remove", "easy"], ["verify"], ["verify", "--quick"], ["train"], ["export", "exported"],
                ["inspect", "shards/train-00000.h5"],
            ] {
                let result = try corpus.run(arguments + (["pairs", "inspect"].contains(arguments[0]) ? [] : ["-q"]))
                let lines = (result.standardOutput + result.standardError).split(separator: "\n")
                #expect(result.status == 65, "\(arguments): \(lines)")
                #expect(lines.count { $0.contains(file) } == 1, "\(arguments): \(lines)")
                #expect(try corpus.digests("shards", endings: [""]) == before, "\(arguments)")
            }
            for name in ["easy.csv", "exported"] {
                #expect(!FileManager.default.fileExists(atPath: "\(corpus.folder)/\(name)"), "\(name)")
            }
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            #expect(try corpus.run(["verify", "-q"]).status == 0)
        }
    }
}
