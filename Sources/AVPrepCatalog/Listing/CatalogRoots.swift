package import AVPrepCore
import GRDB

/// What a listed file was found by.
package struct CorpusRoot: Sendable, Hashable {
    package enum Kind: String, Sendable, Codable {
        case folder, list
        /// The file was named itself.
        case named
    }

    /// As listed; empty for `named`.
    package let path: BytePath
    package let kind: Kind

    package init(_ path: BytePath, _ kind: Kind) {
        self.path = path
        self.kind = kind
    }

    package static let named = CorpusRoot("", .named)
}

/// What the last scan of a folder has left out, or could not read.
package struct ScanFinding: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// What a pattern of `corpus.exclude` matches: `name` is the pattern, `detail` the first match.
        case excluded
        /// `name` is a folder that could not be read, `detail` says why.
        case unreadable
        /// `name` is another name of a folder, `detail` the one that its videos are listed by.
        case repeated
    }

    package let kind: Kind
    package let name: String
    package let detail: String
    package var files: Int
    package var folders: Int

    package init(_ kind: Kind, _ name: String, _ detail: String, files: Int = 0, folders: Int = 0) {
        self.kind = kind
        self.name = name
        self.detail = detail
        self.files = files
        self.folders = folders
    }

    /// A line about it.
    package var text: String {
        switch kind {
        case .excluded:
            var counts: [String] = []
            if files > 0 { counts.append(files == 1 ? "1 file" : "\(files) files") }
            if folders > 0 { counts.append(folders == 1 ? "1 folder" : "\(folders) folders") }
            return "\(counts.joined(separator: " and ")) left out by corpus.exclude \"\(name)\", e.g. \(detail)"
        case .unreadable: return "\(name): \(detail)"
        case .repeated: return "\(name) is the folder \(detail): its videos are listed once, by that name"
        }
    }
}

extension Catalog {
    /// The folders that were listed so far, by the names that they were listed by first.
    package func folderRoots() throws -> [BytePath] {
        try read("read") { database in
            try BytePath.fetchAll(database, sql: "SELECT path FROM roots WHERE kind = 'folder' ORDER BY id")
        }
    }

    /// The lists and manifests that were read so far, by the names that they were read by first.
    package func listRoots() throws -> [BytePath] {
        try read("read") { database in
            try BytePath.fetchAll(database, sql: "SELECT path FROM roots WHERE kind = 'list' ORDER BY id")
        }
    }

    /// The number of a root in `items.root`; a new one is recorded.
    static func number(of root: CorpusRoot, in database: Database) throws -> Int64 {
        try database.execute(
            sql: "INSERT INTO roots (path, kind) VALUES (?, ?) ON CONFLICT DO UPDATE SET kind = excluded.kind",
            arguments: [root.path, root.kind.rawValue])
        guard
            let number = try Int64.fetchOne(
                database, sql: "SELECT id FROM roots WHERE path = ?", arguments: [root.path])
        else { throw CatalogError(.corrupt, "a root of the corpus is missing in the catalog; run avprep ingest again") }
        return number
    }

    /// Records what the scan of some roots has found, in place of what earlier scans of them had.
    ///
    /// - Parameter isWhole: whether there are no other roots any more.
    package func setFindings(_ findings: [(root: BytePath, findings: [ScanFinding])], isWhole: Bool) throws {
        try write("record in") { database in
            if isWhole { try database.execute(sql: "DELETE FROM findings") }
            for (root, found) in findings {
                try database.execute(sql: "DELETE FROM findings WHERE root = ?", arguments: [root])
                for finding in found {
                    try database.execute(
                        sql:
                            "INSERT OR REPLACE INTO findings (root, kind, name, detail, files, folders) VALUES (?, ?, ?, ?, ?, ?)",
                        arguments: [
                            root, finding.kind.rawValue, finding.name, finding.detail, finding.files, finding.folders,
                        ])
                }
            }
        }
    }

    /// What the last scans have found, the same of several roots together, ordered by kind and name.
    func findings(in database: Database) throws -> [ScanFinding] {
        guard try database.tableExists("findings") else { return [] }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT kind, name, min(detail) AS detail, sum(files) AS files, sum(folders) AS folders FROM findings
                GROUP BY kind, name ORDER BY kind, name
                """
        ).map { row in
            guard let kind = ScanFinding.Kind(rawValue: row["kind"]) else {
                throw damaged("an unknown kind of finding")
            }
            return ScanFinding(kind, row["name"], row["detail"], files: row["files"], folders: row["folders"])
        }
    }
}
