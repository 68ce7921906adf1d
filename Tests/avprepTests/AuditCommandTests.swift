import Foundation
import TestSupport
import Testing

@Suite struct AuditCommandTests {
    @Test func tooSmallACorpusIsSaidToTellNothingWithAStatusOfItsOwn() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 6)
            #expect(try corpus.run(["audit", "-q"]).status == 65)
            #expect(try corpus.run(["ingest", "-q"]).status == 0)
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            let text = try corpus.run(["audit", "-q"])
            #expect(text.status == 2, "\(text.standardOutput)\(text.standardError)")
            #expect(text.standardOutput.contains("no leak found; "))
            #expect(text.standardOutput.contains("cannot tell: too few videos or pairs"))
            let json = try corpus.run([
                "audit", "-q", "--json", "--for", "easy", "--probe", "border", "--ask", "labels",
            ])
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(json.standardOutput.utf8)) as? [String: Any])
            let rows = try #require(report["rows"] as? [[String: Any]])
            #expect(rows.count == 1 && rows[0]["probe"] as? String == "border")
            #expect(rows[0]["verdict"] as? String == "cannot-tell")
        }
    }

    @Test func wrongChoicesAreUsageErrors() throws {
        try withTemporaryFolder { folder in
            _ = try Command.run(Products.avprep, ["init"], in: folder)
            for arguments in [["--probe", "colour"], ["--ask", "why"], ["--split", "dev"]] {
                let result = try Command.run(Products.avprep, ["audit"] + arguments, in: folder)
                #expect(result.status == 64 && result.standardError.contains(arguments[1]), "\(result.standardError)")
            }
        }
    }
}
