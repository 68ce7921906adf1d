import AVPrepCore
import AVPrepShard
import AVPrepStore
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// A pair file that was exchanged for another sound one, or damaged, after the index was written: no command reads it, and
/// none writes a checksum that makes it look like the one that was written.
@Suite struct HostilePairFilesTests {
    /// What becomes of a pair file.
    private static let changes: [(name: String, change: @Sendable (String) throws -> Void)] = [
        (
            "other pairs",
            { path in
                var sets = try PairFile.read(path)
                for index in sets.indices { sets[index].pairs.reverse() }
                try PairFile.write(sets, shardKey: try PairFile.shardKey(path) ?? "", to: path)
            }
        ),
        (
            "a flipped bit",
            { path in
                var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: URL(fileURLWithPath: path))
            }
        ),
        ("gone", { try FileManager.default.removeItem(atPath: $0) }),
    ]

    private func digests(_ folder: String) throws -> [String: String] {
        var digests: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            digests[name] = try SHA256.digest(ofFile: "\(folder)/\(name)").hex
        }
        return digests
    }

    @Test func everyCommandRefusesItInOneLineAndLeavesAllFilesAsTheyAre() throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let written = try digests(shards.corpus.workspace.shards)
            for (name, change) in Self.changes {
                let copy = try shards.copy("case")
                try change(copy.path(HostileShards.pairs))
                let before = try digests(copy.folder)
                let around = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                for act in HostileShards.Act.allCases where act.readsPairs && act != .shard {
                    let refusal = try shards.attempt(act, copy)
                    #expect(
                        refusal?.text.contains(HostileShards.pairs) == true && refusal?.text.contains("\n") == false
                            && refusal?.status == .badInput, "\(name), \(act): \(refusal as Any)")
                    #expect(try digests(copy.folder) == before, "\(name), \(act)")
                }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == around, "\(name)")
                let findings = try shards.verify(copy)
                #expect(
                    findings.map(\.code) == [name == "gone" ? .missing : .changed]
                        && findings[0].file == copy.path(HostileShards.pairs), "\(name): \(findings)")
                // Drawn again by its definition, it has the very bytes that it had.
                #expect(try shards.attempt(.shard, copy) == nil)
                #expect(try digests(copy.folder) == written, "\(name)")
            }
        }
    }

    @Test func setsThatAreRemovedAreGoneFromFilesAndIndexAndLeaveNothingBehind() throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let copy = try shards.copy("case")
            let before = try digests(copy.folder)
            _ = try PairSetStage.remove(["mixed"], from: copy.workspace)
            let after = try digests(copy.folder)
            #expect(after.keys.sorted() == before.keys.sorted())
            #expect(after[HostileShards.shard] == before[HostileShards.shard])
            #expect(after[HostileShards.pairs] != before[HostileShards.pairs])
            #expect(try PairFile.read(copy.path(HostileShards.pairs)).map(\.name) == ["easy"])
            #expect(try shards.verify(copy) == [])
        }
    }

    /// What stands in the folder after a kill between any two renames: the next removal ends it, whatever it is of.
    @Test(arguments: ["before the note", "after the note", "before the index"])
    func aRemovalThatWasKilledIsFinishedByTheNextOne(moment: String) throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let whole = try shards.copy("whole")
            _ = try PairSetStage.remove(["mixed"], from: whole.workspace)
            let removed = try digests(whole.folder)

            let copy = try shards.copy("case")
            let staged = copy.path(HostileShards.pairs + ".kept")
            let pairs = try Data(contentsOf: URL(fileURLWithPath: whole.path(HostileShards.pairs)))
            if moment == "before the index" {
                try pairs.write(to: URL(fileURLWithPath: copy.path(HostileShards.pairs)))
            } else {
                try pairs.write(to: URL(fileURLWithPath: staged))
            }
            if moment != "before the note" {
                let note = """
                    {"files":{"\(HostileShards.pairs)":"\(try #require(removed[HostileShards.pairs]))"},\
                    "index":"\(try SHA256.digest(ofFile: copy.path(HostileShards.index)).hex)","names":["mixed"]}
                    """
                try Data(note.utf8).write(to: URL(fileURLWithPath: copy.path("pairs-removal.json")))
                // The removal of before is over then, and there is no such set any more.
                #expect(throws: Failure.self) { try PairSetStage.remove(["mixed"], from: copy.workspace) }
            } else {
                _ = try PairSetStage.remove(["mixed"], from: copy.workspace)
            }
            #expect(try digests(copy.folder) == removed)
            #expect(try shards.verify(copy) == [])
        }
    }
}
