import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// What the rows of a manifest become.
@Suite struct ManifestTests {
    private struct Row: Equatable, CustomStringConvertible {
        var name: String
        var labels: [String] = []
        var split: Split?
        var isMissing = false

        var description: String { "\(name) \(labels) \(split?.rawValue ?? "-")\(isMissing ? " missing" : "")" }
    }

    private func corpus(
        _ folder: String, _ name: String, _ data: [UInt8], _ files: [BytePath] = []
    ) throws -> ScannedCorpus {
        var corpus = ScannedCorpus(folder)
        for file in files { try corpus.add(file) }
        try Data(data).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        corpus.settings.corpus.paths = [name]
        return corpus
    }

    private func rows(_ listing: CorpusListing) -> [Row] {
        listing.items.map { item in
            Row(
                name: item.listed.escaped, labels: item.notes.flatMap(\.labels), split: item.notes.first?.split,
                isMissing: item.identity == nil)
        }
    }

    private func rows(
        _ text: String, in name: String = "m.csv", _ files: BytePath...,
        set: (inout ManifestSettings) -> Void = { _ in }
    ) throws -> [Row] {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder, name, Array(text.utf8), files)
            set(&corpus.settings.corpus.manifest)
            return rows(try corpus.scan())
        }
    }

    @Test func kineticsClipsHaveTheirTimesInTheirNames() throws {
        let text = """
            label,youtube_id,time_start,time_end,split
            "eating, noisily",aaaaaaaaaaa,2,12,train
            abseiling,bbbbbbbbbbb,10,20,validate
            abseiling,-cccccccccc,0,10,test
            abseiling,ddddddddddd,0,10,test

            """
        #expect(
            try rows(
                text, "aaaaaaaaaaa_000002_000012.mp4", "bbbbbbbbbbb_000010_000020.webm", "-cccccccccc.mkv")
                == [
                    Row(name: "-cccccccccc.mkv#t=0,10", labels: ["abseiling"], split: .test),
                    Row(name: "aaaaaaaaaaa_000002_000012.mp4", labels: ["eating, noisily"], split: .train),
                    Row(name: "bbbbbbbbbbb_000010_000020.webm", labels: ["abseiling"], split: .val),
                    Row(name: "ddddddddddd_000000_000010.mp4", labels: ["abseiling"], split: .test, isMissing: true),
                ])
    }

    /// A test list has no labels; clips may lie in a folder of their label.
    @Test func kineticsWithoutLabelsAndInFolders() throws {
        #expect(
            try rows(
                "youtube_id,time_start,time_end,split\naaaaaaaaaaa,2,12,test", "test/aaaaaaaaaaa_000002_000012.mp4")
                == [Row(name: "test/aaaaaaaaaaa_000002_000012.mp4", split: .test)])
        #expect(
            try rows(
                "label,youtube_id,time_start,time_end,split\nice skating,aaaaaaaaaaa,2,12,val\n",
                "ice skating/aaaaaaaaaaa_000002_000012.mp4")
                == [Row(name: "ice skating/aaaaaaaaaaa_000002_000012.mp4", labels: ["ice skating"], split: .val)])
    }

    @Test func vggsoundHasNoHeader() throws {
        let text =
            "---g-f_I2yQ,1,people marching,test\n--0PQM4-hqg,30,\"dog barking, far\",train\nbbbbbbbbbbb,5,x,train\n"
        #expect(
            try rows(text, "---g-f_I2yQ_000001.mp4", "--0PQM4-hqg.mp4")
                == [
                    Row(name: "---g-f_I2yQ_000001.mp4", labels: ["people marching"], split: .test),
                    Row(name: "--0PQM4-hqg.mp4#t=30,40", labels: ["dog barking, far"], split: .train),
                    Row(name: "bbbbbbbbbbb_000005.mp4", labels: ["x"], split: .train, isMissing: true),
                ])
    }

    @Test func audiosetHasItsHeaderInAComment() throws {
        let text = """
            # Segments csv created Sun Mar  5 10:54:31 2017
            # num_ytids=2, num_segs=2, num_unique_labels=3, num_positive_labels=4
            # YTID, start_seconds, end_seconds, positive_labels
            --4gqARaEJE, 0.000, 10.000, "/m/068hy,/m/07q6cd_,/m/0bt9lr"
            --BfvyPmVMo, 20.000, 30.000, "/m/03l9g"
            """
        #expect(
            try rows(text, in: "eval_segments.csv", "--4gqARaEJE.mp4", "--BfvyPmVMo_20.000_30.000.mp4")
                == [
                    Row(
                        name: "--4gqARaEJE.mp4#t=0,10", labels: ["/m/068hy", "/m/07q6cd_", "/m/0bt9lr"], split: .test),
                    Row(name: "--BfvyPmVMo_20.000_30.000.mp4", labels: ["/m/03l9g"], split: .test),
                ])
    }

    @Test func columnsAreFoundByTheirUsualNamesOrSettings() throws {
        #expect(
            try rows("file\tsubset\tlabel\tlabel\tx\na.mp4\tvalid\tdog\tloud\t1\n", in: "m.tsv", "a.mp4")
                == [Row(name: "a.mp4", labels: ["dog", "loud"], split: .val)])
        #expect(
            try rows("Movie;From;To;Kind\na.mp4;00:00:02,5;1:02;a|b\n", "sub/a.mp4") {
                ($0.media, $0.labelSeparator) = ("sub", "|")
                ($0.columns.path, $0.columns.start, $0.columns.end) = ("Movie", "From", "To")
                $0.columns.labels = ["Kind"]
            } == [Row(name: "sub/a.mp4#t=2.5,62", labels: ["a", "b"])])
        #expect(
            try rows("7,x1,train\n12,x2,test\n", "clip-x1.mp4", "clip-x2.mp4") {
                ($0.columns.id, $0.columns.start, $0.columns.split) = ("2", "1", "3")
                ($0.patterns, $0.rangeSeconds) = (["clip-{id}.mp4"], 2)
            } == [Row(name: "clip-x1.mp4#t=7,9", split: .train), Row(name: "clip-x2.mp4#t=12,14", split: .test)])
    }

    @Test func linesOfJSONAreRows() throws {
        let text = """
            {"path": "a.mp4", "labels": ["dog", "x,y", 3], "split": "train", "start": 1, "end": 2.25}

            {"video": "b.mp4", "label": "cat", "start": null}
            [1]
            {"path": "c
            """
        #expect(
            try rows(text, in: "m.jsonl", "a.mp4", "b.mp4")
                == [
                    Row(name: "a.mp4#t=1,2.25", labels: ["dog", "x,y", "3"], split: .train),
                    Row(name: "b.mp4", labels: ["cat"]),
                ])
    }

    /// The same table in every way of writing it.
    @Test func encodingsAndLineEndsDoNotMatter() throws {
        let text = "path,label,split\r\n\"a,b.mp4\",\"say \"\"hé\"\"\r\ntwice\",train\r\nb.mp4,,test"
        let wanted = [
            Row(name: "a,b.mp4", labels: ["say \"hé\"\ntwice"], split: .train), Row(name: "b.mp4", split: .test),
        ]
        func wide(_ text: String, _ mark: [UInt8], isLittle: Bool) -> [UInt8] {
            mark + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }.chunked(isLittle)
        }
        let unix = text.replacing("\r\n", with: "\n")
        let files: [[UInt8]] = [
            Array(unix.utf8), Array((unix + "\n\n").utf8), [0xEF, 0xBB, 0xBF] + Array(unix.utf8),
            wide(unix, [0xFF, 0xFE], isLittle: true), wide(unix, [0xFE, 0xFF], isLittle: false),
            wide(unix, [], isLittle: true),
        ]
        for data in files {
            try withTemporaryFolder { folder in
                let corpus = try corpus(folder, "m.csv", data, ["a,b.mp4", "b.mp4"])
                #expect(rows(try corpus.scan()) == wanted)
            }
        }
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, "m.csv", Array(text.utf8), ["a,b.mp4", "b.mp4"])
            #expect(rows(try corpus.scan()).map(\.name) == ["a,b.mp4", "b.mp4"])
            let old = try self.corpus(folder, "n.csv", Array("path,split\rb.mp4,val\r".utf8))
            #expect(rows(try old.scan()) == [Row(name: "b.mp4", split: .val)])
        }
    }

    @Test func malformedRowsAreCountedWithTheirLines() throws {
        try withTemporaryFolder { folder in
            let text = """
                path,start,end,label
                a.mp4,0,1,ok
                a.mp4,5,2,reversed
                a.mp4,NaN,2,nan
                a.mp4,-1,2,negative
                ,1,2,nothing
                a.mp4,1,2
                a.mp4,1,2,a,b
                a.mp4,1,1,empty
                "a
                b.mp4",1e400,,far
                a.mp4,0,1,again
                """
            let corpus = try corpus(folder, "m.csv", Array(text.utf8), ["a.mp4"])
            let listing = try corpus.scan()
            #expect(rows(listing) == [Row(name: "a.mp4#t=0,1", labels: ["ok", "again"])])
            let record = try #require(listing.manifests.first)
            #expect(record.rows == 10 && record.items == 1 && record.repeated == 1 && record.malformed == 8)
            #expect(record.rows == record.items + record.repeated + record.malformed)
            #expect(record.faults.first == "m.csv, line 3: it ends at 2, which is not after its start, 5")
            #expect(record.faults.last?.hasPrefix("m.csv, line 10: ") == true, "\(record.faults)")
        }
    }

    @Test(arguments: [
        ("path,split\na.mp4,holdout\n", "m.csv, line 2: the split \"holdout\" is none"),
        ("path,label\n\"a.mp4,x\nb.mp4,y\n", "m.csv, line 2: a quotation mark is opened and never closed"),
        ("path,path\na.mp4,b.mp4\n", "m.csv: 2 columns are called \"path\""),
        ("a,b\nc,d\n", "m.csv: none of its columns is known"),
    ])
    func whatCannotBeUnderstoodIsOneLine(text: String, words: String) throws {
        let error = #expect(throws: Failure.self) { try rows(text, "a.mp4") }
        #expect(error?.exitStatus == .badInput)
        #expect(error?.description.hasPrefix("the manifest " + words) == true, "\(String(describing: error))")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func namesAreFoundAsTheyAreMeant() throws {
        let text = "path\n100%25.mp4\na%20b.mp4\ncaf\u{E9}.mp4\nx.mp4\n new.mp4\n#1.mp4\n\"y#t=1,2\"\n../up.mp4\n"
        #expect(
            try rows(
                text, in: "m.csv", "100%25.mp4", "a b.mp4", "cafe\u{301}.mp4", "x.mkv", "new.mp4", "#1.mp4", "y#t=1,2"
            ).map(\.name)
                == [
                    "../up.mp4", "100%25.mp4", "\\x231.mp4", "a b.mp4", "cafe\u{301}.mp4", "new.mp4", "x.mkv",
                    "y#t=1,2#t=0",
                ].sorted { Array(BytePath(escaped: $0).bytes).lexicographicallyPrecedes(BytePath(escaped: $1).bytes) })
    }

    /// A name that ends like a range stays a file's, and what is listed can be given back.
    @Test func namesOfItemsCanBeReadBack() {
        let names: [ItemName] = ["a.mp4", "a#t=0", "a#t=1,2", "a.mp4#t=1", "#t=5", "a#t="].flatMap { (file: BytePath) in
            [nil, TimeRange(startSeconds: 1, endSeconds: 2), TimeRange(startSeconds: 0.000001, endSeconds: nil)].map {
                ItemName(file: file, range: $0)
            }
        }
        #expect(Set(names.map(\.listed)).count == names.count)
        for name in names { #expect(ItemName(listed: name.listed) == name, "\(name.listed)") }
    }

    @Test func aRowWhoseFileIsMissingSaysSo() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, "m.csv", Array("path\ngone.mp4\nhttps://example.org/v.mp4\n".utf8))
            let items = try corpus.scan().items
            #expect(items.map { $0.fault?.code } == [Outcome.Reason.missingFile, Outcome.Reason.downloadError])
            #expect(items[0].fault?.detail.hasPrefix("m.csv, row 1 (line 2): there is no file gone.mp4") == true)
            #expect(items[1].path.bytes.starts(with: Array("\(folder)/downloads/".utf8)))
        }
    }

    @Test func severalManifestsAndFoldersShareItems() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(
                folder, "m.csv", Array("path,label,split\nv/a.mp4,dog,train\n".utf8), ["v/a.mp4", "v/b.mp4"])
            try corpus.write("path,label,split\na.mp4,cat,val\nb.mp4,dog,\n", to: "v/n.csv")
            corpus.settings.corpus.paths = ["v", "m.csv", "v/n.csv"]
            let listing = try corpus.scan()
            #expect(listing.names == ["v/a.mp4", "v/b.mp4"])
            let catalog = try Catalog(path: corpus.workspace.catalog)
            #expect(try catalog.notes(of: "v/a.mp4").map(\.labels) == [["dog"], ["cat"]])
            #expect(try catalog.labelCounts().map { "\($0.label) \($0.items)" } == ["dog 2", "cat 1"])
            try catalog.close()
            // A row that goes takes its labels with it; the item stays with its folder.
            try corpus.write("path,label,split\nb.mp4,bird,\n", to: "v/n.csv")
            try corpus.scan()
            let after = try Catalog(path: corpus.workspace.catalog)
            #expect(try after.notes(of: "v/a.mp4").map(\.labels) == [["dog"]])
            #expect(try after.labelCounts().map { "\($0.label) \($0.items)" } == ["bird 1", "dog 1"])
            try after.close()
            corpus.settings.corpus.paths = ["v"]
            try corpus.scan(only: true)
            let last = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            #expect(try last.labelCounts().isEmpty && last.manifests().isEmpty)
        }
    }

    @Test func aRowThatGoesTakesItsItem() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(
                folder, "m.csv", Array("path,start,end\na.mp4,0,1\na.mp4,1,2\n".utf8), ["a.mp4"])
            try corpus.scan()
            try corpus.write("path,start,end\na.mp4,1,2\n", to: "m.csv")
            try corpus.scan()
            #expect(try corpus.state().listed == ["a.mp4#t=1,2"] && corpus.state().vanished == ["a.mp4#t=0,1"])
            // One that had rows and has none may be half written.
            try corpus.write("path,start,end\n", to: "m.csv")
            #expect(throws: Failure.self) { try corpus.scan() }
            #expect(try corpus.state().listed.count == 1)
            // So may a disk that is not mounted.
            try corpus.write("path,start,end\na.mp4,1,2\n", to: "m.csv")
            try FileManager.default.moveItem(atPath: folder + "/a.mp4", toPath: folder + "/elsewhere")
            #expect(throws: Failure.self) { try corpus.scan() }
            #expect(try corpus.scan(accept: true).items.first?.fault?.code == Outcome.Reason.missingFile)
        }
    }
}

extension [UInt8] {
    /// Pairs of bytes as they are, or exchanged.
    fileprivate func chunked(_ isLittle: Bool) -> [UInt8] {
        isLittle ? self : stride(from: 0, to: count, by: 2).flatMap { [self[$0 + 1], self[$0]] }
    }
}
