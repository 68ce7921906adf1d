import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@Suite struct CorpusRootsTests {
    @Test func onlyWhatLiesBelowTheWalkedFoldersIsMissed() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            try corpus.add("A/1.mp4", "A/2.mp4", "B/3.mp4", "A/sub/4.mp4", "AB/5.mp4")
            corpus.settings.corpus.paths = ["A", "AB"]
            try corpus.scan()
            try corpus.remove("A/1.mp4")
            try corpus.scan([BytePath("\(folder)/B")])
            #expect(try corpus.state().vanished.isEmpty && corpus.state().listed.count == 5)
            try corpus.remove("A/sub/4.mp4")
            try corpus.add("A/sub/6.mp4")
            try corpus.scan([BytePath("\(folder)/A/sub")])
            #expect(try corpus.state().vanished == ["A/sub/4.mp4"])
            try corpus.scan()
            #expect(try corpus.state().vanished == ["A/1.mp4", "A/sub/4.mp4"])
            // What shall be no corpus any more is said so.
            try corpus.scan([BytePath("\(folder)/A")], only: true)
            #expect(try corpus.state().listed == ["A/2.mp4", "A/sub/6.mp4"])
        }
    }

    @Test(arguments: [false, true]) func aFolderWithoutTheVideosThatItHadStops(isRemoved: Bool) throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            try corpus.add("A/1.mp4", "A/sub/2.mp4", "B/3.mp4")
            corpus.settings.corpus.paths = ["A", "B"]
            try corpus.scan()
            try corpus.remove("A")
            if !isRemoved { try corpus.add("A/notes.doc") }
            for paths in [nil, [BytePath("\(folder)/A")]] as [[BytePath]?] {
                let error = #expect(throws: Failure.self) { try corpus.scan(paths) }
                #expect(error?.exitStatus == .badInput)
                #expect(error?.description.contains("A had 2 videos, and now there is none") == true)
                #expect(error?.description.contains("--accept-empty-roots") == true)
            }
            #expect(try corpus.state().listed.count == 3)
            try corpus.scan(accept: true)
            #expect(try corpus.state().listed == ["B/3.mp4"] && corpus.state().vanished.count == 2)
            try corpus.add("A/1.mp4")
            try corpus.scan()
            #expect(try corpus.state().listed == ["A/1.mp4", "B/3.mp4"])
        }
    }

    @Test func anEmptyFolderBelowKeepsWhatItHadAsUnreachable() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add(
                "videos/1.mp4", "videos/nas/2.mp4", "videos/nas/deep/3.mp4", "store/4.mp4", "videos/gone/5.mp4")
            try corpus.link("videos/far", to: "../store")
            try corpus.scan()
            try corpus.remove("videos/nas")
            try corpus.add("videos/nas/x")
            try corpus.remove("videos/nas/x")
            try corpus.remove("store")
            try corpus.remove("videos/gone")
            let listing = try corpus.scan()
            #expect(listing.lines(.unreadable).count == 2)
            #expect(
                listing.lines(.unreadable).contains { $0.hasPrefix("videos/nas: it had 2 videos and is empty now") })
            #expect(
                try corpus.state().unreachable == ["videos/far/4.mp4", "videos/nas/2.mp4", "videos/nas/deep/3.mp4"])
            #expect(try corpus.state().vanished == ["videos/gone/5.mp4"])
            try corpus.scan(accept: true)
            #expect(try corpus.state().listed == ["videos/1.mp4"] && corpus.state().unreachable.isEmpty)
        }
    }

    @Test func aListThatNamesLessMissesWhatItNamed() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            try corpus.add("1.mp4", "2.mp4", "v/3.mp4")
            corpus.settings.corpus.paths = ["l.txt", "v"]
            try corpus.write("1.mp4\n2.mp4\n", to: "l.txt")
            try corpus.scan()
            try corpus.write("1.mp4\n", to: "l.txt")
            try corpus.scan()
            #expect(try corpus.state().vanished == ["2.mp4"])
            try corpus.write("# none\n", to: "l.txt")
            #expect(throws: Failure.self) { try corpus.scan() }
            try corpus.scan(accept: true)
            #expect(try corpus.state().listed == ["v/3.mp4"])
        }
    }

    @Test func namesOfACatalogWithoutRootsAreFoundAgain() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4", "videos/b.mp4")
            let catalog = try Catalog(path: corpus.workspace.catalog)
            let run = try catalog.beginRun("ingest")
            // As an ingest of before has listed them: from the command line, by their absolute paths.
            _ = try catalog.list(
                ["a", "b"].map {
                    ListedFile(
                        path: "\(folder)/videos/\($0).mp4", size: 0, modifiedNanoseconds: 1,
                        root: CorpusRoot("x", .folder))
                },
                run: run)
            try catalog.close()
            try corpus.scan()
            #expect(try corpus.state().listed == ["videos/a.mp4", "videos/b.mp4"])
        }
    }

    @Test func anEscapedPathInTheSettingsNamesItsFolder() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            let name = BytePath(Array("v".utf8) + [0xFF])
            try corpus.add(name.appending(Array("a.mp4".utf8)), #"back\slash/b.mp4"#)
            corpus.settings.corpus.paths = [#"v\xff"#, #"back\slash"#]
            #expect(try Set(corpus.scan().names) == [name.appending(Array("a.mp4".utf8)), #"back\slash/b.mp4"#])
        }
    }

    /// A list or a manifest keeps the name that it was read by first, and so do its items: from the command line it comes by
    /// its absolute path, from the settings by the one that is written there.
    @Test(arguments: ["list.txt", "m.csv"], [true, false])
    func aListByAnotherNameIsTheSame(name: String, isAbsoluteFirst: Bool) throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            try corpus.add("clips/a.mp4", "clips/b.mp4")
            try corpus.write(
                name == "m.csv" ? "path,label\nclips/a.mp4,x\nclips/b.mp4,y\n" : "clips/a.mp4\nclips/b.mp4\n", to: name)
            let names: [BytePath] = ["\(folder)/\(name)", "\(name)", "./\(name)", "clips/../\(name)"]
            let first = isAbsoluteFirst ? names[0] : names[1]
            let known = try corpus.scan([first]).items.map(\.listed)
            #expect(known.count == 2)
            for other in names { #expect(try corpus.scan([other]).items.map(\.listed) == known, "\(other)") }
            let catalog = try Catalog(path: corpus.workspace.catalog)
            #expect(try catalog.allItems().count == 2 && catalog.listRoots() == [first])
            #expect(try catalog.manifests().count == (name == "m.csv" ? 1 : 0))
        }
    }
}
