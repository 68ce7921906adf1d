import AVPrepCatalog
import AVPrepCore
import TestSupport
import Testing

@Suite struct CatalogListingTests {
    @Test func onlyWhatLiesInTheWalkedFoldersCanVanish() throws {
        try withCatalog { catalog in
            try catalog.listing(
                ["old/a", "old/deep/b", "old.mp4", "older/c", "old0", "new/d", "old"].map {
                    file($0, root: .init("x", .folder))
                })
            var scope = ListingScope()
            scope.walked = ["old/", "new/d"]
            #expect(try catalog.listing([], scope: scope).vanished == 4)
            let gone: [BytePath] = ["old/a", "old/deep/b", "old", "new/d"]
            #expect(try gone.map { try catalog.item($0)?.isVanished } == [true, true, true, true])
            #expect(try catalog.item("older/c")?.isVanished == false)
        }
    }

    @Test func whatCouldNotBeReachedStaysListedUntilItIsSeenOrMissed() throws {
        try withCatalog { catalog in
            func found(_ path: BytePath) -> ListedFile { file(path, root: CorpusRoot("v", .folder)) }
            try catalog.listing([found("v/a/1"), found("v/b/2"), found("v/b/3")])
            try catalog.record([outcome("v/a/1"), outcome("v/b/2"), outcome("v/b/3")])
            var scope = ListingScope()
            (scope.walked, scope.unreachable) = (["v"], ["v/b"])
            #expect(try catalog.listing([found("v/a/1")], scope: scope).vanished == 0)
            #expect(try catalog.items(vanished: false).map(\.file.path) == ["v/b/2", "v/b/3"])
            #expect(try catalog.counts(stage: "ingest").done == 3)
            #expect(try catalog.report(stages: []).unreachable == 2)
            scope.unreachable = []
            #expect(try catalog.listing([found("v/a/1"), found("v/b/2")], scope: scope).vanished == 1)
            #expect(try catalog.report(stages: []).unreachable == 0)
            #expect(try catalog.items(vanished: true).map(\.file.path) == ["v/b/3"])
            try catalog.checkCounts()
        }
    }

    @Test func whatAListNamedVanishesWithTheListAlone() throws {
        try withCatalog { catalog in
            let (list, folder) = (CorpusRoot("l.txt", .list), CorpusRoot("v", .folder))
            try catalog.listing([
                file("v/1", root: list), file("v/2", root: list), file("v/3", root: folder), file("w", root: list),
            ])
            var scope = ListingScope()
            scope.walked = ["v"]
            // The walk does not list what is no video to it, though it is there.
            let walk = try catalog.listing([file("v/3", root: folder)], scope: scope) { $0 == "v/2" }
            #expect(walk.vanished == 1)
            #expect(try catalog.item("v/2")?.isVanished == true && catalog.item("v/1")?.isVanished == false)
            scope.walked = []
            scope.lists = ["l.txt"]
            #expect(try catalog.listing([file("v/1", root: list)], scope: scope).vanished == 1)
            #expect(try catalog.item("w")?.isVanished == true && catalog.item("v/3")?.isVanished == false)
            #expect(try catalog.knownCount(inList: "l.txt") == 1 && catalog.knownCount(in: "v") == 2)
        }
    }

    @Test func findingsAreThoseOfTheLastScanOfEachFolder() throws {
        try withCatalog { catalog in
            try catalog.setFindings(
                [
                    ("a", [ScanFinding(.excluded, ".*", "a/.x", files: 1)]),
                    ("b", [ScanFinding(.excluded, ".*", "b/.y", files: 2)]),
                ],
                isWhole: false)
            #expect(try catalog.report(stages: []).findings == [ScanFinding(.excluded, ".*", "a/.x", files: 3)])
            try catalog.setFindings([("b", [])], isWhole: false)
            #expect(try catalog.report(stages: []).findings == [ScanFinding(.excluded, ".*", "a/.x", files: 1)])
            try catalog.setFindings([("b", [])], isWhole: true)
            #expect(try catalog.report(stages: []).findings.isEmpty)
        }
    }

    /// What a catalog held before paths were escaped.
    private static let unescaped = #"""
        DELETE FROM grdb_migrations WHERE identifier IN ('paths', 'manifests');
        DROP TABLE manifests; DROP TABLE notes; DROP TABLE label_counts;
        ALTER TABLE items DROP COLUMN content_id;
        DROP INDEX items_unreachable; DROP TABLE roots; DROP TABLE findings;
        ALTER TABLE items DROP COLUMN root; ALTER TABLE items DROP COLUMN unreachable;
        UPDATE items SET path = replace(replace(path, '\\', '\'), '\n', char(10));
        UPDATE outcomes SET subject = replace(replace(subject, '\\', '\'), '\n', char(10));
        """#

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func namesOfACatalogOfBeforeAreThoseOfTheSameFiles() throws {
        try withCatalog { catalog in
            let names: [BytePath] = [#"a\b.mp4"#, "c\u{A}d.mp4", "e.mp4", #"e\f.mp4"#, "\u{E9}", "e\u{301}"]
            try catalog.listing(names.map { file($0) })
            try catalog.record(names.map { outcome($0) })
            _ = try Oracle.run(
                """
                import sqlite3, sys
                database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2])
                database.execute("INSERT INTO items VALUES (?, 1001, 0, NULL, 1, 1, 0)", ["e" + chr(92) * 2 + "f.mp4"])
                database.commit()
                """, [catalog.path, Self.unescaped])
            let migrated = try Catalog(path: catalog.path)
            for name in names + [#"e\\f.mp4"#] { #expect(try migrated.item(name) != nil, "\(name)") }
            let change = try migrated.listing((names + [#"e\\f.mp4"#]).map { file($0) })
            #expect(change.change.added == 0 && change.vanished == 0)
            try migrated.checkCounts()
        }
    }
}
