import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@Suite struct ListFileTests {
    private func listed(_ data: [UInt8], _ files: [BytePath], _ folder: String) throws -> [BytePath] {
        var corpus = ScannedCorpus(folder)
        for file in files { try corpus.add(file) }
        try Data(data).write(to: URL(fileURLWithPath: folder + "/list.txt"))
        corpus.settings.corpus.paths = ["list.txt"]
        return try CorpusScan.run(corpus.workspace, catalog: nil).names
    }

    private let awkward: [BytePath] = [
        "v/#1.mp4", "#2.mp4", "v/ends with space.mp4 ", " begins.mp4", "v/a,b.mp4", "v/tab\tin.mp4",
        #"v/back\nslash.mp4"#,
        "-dash.mp4", "v/caf\u{E9}.mp4", "v/cafe\u{301}.mp4", "\"quoted\".mp4",
        BytePath(Array("v/".utf8) + [0xFF, 0xFE] + Array(".mp4".utf8)),
    ]

    @Test(arguments: ["\n", "\r\n"]) func aLineIsAFileOfExactlyItsBytes(end: String) throws {
        try withTemporaryFolder { folder in
            let lines = ["# a comment", "", "  ", "missing.mp4", "  indented.mp4\t"].flatMap { Array(($0 + end).utf8) }
            let data = awkward.flatMap { $0.bytes + Array(end.utf8) } + lines
            let names = try listed([0xEF, 0xBB, 0xBF] + data, awkward + ["indented.mp4"], folder)
            #expect(Set(names) == Set(awkward + ["missing.mp4", "indented.mp4"]))
        }
    }

    @Test func aListMayBeSeparatedByNUL() throws {
        try withTemporaryFolder { folder in
            let all: [BytePath] = awkward + ["new\nline.mp4"]
            let data = (all + ["missing.mp4"]).flatMap { (path: BytePath) -> [UInt8] in path.bytes + [0] }
            for data in [data, data.dropLast()] {
                let found = try listed(data, all, folder)
                #expect(Set(found) == Set(all + ["missing.mp4"]))
            }
        }
    }

    /// What avprep shows can be given back, whether the file is there or not.
    @Test func aListMayHaveTheEscapesThatAreShown() throws {
        try withTemporaryFolder { folder in
            let all: [BytePath] = awkward + ["new\nline.mp4"]
            let data = (all + ["gone\n.mp4"]).flatMap { (path: BytePath) -> [UInt8] in Array(path.escaped.utf8) + [0x0A]
            }
            let found = try listed(data, all, folder)
            #expect(Set(found) == Set(all + ["gone\n.mp4"]))
        }
    }

    @Test(arguments: [
        ("videos/a.mp4\npath,label\n", 2), ("a.mp4,cat\n", 1), ("cat,a.mp4\n", 1),
        ("x\n---g-f_I2yQ,1,people marching,test\n", 2),
        ("a.mp4;0.5\n", 1), ("a.mp4\tdog\n", 1), ("\"a.mp4\"\n", 1), ("file 'a.mp4'\n", 1),
        ("{\"path\": \"a.mp4\"}\n", 1),
        ("- a.mp4\n", 1), ("ftp://example.org/a.mp4\n", 1), ("a.mp4\n\u{1}\u{2}\n", 2),
        ("[\"a.mp4\", \"b.mp4\"]\n", 1),
        ("<html>\n", 1), ("b.mp4,c.mp4\n", 1),
    ])
    func whatIsNoListIsRefusedWithItsLine(text: String, line: Int) throws {
        try withTemporaryFolder { folder in
            let error = #expect(throws: Failure.self) { try listed(Array(text.utf8), ["a.mp4"], folder) }
            #expect(error?.exitStatus == .badInput)
            #expect(
                error?.description.hasPrefix("the list list.txt, line \(line): ") == true,
                "\(String(describing: error))")
        }
    }

    @Test func otherEncodingsAndBinaryDataAreRefused() throws {
        try withTemporaryFolder { folder in
            let wide = Array("a.mp4\nb.mp4\n".utf8).flatMap { (byte: UInt8) -> [UInt8] in [byte, 0] }
            let files: [[UInt8]] = [
                [0xFF, 0xFE] + wide, wide, [0xFE, 0xFF] + wide, [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 3],
                [0, 0, 0, 0x20] + Array("ftyp".utf8),
            ]
            for data in files {
                #expect(throws: Failure.self) { try listed(data, ["a.mp4"], folder) }
            }
        }
    }

    @Test func aMissingFileWithACommaIsNoTable() throws {
        try withTemporaryFolder { folder in
            let found = try listed(Array("Foo, the bar.mp4\n".utf8), [], folder)
            #expect(found == ["Foo, the bar.mp4"])
        }
    }

    @Test func aNameLongerThanAFileMayHaveIsAFailedItem() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            let (name, path) = (
                String(repeating: "n", count: 300) + ".mp4", String(repeating: "d/", count: 2100) + "x.mp4"
            )
            try corpus.write("\(name)\n\(path)\n", to: "list.txt")
            corpus.settings.corpus.paths = ["list.txt"]
            let items = try CorpusScan.run(corpus.workspace, catalog: nil).items
            #expect(items.count == 2 && items.allSatisfy { $0.fault != nil && $0.identity == nil })
            #expect(items.contains { $0.fault?.code == "path-too-long" })
        }
    }

    @Test func entriesAreNamedLikeTheFolderThatHoldsThem() throws {
        try withTemporaryFolder { folder in
            var corpus = ScannedCorpus(folder)
            try corpus.add("videos/a.mp4", "videos/sub/b.mp4", "lists/x.mp4")
            try corpus.scan([BytePath("videos")])
            try corpus.write("../videos/a.mp4\n\(folder)/videos/sub/b.mp4\nx.mp4\n", to: "lists/l.txt")
            corpus.settings.corpus.paths = ["videos", "lists/l.txt"]
            #expect(try corpus.scan().names == ["lists/x.mp4", "videos/a.mp4", "videos/sub/b.mp4"])
        }
    }
}
