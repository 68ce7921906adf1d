import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct CatalogReportTests {
    /// Random listings and outcomes, against a model in plain Swift.
    @Test(arguments: UInt64(0)..<12)
    func countsAddUpWhateverHappens(seed: UInt64) throws {
        try withCatalog { catalog in
            var random = SeededRandom(seed: seed)
            let paths: [BytePath] = (0..<30).map { "p/\($0)" }
            var versions = Dictionary(uniqueKeysWithValues: paths.map { ($0, Int64(1)) })
            var listed: Set<BytePath> = []
            var known: [BytePath: Int64] = [:]
            var model: [String: [BytePath: (key: String, outcome: Outcome)]] = ["ingest": [:], "shard": [:]]
            for _ in 0..<25 {
                switch random.below(4) {
                case 3:
                    for path in listed.sorted() where random.below(3) == 0 {
                        try catalog.setVideoID("v\(random.below(12))", of: path)
                    }
                case 0:
                    let files = paths.filter { _ in random.below(4) > 0 }
                    for path in files where random.below(8) == 0 { versions[path, default: 1] += 1 }
                    try catalog.listing(files.map { file($0, version: versions[$0] ?? 1) })
                    for path in files {
                        let version = versions[path] ?? 1
                        if let old = known[path], old != version {
                            for stage in model.keys { model[stage]?[path] = nil }
                        }
                        known[path] = version
                    }
                    listed = Set(files)
                case 1:
                    for _ in 0..<10 {
                        let path = paths[random.below(paths.count)]
                        let stage = random.below(2) == 0 ? "ingest" : "shard"
                        let result: Outcome = [
                            .done, .skipped(.init("no-audio", "x")), .skipped(.init("too-short", "y")),
                            .failed(.init("corrupt", "z")),
                        ][random.below(4)]
                        let key = "k\(random.below(2))"
                        try catalog.record(outcome(path, result, stage: stage, key: key))
                        model[stage]?[path] = (key, result)
                    }
                default:
                    _ = try catalog.forgetFailures()
                    for stage in model.keys {
                        model[stage] = model[stage]?.filter { path, value in
                            value.outcome.status != "failed" || !listed.contains(path)
                        }
                    }
                }
                for stage in ["ingest", "shard"] {
                    for key in [nil, "k0"] {
                        let counts = try catalog.counts(stage: stage, settingsKey: key)
                        let live = (model[stage] ?? [:]).filter { listed.contains($0.key) }.map(\.value)
                        let counted = live.filter { key == nil || $0.key == key }
                        #expect(counts.listed == listed.count)
                        #expect(counts.done == counted.count { $0.outcome == .done })
                        #expect(counts.skipped == counted.count { $0.outcome.status == "skipped" })
                        #expect(counts.failed == counted.count { $0.outcome.status == "failed" })
                        #expect(counts.done + counts.skipped + counts.failed + counts.pending == counts.listed)
                        #expect(counts.stale == live.count - counted.count)
                        #expect(counts.reasons.map(\.count).reduce(0, +) == counts.skipped + counts.failed)
                    }
                }
                try catalog.checkCounts()
            }
        }
    }

    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            "UPDATE outcomes SET live = 0 WHERE subject = 'a'",
            "DROP TRIGGER items_vanished; UPDATE items SET vanished = 1 WHERE path = 'a'",
            "UPDATE item_counts SET items = 1 WHERE state = 'videos'",
            "UPDATE outcome_counts SET items = items - 1",
            "INSERT INTO outcomes SELECT 'ghost', stage, '', status, code, '', 0, 0, NULL, '', 1, 0, 0 FROM outcomes",
        ])
    func tamperedCountsAreNoticed(sql: String) throws {
        try withCatalog { catalog in
            try catalog.listing([file("a"), file("b")])
            try catalog.setVideoID("v1", of: "a")
            try catalog.setVideoID("v2", of: "b")
            try catalog.record(outcome("a"))
            try catalog.checkCounts()
            _ = try Oracle.run(
                """
                import sqlite3, sys
                database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2]); database.commit()
                """, [catalog.path, sql])
            let error = #expect(throws: CatalogError.self) { try catalog.checkCounts() }
            #expect(error?.code == .counts)
        }
    }

    /// What a catalog held before there were sums.
    private static let withoutSums = """
        DELETE FROM grdb_migrations WHERE identifier IN ('v4', 'paths');
        DROP INDEX items_unreachable; DROP TABLE roots; DROP TABLE findings;
        ALTER TABLE items DROP COLUMN root; ALTER TABLE items DROP COLUMN unreachable;
        DROP TRIGGER content_first; DROP TRIGGER content_last; DROP TRIGGER items_counted; DROP TRIGGER items_recounted;
        DROP TRIGGER content_left; DROP TRIGGER content_joined; DROP TRIGGER outcomes_made;
        DROP TRIGGER outcomes_taken_back; DROP TRIGGER outcomes_left; DROP TRIGGER outcomes_joined;
        DROP TABLE item_counts; DROP TABLE content_counts; DROP TABLE outcome_counts;
        """

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aCatalogOfBeforeThereWereSumsIsCountedAndGetsThem() throws {
        try withCatalog { catalog in
            try catalog.listing(["a", "b", "c", "d"].map { file($0) })
            for (path, video): (BytePath, String) in [("a", "v1"), ("b", "v1"), ("c", "v2")] {
                try catalog.setVideoID(video, of: path)
            }
            try catalog.listing(["a", "b", "d"].map { file($0) })
            try catalog.record([outcome("a"), outcome("b", .failed(.init("corrupt", "bad"))), outcome("c")])
            let report = try catalog.report(stages: [("ingest", "k1")])
            #expect(report.listed == 3 && report.vanished == 1 && report.videos == 1 && report.stages[0].failed == 1)
            _ = try Oracle.run(
                """
                import sqlite3, sys
                database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2]); database.commit()
                """, [catalog.path, Self.withoutSums])
            let old = try Catalog(path: catalog.path, access: .readOnly)
            #expect(try old.report(stages: [("ingest", "k1")]) == report)
            let migrated = try Catalog(path: catalog.path)
            #expect(try migrated.report(stages: [("ingest", "k1")]) == report)
            try migrated.checkCounts()
        }
    }

    @Test func theReportSaysItAll() throws {
        try withCatalog { catalog in
            try catalog.listing(["a", "b", "c", "d", "e", "f"].map { file($0) })
            let run = try catalog.beginRun("avprep ingest clips")
            _ = try catalog.list(["a", "b", "c", "d", "e"].map { file($0) }, run: run, scope: .everything)
            for (path, video): (BytePath, String) in [("a", "v1"), ("b", "v1"), ("c", "v2"), ("f", "v3")] {
                try catalog.setVideoID(video, of: path)
            }
            let noAudio = Outcome.skipped(.init("no-audio", "none"))
            try catalog.record([
                outcome("a"), outcome("b", .skipped(.init("duplicate", "same as a"))), outcome("c", noAudio),
                outcome("d", noAudio), outcome("e", .failed(.init("corrupt", "bad")), key: "old"),
            ])
            try catalog.endRun(run, .doneWithFailures)
            let report = try catalog.report(stages: [("ingest", "k1"), ("shard", nil)])
            #expect(report.listed == 5 && report.vanished == 1 && report.unhashed == 2 && report.videos == 2)
            let ingest = report.stages[0]
            #expect(ingest.done == 1 && ingest.skipped == 3 && ingest.failed == 0)
            #expect(ingest.pending == 1 && ingest.stale == 1)
            #expect(
                ingest.reasons.map { "\($0.status) \($0.code) \($0.count)" } == [
                    "skipped no-audio 2", "skipped duplicate 1",
                ])
            #expect(report.stages[1].pending == 5 && report.stages[1].reasons.isEmpty)
            #expect(report.lastRun?.command == "avprep ingest clips" && report.lastRun?.exitStatus == 2)
            #expect(try catalog.runs(limit: 5).map(\.id) == [run, run - 1])
            #expect(try catalog.runs(limit: 5).last?.endedAt == nil)
            let json = try CanonicalJSON.encode(report)
            #expect(try JSONDecoder().decode(CatalogReport.self, from: Data(json.utf8)) == report)
        }
    }

    @Test func anEmptyCatalogReportsNothing() throws {
        try withCatalog { catalog in
            let report = try catalog.report(stages: [("ingest", nil)])
            #expect(report.listed == 0 && report.videos == 0 && report.stages[0].pending == 0 && report.lastRun == nil)
            try catalog.checkCounts()
        }
    }

    @Test func statusIsQuickOnLargeCorpora() throws {
        try withCatalog { catalog in
            let count = 30_000
            let paths: [BytePath] = (0..<count).map {
                "corpus/part-\($0 % 100)/some-quite-long-directory-name/video-\($0).mp4"
            }
            try catalog.listing(paths.map { file($0) })
            let clock = ContinuousClock()
            let records = paths.enumerated().map { index, path in
                outcome(path, index % 10 == 0 ? .failed(.init("corrupt", "no frame decodes")) : .done)
            }
            let recording = try clock.measure { try catalog.record(records) }
            let start = clock.now
            let report = try catalog.report(stages: [("ingest", "k1"), ("shard", "k1")])
            let reporting = start.duration(to: clock.now)
            #expect(report.stages[0].done == count * 9 / 10 && report.stages[0].failed == count / 10)
            #expect(report.stages[1].pending == count)
            #expect(reporting < recording / 5, "counting narrow indices costs next to nothing beside writing the rows")
        }
    }
}
