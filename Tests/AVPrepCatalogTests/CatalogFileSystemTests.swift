import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepCatalog

/// A catalog on file systems that lack what SQLite's write-ahead log needs.
@Suite struct CatalogFileSystemTests {
    private func fill(_ catalog: Catalog) throws {
        let run = try catalog.beginRun("ingest")
        _ = try catalog.list([ListedFile(path: "a.mp4", size: 1, modifiedNanoseconds: 2)], run: run)
        try catalog.endRun(run, .done)
    }

    /// By the file's header, as SQLite documents it.
    private func journal(_ path: String) throws -> String? {
        let versions = try Data(contentsOf: URL(fileURLWithPath: path))[18..<20]
        return Array(versions) == [2, 2] ? "wal" : Array(versions) == [1, 1] ? "delete" : nil
    }

    @Test func theRollbackJournalHoldsTheSame() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            let catalog = try Catalog(path: path, journal: .rollback)
            try fill(catalog)
            #expect(try Catalog(path: path, access: .readOnly).item("a.mp4")?.file.size == 1)
            #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
            #expect(!FileManager.default.fileExists(atPath: path + "-shm"))
            try catalog.close()
            #expect(try journal(path) == "delete")
        }
    }

    /// A catalog that moves to such a file system, with a log that a killed process left.
    @Test func aWriteAheadLogIsBroughtInBeforeItIsGivenUp() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            let first = try Catalog(path: path)
            try fill(first)
            let copy = folder + "/moved.sqlite"
            for ending in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + ending, toPath: copy + ending)
            }
            try first.close()
            let moved = try Catalog(path: copy, journal: .rollback)
            #expect(try moved.item("a.mp4")?.file.size == 1)
            try moved.close()
            #expect(try journal(copy) == "delete")
            // And back again.
            try Catalog(path: copy, journal: .wal).close()
            #expect(try journal(copy) == "wal")
        }
    }

    /// An index that cannot be shared in memory, in the way in which SQLite sees it: the file of that name is a folder.
    @Test func whereMemoryCannotBeSharedTheRollbackJournalIsTaken() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            try FileManager.default.createDirectory(
                atPath: path + "-shm", withIntermediateDirectories: false)
            let catalog = try Catalog(path: path)
            try fill(catalog)
            try catalog.close()
            #expect(try journal(path) == "delete")
            let error = #expect(throws: CatalogError.self) { try Catalog(path: path, journal: .wal) }
            #expect(error?.description.contains("folders.catalog_journal") == true, "\(String(describing: error))")
        }
    }

    @Test func withoutPOSIXLocksTheMessageNamesThemAndWhatHelps() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            for code in [ENOLCK, ENOSYS, EINVAL, EACCES] {
                let error = #expect(throws: CatalogError.self) {
                    try CatalogFileSystem.requireLocks(for: path) { _, _ in
                        errno = code
                        return -1
                    }
                }
                #expect(error?.code == .disk)
                #expect(error?.description.contains("has no POSIX locks") == true)
                #expect(error?.description.contains("folders.catalog") == true)
            }
            try CatalogFileSystem.requireLocks(for: path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }
}
