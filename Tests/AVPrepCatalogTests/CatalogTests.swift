import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct CatalogTests {
    // MARK: - What is no catalog

    private func error(opening content: Data, access: Catalog.Access = .readWrite) throws -> CatalogError? {
        try withTemporaryFolder { folder in
            let path = "\(folder)/catalog.sqlite"
            try content.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: CatalogError.self) { try Catalog(path: path, access: access) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content, "it is left as it is")
            #expect(error?.description.contains("\n") == false)
            return error
        }
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndLeftAlone() throws {
        for text in ["x", "paths:\n  - a.mp4\n", String(repeating: "no database at all. ", count: 1000)] {
            #expect(try error(opening: Data(text.utf8))?.code == .foreign)
        }
    }

    @Test func aDatabaseThatIsCutShortIsRefused() throws {
        let head = Data("SQLite format 3\0".utf8)
        #expect(try error(opening: head) != nil)
        #expect(try error(opening: head + Data(repeating: 7, count: 5000)) != nil)
    }

    /// Runs SQL on a database from outside, with Python's own SQLite.
    private func tamper(_ path: String, _ sql: String) throws {
        _ = try Oracle.run(
            """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2]); database.commit()
            """, [path, sql])
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func anotherProgramsDatabaseIsRefusedAndKeepsItsJournalMode() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/other.sqlite"
            try tamper(path, "CREATE TABLE items (path TEXT); INSERT INTO items VALUES ('a')")
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            let error = #expect(throws: CatalogError.self) { try Catalog(path: path) }
            #expect(error?.code == .foreign && error?.exitStatus == .badInput)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aLaterVersionsCatalogIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/catalog.sqlite"
            try Catalog(path: path).close()
            try tamper(path, "INSERT INTO grdb_migrations VALUES ('v99')")
            for access in [Catalog.Access.readWrite, .readOnly] {
                let error = #expect(throws: CatalogError.self) { try Catalog(path: path, access: access) }
                #expect(error?.code == .newerVersion)
            }
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func damagedPagesAreFoundAndNeverCrash() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/catalog.sqlite"
            let catalog = try Catalog(path: path)
            try catalog.listing((0..<2000).map { file("clips/\($0).mp4") })
            try catalog.checkIntegrity()
            try catalog.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for index in stride(from: 8192, to: bytes.count, by: 97) { bytes[index] ^= 0x5A }
            try bytes.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: CatalogError.self) {
                let damaged = try Catalog(path: path)
                try damaged.checkIntegrity()
            }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func aMissingCatalogIsNotMadeByReading() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/catalog.sqlite"
            let error = #expect(throws: CatalogError.self) { try Catalog(path: path, access: .readOnly) }
            #expect(error?.code == .missing)
            #expect(!FileManager.default.fileExists(atPath: path))
            let nowhere = #expect(throws: CatalogError.self) { try Catalog(path: "\(folder)/none/catalog.sqlite") }
            #expect(nowhere?.code == .disk)
            #expect(throws: CatalogError.self) { try Catalog(path: folder) }
        }
    }

    @Test func readingWorksAfterAnOrderlyClose() throws {
        try withTemporaryFolder { folder in
            let catalog = try Catalog(path: "\(folder)/catalog.sqlite")
            try catalog.listing([file("a")])
            try catalog.close()
            let alone = "\(folder)/alone.sqlite"
            try FileManager.default.copyItem(atPath: catalog.path, toPath: alone)
            for path in [catalog.path, alone] {
                let reader = try Catalog(path: path, access: .readOnly)
                #expect(try reader.report(stages: [("ingest", nil)]).stages[0].pending == 1)
            }
        }
    }

    @Test func readingWorksBesideAWriterAndCannotWrite() throws {
        try withTemporaryFolder { folder in
            let writer = try Catalog(path: "\(folder)/catalog.sqlite")
            try writer.listing([file("a")])
            let reader = try Catalog(path: writer.path, access: .readOnly)
            try writer.record(outcome("a"))
            #expect(try reader.outcome(of: "a", stage: "ingest")?.outcome == .done)
            #expect(throws: CatalogError.self) { try reader.record(outcome("a")) }
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func anyoneCanReadItWithSQLite() throws {
        try withCatalog { catalog in
            try catalog.listing([file("b"), file("a")])
            try catalog.record(outcome("a", .failed(.init("corrupt", "no frame decodes"))))
            let rows = try Oracle.json(
                [[String]].self,
                """
                import json, sqlite3, sys
                database = sqlite3.connect(sys.argv[1])
                print(json.dumps(database.execute(
                    "SELECT path, coalesce(status, ''), coalesce(code, ''), coalesce(detail, '') "
                    "FROM items LEFT JOIN outcomes ON subject = path ORDER BY path").fetchall()))
                """, [catalog.path])
            #expect(rows == [["a", "failed", "corrupt", "no frame decodes"], ["b", "", "", ""]])
        }
    }

    // MARK: - Kills and threads

    /// A process that is killed between two instructions loses nothing that it was told is recorded.
    @Test func whatWasRecordedOutlivesAKill() async throws {
        let folder = NSTemporaryDirectory() + "avprep-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let catalog = try Catalog(path: "\(folder)/catalog.sqlite")
            try catalog.listing((0..<2000).map { file("\($0)") })
            let acknowledged = open("\(folder)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o644)
            let count = Mutex(0)
            Thread.detachNewThread {
                while count.withLock({ $0 }) < 50 { usleep(500) }
                usleep(3000)
                kill(getpid(), SIGKILL)
            }
            for number in 0... {
                try catalog.record(outcome("\(number % 2000)", key: "k\(number)"))
                let line = "\(number)\n"
                _ = line.withCString { write(acknowledged, $0, strlen($0)) }
                count.withLock { $0 = number }
            }
        }
        let text = try String(contentsOfFile: "\(folder)/acknowledged", encoding: .utf8)
        let last = try #require(text.split(separator: "\n").compactMap { Int($0) }.last)
        #expect(try Catalog(path: "\(folder)/catalog.sqlite", access: .readOnly).report(stages: []).listed == 2000)
        let catalog = try Catalog(path: "\(folder)/catalog.sqlite")
        for number in max(0, last - 1999)...last {
            let found = try #require(try catalog.outcome(of: "\(number % 2000)", stage: "ingest"))
            // The one in flight when the kill came may be there or not.
            #expect(found.settingsKey == "k\(number)" || found.settingsKey == "k\(last + 1)")
        }
        try catalog.checkCounts()
        try catalog.checkIntegrity()
    }

    @Test func manyThreadsRecordAtOnce() throws {
        try withCatalog { catalog in
            let paths: [BytePath] = (0..<400).map { "clips/\($0)" }
            try catalog.listing(paths.map { file($0) })
            let failures = Mutex([String]())
            DispatchQueue.concurrentPerform(iterations: 8) { worker in
                for index in stride(from: worker, to: paths.count, by: 8) {
                    do {
                        try catalog.setVideoID("video-\(index)", of: paths[index])
                        try catalog.record(outcome(paths[index]))
                        let counts = try catalog.counts(stage: "ingest")
                        if counts.done + counts.pending != 400 { throw Failure("\(counts)") }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
            #expect(failures.withLock { $0 } == [])
            #expect(try catalog.counts(stage: "ingest").done == 400)
            try catalog.checkCounts()
        }
    }
}
