import AVPrepCore
import Foundation
import TestSupport
import Testing

@Suite struct AwkwardNamesTests {
    private static let names: [BytePath] = [
        "caf\u{E9}.mp4", "cafe\u{301}.mp4", "new\nline.mp4", "esc\u{1B}[31m\t.mp4", #"back\nslash.mp4"#,
        BytePath([0xFF, 0xE9] + Array(".mp4".utf8)),
    ]

    @Test func everyNameIsIngestedToldApartAndShownInOneLine() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: Self.names.count)
            for (number, name) in Self.names.enumerated() {
                let old = BytePath("\(corpus.folder)/videos/video-0000\(number).mp4")
                let new = BytePath("\(corpus.folder)/videos").appending(name.bytes)
                #expect(old.withCString { old in new.withCString { rename(old, $0) } } == 0)
            }
            #expect(mkfifo("\(corpus.folder)/videos/pipe.mp4", 0o644) == 0)
            let ingest = try corpus.run(["ingest"])
            #expect(ingest.status == 2 && !ingest.standardOutput.contains("\u{1B}"))
            #expect(ingest.standardOutput.contains("7 videos: 6 done, 0 skipped, 1 failed"))
            #expect(ingest.standardOutput.contains("videos/pipe.mp4 is not a regular file (a named pipe)"))
            let done = try corpus.run(["status", "--list", "done"]).standardOutput
            let lines = done.split(separator: "\n").map(String.init)
            #expect(
                Set(lines.map { BytePath(escaped: $0) })
                    == Set(Self.names.map { BytePath("videos").appending($0.bytes) }))
            #expect(!done.contains("\u{1B}") && !done.contains("\t"))
            // The list can be given back, and names the same items.
            try Data(done.utf8).write(to: URL(fileURLWithPath: corpus.folder + "/again.txt"))
            #expect(try corpus.run(["ingest", "again.txt", "-q"]).standardOutput.contains("7 videos: 6 done"))
            try FileManager.default.removeItem(atPath: corpus.folder + "/videos/pipe.mp4")
            _ = try Command.run(
                "/bin/sh", ["-c", "'\(Products.avprep)' status --list done -0 > zero.txt"], in: corpus.folder)
            let zero = try corpus.run(["ingest", "zero.txt", "videos", "-q"])
            #expect(zero.status == 0 && zero.standardOutput.contains("6 videos: 6 done"))
            #expect(try corpus.run(["shard", "-q"]).status == 0)
            #expect(try corpus.run(["verify", "-q"]).status == 0)
            #expect(try corpus.run(["export", "out", "-q"]).status == 0)
        }
    }

    @Test func bytesOfAnArgumentReachTheFile() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            let script = #"""
                mv videos "$(printf 'v\377')"; ln -s video-00000.mp4 "$(printf 'v\377/\376.mp4')"
                "$0" inspect "$(printf 'v\377/\376.mp4')" -q && "$0" inspect 'v\xff/\xfe.mp4' -q &&
                "$0" ingest "$(printf 'v\377')" -q && "$0" ingest 'v\xff' -q
                """#
            let result = try Command.run("/bin/sh", ["-c", script, Products.avprep], in: corpus.folder)
            #expect(result.status == 0, "\(result.standardError)")
            #expect(result.standardOutput.contains(#"v\xff/\xfe.mp4"#))
            #expect(result.standardOutput.contains("3 videos: 2 done, 1 skipped"))
        }
    }
}
