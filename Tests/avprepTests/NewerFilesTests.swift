import AVPrepCore
import Foundation
import TestSupport
import Testing

@Suite struct NewerFilesTests {
    /// A key that only a newer program knows is one line and exit code 65 at the command line.
    @Test(arguments: [["shard"], ["shard", "--hard-ratio", "0.5"], ["pairs", "list"], ["export", "out"], ["verify"]])
    func anIndexOfANewerProgramIsOneLineAndExitCode65(_ arguments: [String]) throws {
        try withTemporaryFolder { folder in
            try GoldenArchive.unpack(into: folder)
            let index = folder + "/shards/index.json"
            var tree = try JSONValue(parsing: String(contentsOfFile: index, encoding: .utf8))
            tree[["layout", "later_key"]] = .integer(1)
            try Data(try tree.text.utf8).write(to: URL(fileURLWithPath: index))
            let before = try SHA256.digest(ofFile: index).hex
            let result = try Command.run(
                Products.avprep, arguments + (arguments[0] == "pairs" ? [] : ["--quiet"]), in: folder)
            #expect(result.status == ExitStatus.badInput.rawValue)
            let said = (arguments == ["verify"] ? result.standardOutput : result.standardError).split(separator: "\n")
            #expect(
                said.count { $0.contains("shards/index.json was written by a newer avprep") } == 1
                    && said.contains { $0.contains("the key \"layout/later_key\"") }, "\(result)")
            if arguments != ["verify"] { #expect(said.count == 1) }
            #expect(try SHA256.digest(ofFile: index).hex == before)
        }
    }
}
