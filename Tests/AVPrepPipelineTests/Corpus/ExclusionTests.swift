import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepSettings

@Suite struct ExclusionTests {
    @Test func whatIsNoCorpusIsLeftOutAndCountedByPattern() throws {
        try withTemporaryFolder { folder in
            let corpus = ScannedCorpus(folder)
            let kept: [BytePath] = [
                "videos/a.mp4", "videos/b.f137.mp4", "videos/part.mp4", "videos/@eaDirectory/c.mp4",
                "videos/lost/d.mp4",
                "videos/talk.part-2.mp4", "videos/v1.temporary.mp4",
            ]
            for name in kept { try corpus.add(name) }
            for name: BytePath in [
                "videos/@eaDir/a.mp4/SYNOVIDEO_VIDEO_SCREENSHOT.mp4", "videos/#recycle/x.mp4",
                "videos/$Recycle.Bin/x.mp4",
                "videos/System Volume Information/x.mp4", "videos/.Trash-1000/files/x.mp4", "videos/__MACOSX/x.mp4",
                "videos/lost+found/x.mp4", "videos/._a.mp4", "videos/.hidden/x.mp4", "videos/.x.mp4",
                "videos/c.temp.mp4",
                "videos/d.f137.mp4", "videos/d.f140.m4a.part", "videos/e.mp4", "videos/e.mp4.aria2",
                "videos/f.mp4.part",
                "videos/g.mp4", "videos/g.mp4.ytdl", "videos/h.mp4.crdownload", "videos/i.mp4.!qB",
                "videos/sub/FOUND.001/x.mp4",
            ] { try corpus.add(name) }
            let listing = try corpus.scan()
            #expect(Set(listing.names) == Set(kept))
            let lines = listing.lines(.excluded)
            #expect(
                lines.contains { $0.hasPrefix("1 folder left out by corpus.exclude \"@eaDir\", e.g. videos/@eaDir") })
            #expect(
                lines.contains {
                    $0.hasPrefix("1 file left out by corpus.exclude \"* beside {}.aria2\", e.g. videos/e.mp4")
                })
            #expect(lines.contains { $0.hasPrefix("1 file and 1 folder left out by corpus.exclude \".*\"") })
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            #expect(try catalog.report(stages: []).findings.count { $0.kind == .excluded } == lines.count)
        }
    }

    @Test func patternsAreTheUsersAndNamedFilesStay() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            try corpus.add(
                "videos/a.mp4", "videos/drafts/b.mp4", "videos/x/drafts/c.mp4", "videos/.h.mp4", "videos/x/9/d.mp4")
            corpus.settings.corpus.exclude = ["/drafts", "x/**/[0-9]/*.mp4"]
            #expect(try corpus.scan().names == ["videos/.h.mp4", "videos/a.mp4", "videos/x/drafts/c.mp4"])
            corpus.settings.corpus.exclude = []
            #expect(try corpus.scan().names.count == 5)
            corpus.settings.corpus.exclude = ["*.mp4"]
            corpus.settings.corpus.paths = ["videos/drafts/b.mp4", "list.txt"]
            try corpus.write("videos/a.mp4\n", to: "list.txt")
            #expect(try corpus.scan().names == ["videos/a.mp4", "videos/drafts/b.mp4"])
        }
    }

    @Test(
        arguments: [
            ("*.mp4", "a.MP4", true), ("a?c", "abc", true), ("a?c", "a\u{E9}c", true), ("a?c", "abbc", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false), ("*a*b*", "xaxbx", true), ("*a*b*", "xbxax", false), ("\\*", "*", true),
            ("\\*", "a", false),
            ("drafts/", "drafts", false), ("", nil, false), ("a[b", nil, false), ("x beside ", nil, false),
        ] as [(String, String?, Bool)])
    func aPatternMatchesWhatItSays(text: String, name: String?, matches: Bool) throws {
        guard let name else {
            #expect(throws: (any Error).self) { try FilePattern(text) }
            #expect(throws: Failure.self) { try PipelineFile.parse("corpus: {exclude: [\"\(text)\"]}", name: "p") }
            return
        }
        let found = try FilePattern(text).matches([Array(name.utf8)[...]], isFolder: false, siblings: SiblingNames([]))
        #expect(found == matches)
    }

    @Test func settingsOfBeforeLeaveOutWhatIsHidden() throws {
        let old = try StoredJSON.decode(CorpusSettings.self, from: Data(#"{"paths": ["v"]}"#.utf8))
        #expect(old.exclude == [".*"])
    }
}
