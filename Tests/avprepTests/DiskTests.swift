import Foundation
import TestSupport
import Testing

/// A disk that is full or read-only: told in one line, nothing half there, and the same command goes on once there is room.
/// A file system of its own for each test, in a mount namespace that ends with it.
@Suite(.enabled(if: Namespace.canMount, "needs unshare(1) with user namespaces")) struct DiskTests {
    /// Runs a script in the corpus's folder, as root of a namespace.
    private func run(_ script: String, in corpus: CommandCorpus) throws -> Command.Result {
        try Command.run(
            "/usr/bin/unshare", ["-rm", "/bin/bash", "-c", "avprep='\(Products.avprep)'\n" + script], in: corpus.folder)
    }

    @Test(arguments: [("ingest", "prepared", "500k"), ("shard", "shards", "300k")])
    func aFullDiskIsToldAndTheSameCommandGoesOnWhenThereIsRoom(command: String, folder: String, size: String) throws {
        try withTemporaryFolder { place in
            let corpus = try CommandCorpus(place, videos: 4)
            if command == "shard" { #expect(try corpus.run(["ingest", "-q"]).status == 0) }
            // Ingest again from nothing: its catalog would otherwise know what was prepared.
            let forget = command == "ingest" ? "rm -f catalog.sqlite*" : "true"
            let result = try run(
                """
                list() { (cd \(folder) && find . -name '*.h5' -o -name '*.json' | sort | xargs sha256sum) > $1; }
                mkdir -p \(folder)
                mount -t tmpfs -o size=\(size) tmpfs \(folder)
                "$avprep" \(command) -q; echo "status $?"
                for file in $(find \(folder) -name '*.h5'); do
                    test "$(head -c 4 $file | tail -c 3)" = HDF || echo "half $file"
                done
                echo "litter $(find \(folder) -name '*.partial-*' | wc -l)"
                mount -o remount,size=100m \(folder)
                "$avprep" \(command) -q; echo "status $?"
                list after
                umount \(folder)
                \(forget)
                "$avprep" \(command) -q; echo "status $?"
                list undisturbed
                diff after undisturbed && echo same
                """, in: corpus)
            let words = ["status", "half", "litter", "same"]
            let lines = result.standardOutput.split(separator: "\n").filter { line in
                words.contains { line.hasPrefix($0) }
            }
            #expect(
                lines == ["status 1", "litter 0", "status 0", "status 0", "same"],
                "\(result.standardOutput)\(result.standardError)")
            let complaint = result.standardError.split(separator: "\n")
            #expect(complaint.count == 1 && complaint[0].contains("No space left on device"), "\(complaint)")
            #expect(complaint.first?.contains(folder + "/") == true)
        }
    }

    @Test func aReadOnlyFolderIsTold() throws {
        try withTemporaryFolder { place in
            let corpus = try CommandCorpus(place, videos: 2)
            let result = try run(
                """
                mkdir -p prepared shards
                mount -t tmpfs -o size=1m,ro tmpfs prepared
                "$avprep" ingest -q; echo "status $?"
                umount prepared
                "$avprep" ingest -q
                mount -t tmpfs -o size=1m,ro tmpfs shards
                "$avprep" shard -q; echo "status $?"
                """, in: corpus)
            #expect(
                result.standardOutput.split(separator: "\n").filter { $0.hasPrefix("status") } == [
                    "status 1", "status 1",
                ])
            let complaints = result.standardError.split(separator: "\n")
            #expect(
                complaints.count == 2
                    && complaints.allSatisfy { $0.lowercased().replacing("-", with: " ").contains("read only") },
                "\(complaints)"
            )
        }
    }
}

enum Namespace {
    /// Whether this user may mount a file system of its own.
    static let canMount =
        (try? Command.run("/usr/bin/unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status) == 0
}
