import AVPrepIngest
import AVPrepShard
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct FormatPageTests {
    /// The very lines of the page, over shards of this version.
    @Test func thePythonOfTheFormatPageReadsAPair() throws {
        let page = try String(contentsOfFile: Oracle.repository + "/schemas/shard-format.md", encoding: .utf8)
        let code = try #require(page.components(separatedBy: "```python\n").dropFirst().first)
            .components(separatedBy: "```")[0]
        #expect(code.split(separator: "\n").count <= 15, "a pair is read in 15 lines")
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(3)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let printed = try Oracle.run("import os, sys\nos.chdir(sys.argv[1])\n" + code, [folder])
            // Twelve frames a second, 32 pixels on the shorter side, 100 mel frames a second, 40 bands.
            #expect(
                printed.hasSuffix("(12, 32, 42, 3) (100, 40)\n") && ["0", "1"].contains(printed.prefix(1)), "\(printed)"
            )
        }
    }
}
