import Foundation
import GRDB

extension CatalogSchema {
    /// Rejects a file that is not a catalog, before anything is written to it.
    ///
    /// - Parameter path: an existing file; an empty one passes, as SQLite creates such files itself.
    /// - Throws: ``CatalogError``, or `DatabaseError` when SQLite cannot read it.
    static func inspect(_ path: String, readOnly: Bool, _ configuration: Configuration = Configuration()) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CatalogError(
                .disk, "cannot read the catalog \(path); check that it is a file and that you may read it")
        }
        defer { try? file.close() }
        let header: Data
        do {
            // Nil at the end: an empty file, as a run leaves that was killed while it made the catalog.
            header = try file.read(upToCount: 16) ?? Data()
        } catch {
            throw CatalogError(
                .disk, "cannot read the catalog \(path); check that it is a file and that you may read it")
        }
        if header.isEmpty { return }
        guard header == Data("SQLite format 3\0".utf8) else { throw foreign(path) }
        var configuration = configuration
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(Catalog.busySeconds)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { database in
            let identifier = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            if identifier == 0, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 { return }
            guard identifier == applicationID else { throw foreign(path) }
            if try migrator.hasBeenSuperseded(database) {
                throw CatalogError(
                    .newerVersion,
                    "the catalog \(path) was written by a later version of avprep; use that version, or move the catalog away"
                )
            }
        }
    }

    private static func foreign(_ path: String) -> CatalogError {
        CatalogError(.foreign, "\(path) is not a catalog of avprep and was left unchanged; give another path")
    }
}
