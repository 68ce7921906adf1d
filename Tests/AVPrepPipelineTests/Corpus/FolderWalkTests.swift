import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@Suite struct FolderWalkTests {
    @Test func namesThatDifferInBytesAreFilesOfTheirOwn() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            let names: [BytePath] = [
                "videos/caf\u{E9}.mp4", "videos/cafe\u{301}.mp4", "videos/A.mp4", "videos/a.MP4", "videos/ a.mp4",
                "videos/a .mp4", "videos/a\nb.mp4", "videos/a\u{1B}[2J.mp4", #"videos/a\nb.mp4"#, "videos/-a.mp4",
                BytePath(Array("videos/\u{E9}".utf8) + [0xFF] + Array(".mp4".utf8)),
                BytePath(Array("videos/".utf8) + [0xE9] + Array("/x.mp4".utf8)),
            ]
            for name in names { try corpus.add(name) }
            #expect(try Set(corpus.scan().names) == Set(names))
            let texts = try corpus.scan().names.map(\.escaped)
            #expect(Set(texts.map { Array($0.utf8) }).count == names.count)
            #expect(texts.allSatisfy { !$0.contains(where: \.isNewline) && !$0.contains("\u{1B}") })
            #expect(try corpus.state().listed.count == names.count && corpus.state().vanished.isEmpty)
        }
    }

    @Test func linksToFoldersAboveListEachVideoOnce() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4", "videos/sub/b.mp4")
            try corpus.link("videos/up", to: "..")
            try corpus.link("videos/sub/top", to: "..")
            try corpus.link("videos/0", to: "sub")
            try corpus.link("videos/self", to: "self")
            let listing = try corpus.scan()
            #expect(listing.names == ["videos/a.mp4", "videos/sub/b.mp4"])
            let lines = listing.lines(.repeated)
            #expect(lines.contains { $0.hasPrefix("videos/sub/top is the folder videos:") })
            #expect(lines.contains { $0.hasPrefix("videos/0 is the folder videos/sub:") })
            #expect(Set(lines).count == lines.count)
        }
    }

    @Test func nestedFoldersAndOtherSpellingsListNothingTwice() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4", "videos/sub/b.mp4")
            try corpus.link("other", to: "videos")
            corpus.settings.corpus.paths = ["videos/sub", "videos", "other", "\(folder)/videos", "videos/a.mp4"]
            let listing = try corpus.scan()
            #expect(listing.names == ["videos/a.mp4", "videos/sub/b.mp4"])
            // Named otherwise on the command line, the same folder has the names that it had.
            try corpus.scan([BytePath("\(folder)/videos")])
            try corpus.scan([BytePath("\(folder)/other")])
            try corpus.scan([BytePath(folder)])
            try corpus.scan([BytePath("\(folder)/videos/sub")])
            #expect(try corpus.state().listed == ["videos/a.mp4", "videos/sub/b.mp4"])
            #expect(try corpus.state().vanished.isEmpty)
        }
    }

    @Test func whatIsNoRegularFileFailsWithoutBeingOpened() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4")
            #expect(mkfifo("\(folder)/videos/pipe.mp4", 0o644) == 0)
            try corpus.link("videos/zero.mp4", to: "/dev/zero")
            try corpus.link("videos/lost.mp4", to: "nowhere")
            try corpus.link("videos/circle.mp4", to: "circle.mp4")
            try corpus.link("videos/ok.mp4", to: "a.mp4")
            let items = try corpus.scan().items
            func fault(_ name: BytePath) -> String { items.first { $0.listed == name }?.fault?.detail ?? "none" }
            #expect(fault("videos/pipe.mp4").contains("is not a regular file (a named pipe)"))
            #expect(fault("videos/zero.mp4").contains("is not a regular file (a device)"))
            #expect(fault("videos/lost.mp4").contains("leads nowhere") && fault("videos/circle.mp4").contains("circle"))
            #expect(fault("videos/ok.mp4") == "none" && fault("videos/a.mp4") == "none")
        }
    }

    @Test func aTreeDeeperThanAPathMayBeIsListedAndNamed() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4")
            var place = open("\(folder)/videos", O_RDONLY | O_DIRECTORY)
            for _ in 0..<300 {
                #expect(mkdirat(place, "a folder with a long name", 0o755) == 0)
                let next = openat(place, "a folder with a long name", O_RDONLY | O_DIRECTORY)
                close(place)
                place = next
            }
            close(openat(place, "deep.mp4", O_CREAT | O_WRONLY, 0o644))
            close(place)
            let items = try corpus.scan().items
            #expect(items.count == 2)
            #expect(
                items.contains { $0.listed.name == Array("deep.mp4".utf8)[...] && $0.fault?.code == "path-too-long" })
            // Foundation cannot remove it.
            _ = try Command.run("/bin/rm", ["-rf", "\(folder)/videos"])
        }
    }

    @Test(.enabled(if: getuid() != 0, "root may read everything"))
    func anUnreadableFolderIsNamedAndTheRestGoesOn() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4", "videos/shut/b.mp4", "videos/shut/deep/c.mp4", "videos/blind/d.mp4")
            try corpus.scan()
            chmod("\(folder)/videos/shut", 0)
            chmod("\(folder)/videos/blind", 0o444)
            defer {
                chmod("\(folder)/videos/shut", 0o755)
                chmod("\(folder)/videos/blind", 0o755)
            }
            let listing = try corpus.scan()
            #expect(listing.names == ["videos/a.mp4"])
            #expect(listing.lines(.unreadable).count == 2)
            #expect(
                try corpus.state().unreachable == ["videos/blind/d.mp4", "videos/shut/b.mp4", "videos/shut/deep/c.mp4"])
            #expect(try corpus.state().vanished.isEmpty)
        }
    }

    @Test func aFolderWithManyFilesIsListedInSeconds() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("videos/first.mp4")
            let place = open("\(folder)/videos", O_RDONLY | O_DIRECTORY)
            defer { close(place) }
            for number in 0..<20_000 {
                let file = openat(
                    place, number % 2 == 0 ? "clip-\(number).f137.mp4" : "clip-\(number).mp4", O_CREAT | O_WRONLY, 0o644
                )
                close(file)
            }
            let start = ContinuousClock.now
            #expect(try CorpusScan.run(corpus.workspace, catalog: nil).items.count == 20_001)
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }
}
