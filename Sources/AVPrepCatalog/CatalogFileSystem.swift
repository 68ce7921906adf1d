import AVPrepCore
import AVPrepModel
import Foundation
import GRDB

/// Opens catalogs with what their file system has: SQLite needs POSIX locks, and memory that processes share for the
/// write-ahead log.
enum CatalogFileSystem {
    /// SQLite takes a file system without locks for a catalog that another process holds, for ever. A file that nobody else
    /// knows tells them apart.
    ///
    /// (Not the catalog itself: a process loses its POSIX locks of a file with the first descriptor of it that it closes.)
    /// - Throws: ``CatalogError`` that names what is missing. Where no file can be made, SQLite says why it cannot, either.
    static func requireLocks(
        for path: String, lock: (Int32, inout flock) -> Int32 = { fcntl($0, F_SETLK, &$1) }
    ) throws {
        let probe = AtomicFile.temporaryPath(for: path + ".locks")
        let file = Foundation.open(probe, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        unlink(probe)
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_len = 1
        guard lock(file, &range) != 0 else { return }
        throw CatalogError(
            .disk,
            "the file system of the catalog \(path) has no POSIX locks (fcntl: \(systemError())), which SQLite needs; set folders.catalog to a file on a local disk, or mount it with locks"
        )
    }

    static func open(_ path: String, exists: Bool, isReadOnly: Bool, journal: CatalogJournal) throws
        -> any DatabaseWriter
    {
        var configuration = Configuration()
        configuration.label = "catalog"
        configuration.busyMode = .timeout(Catalog.busySeconds)
        configuration.readonly = isReadOnly
        let isRollback = journal == .rollback && !isReadOnly
        do {
            if isRollback { return try rollback(path, configuration) }
            if exists { try CatalogSchema.inspect(path, readOnly: isReadOnly) }
            let pool = try DatabasePool(path: path, configuration: configuration)
            if !isReadOnly { try prepare(pool) }
            return pool
        } catch let error as DatabaseError
            where journal == .automatic && !isReadOnly && error.mayLackSharedMemory
        {
            return try rollback(path, configuration)
        }
    }

    /// A catalog whose write-ahead log, if it has one, is brought in and given up.
    private static func rollback(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
        // Whoever tried the log first may have made the file.
        if FileManager.default.fileExists(atPath: path) {
            // A process that has the file for itself needs no shared memory to read a write-ahead log.
            var alone = configuration
            alone.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            try CatalogSchema.inspect(path, readOnly: false, alone)
            let queue = try DatabaseQueue(path: path, configuration: alone)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try queue.close()
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try prepare(queue)
        return queue
    }

    private static func prepare(_ writer: some DatabaseWriter) throws {
        // GRDB sets NORMAL in WAL mode, which may lose the last commits in a power cut.
        try writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try CatalogSchema.migrator.migrate(writer)
    }
}

extension DatabaseError {
    /// Whether a rollback journal is worth an attempt: it has an error of its own where the cause is another one.
    fileprivate var mayLackSharedMemory: Bool {
        isWithoutSharedMemory || resultCode == .SQLITE_CANTOPEN || resultCode == .SQLITE_READONLY
    }

    /// Whether the write-ahead log could not be had, or read, since its index cannot be shared in memory.
    var isWithoutSharedMemory: Bool {
        switch extendedResultCode {
        case .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMLOCK, .SQLITE_IOERR_SHMMAP: true
        // GRDB's own, where SQLite keeps the journal that it had.
        default: message?.contains("could not activate WAL") == true
        }
    }
}
