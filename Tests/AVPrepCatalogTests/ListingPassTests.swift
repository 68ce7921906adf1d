import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// A listing beside what is known: only what differs is written, and it comes to the same as looking at each item.
@Suite struct ListingPassTests {
    /// What the catalog should hold, kept item by item.
    private struct Model {
        struct Item: Equatable {
            var version: Int64
            var isVanished = false
            var isUnreachable = false
            var root: CorpusRoot
            var lastRun: Int
        }

        var items: [BytePath: Item] = [:]

        mutating func list(_ files: [ListedFile], run: Int, _ scope: ListingScope, isGone: (BytePath) -> Bool)
            -> (ListingChange, vanished: Int)
        {
            var numbers = (added: 0, changed: 0, unchanged: 0, returned: 0)
            for file in files {
                let version = file.size - 1000
                guard let known = items[file.path] else {
                    items[file.path] = Item(version: version, root: file.root, lastRun: run)
                    numbers.added += 1
                    continue
                }
                if known.isVanished { numbers.returned += 1 }
                if known.version == version { numbers.unchanged += 1 } else { numbers.changed += 1 }
                items[file.path] = Item(version: version, root: file.root, lastRun: run)
            }
            func lies(_ path: BytePath, in folders: [BytePath]) -> Bool {
                folders.contains { folder in
                    let folder = folder.bytes.last == UInt8(ascii: "/") ? Array(folder.bytes.dropLast()) : folder.bytes
                    return path.bytes == folder || path.bytes.starts(with: folder + [UInt8(ascii: "/")])
                }
            }
            var vanished = 0
            for (path, item) in items where !item.isVanished && item.lastRun != run {
                var item = item
                let isWalked = lies(path, in: scope.walked)
                if isWalked { item.isUnreachable = false }
                if lies(path, in: scope.unreachable) { item.isUnreachable = true }
                let isLost =
                    scope.isWhole || item.root.kind == .list && scope.lists.contains(item.root.path)
                    || isWalked && (item.root.kind == .folder || isGone(path))
                if isLost, !item.isUnreachable {
                    item.isVanished = true
                    vanished += 1
                }
                items[path] = item
            }
            return (ListingChange(numbers), vanished)
        }
    }

    /// Names whose texts are in another order than their bytes, that Swift takes for the same, or that are almost a folder's.
    private static let names: [BytePath] = [
        "a", "a.mp4", "a0", "a-", "b", "b\u{A}c", "b\u{9}", "b\\", "b]", "\u{E9}", "e\u{301}", " z", "z ", "#x",
        BytePath([0x66, 0xFF, 0x6F]), BytePath([0x66, 0x80]), "ü", "日本",
    ]

