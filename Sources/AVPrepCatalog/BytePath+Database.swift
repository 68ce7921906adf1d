package import AVPrepCore
package import GRDB

/// Paths are stored as their escaped text. SQLite compares texts byte by byte, so two paths are one row only if their bytes
/// are the same.
extension BytePath: DatabaseValueConvertible {
    package var databaseValue: DatabaseValue { escaped.databaseValue }

    package static func fromDatabaseValue(_ value: DatabaseValue) -> BytePath? {
        String.fromDatabaseValue(value).map { BytePath(escaped: $0) }
    }
}