    @Test(arguments: [UInt64(1), 2, 3]) func aListingComesToTheSameAsLookingAtEachItem(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folders: [BytePath] = ["v", "v/a", "v/a/b", "v/b\u{A}c", "va", "v.x", "w", BytePath([0x77, 0xFF])]
        let roots = [CorpusRoot("v", .folder), CorpusRoot("w", .folder), CorpusRoot("l.txt", .list), .named]
        try withCatalog { catalog in
            var model = Model()
            for round in 0..<60 {
                var files: [BytePath: ListedFile] = [:]
                for _ in 0..<Int.random(in: 0...120, using: &random) {
                    guard let folder = folders.randomElement(using: &random),
                        let name = Self.names.randomElement(using: &random),
                        let root = roots.randomElement(using: &random)
                    else { continue }
                    let path = folder.appending(name.bytes)
                    files[path] = file(path, version: Int64.random(in: 0...1, using: &random), root: root)
                }
                var scope = ListingScope()
                scope.walked = folders.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
                scope.unreachable = folders.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
                scope.lists = Bool.random(using: &random) ? [] : ["l.txt"]
                scope.isWhole = Int.random(in: 0..<8, using: &random) == 0
                // Each root of a listing has been listed as a whole, as a scan does: what it has no more, has left it.
                let gone: @Sendable (BytePath) -> Bool = { ($0.bytes.last ?? 0) % 2 == 0 }
                let run = try catalog.beginRun("avprep ingest")
                let expected = model.list(Array(files.values), run: Int(run), scope, isGone: gone)
                let found = try catalog.list(
                    files.values.shuffled(using: &random), run: run, scope: scope, isGone: gone)
                #expect(found.change == expected.0 && found.vanished == expected.vanished, "round \(round)")
                let items = Dictionary(uniqueKeysWithValues: try catalog.allItems().map { ($0.file.path, $0) })
                #expect(items.count == model.items.count)
                for (path, item) in model.items {
                    let known = items[path]
                    #expect(
                        known?.file.size == 1000 + item.version && known?.isVanished == item.isVanished
                            && known?.isUnreachable == item.isUnreachable, "\(path) in round \(round)")
                }
            }
            try catalog.checkCounts()
        }
    }

    /// Several batches, their borders included.
    @Test func manyChangesAreWrittenInSeveralTransactions() throws {
        try withCatalog { catalog in
            func found(_ number: Int, _ version: Int64 = 1) -> ListedFile {
                file(BytePath("v/\(number)"), version: version, root: CorpusRoot("v", .folder))
            }
            let files = (0..<20_001).map { found($0) }
            #expect(try catalog.listing(files).change.added == 20_001)
            let again = try catalog.listing(files)
            #expect(again.change == ListingChange((0, 0, 20_001, 0)) && again.vanished == 0)
            // Every other one changes, the last third goes, and new ones come between.
            let others = (0..<13_334).map { found($0, $0 % 2 == 0 ? 2 : 1) } + (0..<10_001).map { found(100_000 + $0) }
            let changed = try catalog.listing(others)
            #expect(changed.change == ListingChange((10_001, 6667, 6667, 0)) && changed.vanished == 6667)
            #expect(try catalog.listing(files).change.returned == 6667)
            try catalog.checkCounts()
        }
    }

    @Test func aPathThatIsListedTwiceCountsTwice() throws {
        try withCatalog { catalog in
            let twice = [file("b"), file("a"), file("b"), file("b", version: 2), file("c")]
            #expect(try catalog.listing(twice).change == ListingChange((3, 1, 1, 0)))
            #expect(try catalog.item("b")?.file.size == 1002)
            #expect(try catalog.listing([file("c"), file("c")]).change == ListingChange((0, 0, 2, 0)))
            try catalog.checkCounts()
        }
    }

    @Test func aListingOfAFewReadsAFewOfMany() throws {
        try withCatalog { catalog in
            let many = (0..<5000).map {
                file(BytePath("v/\($0 / 100)/\($0)"), root: CorpusRoot("v", .folder))
            }
            try catalog.listing(many)
            var scope = ListingScope()
            scope.walked = ["v/7", "v/31"]
            let some = many.filter { $0.path.folder == "v/7" || $0.path == "v/49/4999" }
            let found = try catalog.listing(some, scope: scope)
            #expect(found.change.unchanged == 101 && found.vanished == 100)
            #expect(try catalog.items(vanished: true).allSatisfy { $0.file.path.folder == "v/31" })
        }
    }

    /// `why` tells when a file was last listed, though nothing of an unchanged one is written.
    @Test func whenAFileWasLastListedIsKnownThoughItsRowIsNotWritten() throws {
        try withCatalog { catalog in
            func run(_ files: [ListedFile], _ walked: [BytePath], lost: [BytePath] = []) throws {
                var scope = ListingScope()
                (scope.walked, scope.unreachable) = (walked, lost)
                // Runs are told by their second.
                Thread.sleep(forTimeInterval: 1.01)
                try catalog.listing(files, scope: scope)
            }
            let (v, w) = (CorpusRoot("v", .folder), CorpusRoot("w", .folder))
            let both = [file("v/1", root: v), file("v/2/3", root: v)]
            try run(both + [file("w/1", root: w), file("x")], ["v", "w"])
            let first = try #require(try catalog.listings(of: "v/1"))
            #expect(first.first == first.last)
            try run(both, ["v"])
            let second = try #require(try catalog.listings(of: "v/1")?.last)
            #expect(second > first.last)
            #expect(try catalog.listings(of: "w/1")?.last == first.last, "another folder was not listed")
            #expect(try catalog.listings(of: "x")?.last == first.last, "nor what was named by itself")
            // What could not be reached, or is gone, keeps the run that saw it last.
            try run([both[0]], ["v"], lost: ["v/2"])
            #expect(try catalog.listings(of: "v/2/3")?.last == second)
            let third = try #require(try catalog.listings(of: "v/1")?.last)
            #expect(third > second)
            try run([both[1]], ["v"])
            #expect(try catalog.listings(of: "v/1")?.last == third)
            #expect(try #require(try catalog.listings(of: "v/2/3")?.last) > third)
        }
    }

    /// The sums say that nothing is pending; a run that was killed between them and the rows cannot exist.
    @Test func nothingIsPendingExactlyWhereEachItemHasAnOutcome() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            try catalog.record([outcome("a"), outcome("b")])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").isEmpty)
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k2").count == 2)
            try catalog.listing([file("a"), file("b", version: 2), file("c")])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").map(\.file.path) == ["b", "c"])
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1", after: "b").map(\.file.path) == ["c"])
        }
    }

    @Test func failuresOfChosenItemsAreForgotten() throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b"), file("c")])
            let failed = { (path: BytePath) in outcome(path, .failed(.init("corrupt", "it does not decode"))) }
            try catalog.record([failed("a"), failed("b"), outcome("c")])
            #expect(try catalog.forgetFailures(stage: "ingest") { $0 != "a" } == 1)
            #expect(try catalog.pending(stage: "ingest", settingsKey: "k1").map(\.file.path) == ["b"])
        }
    }
}

extension ListingChange {
    fileprivate init(_ numbers: (added: Int, changed: Int, unchanged: Int, returned: Int)) {
        let (added, changed, unchanged, returned) = numbers
        let text = #"{"added":\#(added),"changed":\#(changed),"unchanged":\#(unchanged),"returned":\#(returned)}"#
        // Its numbers are set by the catalog alone.
        guard let change = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else {
            preconditionFailure("a listing change has these numbers")
        }
        self = change
    }
}
