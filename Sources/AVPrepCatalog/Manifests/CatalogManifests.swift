package import AVPrepCore
import AVPrepModel
import GRDB

/// What manifests say of items: labels and splits.
extension Catalog {
    /// Records what a manifest says, in place of what it said before. Only differences are written.
    ///
    /// - Parameter notes: what it says of each item, each item once, in any order.
    package func setManifest(_ record: ManifestRecord, notes: [(path: BytePath, note: ItemNote)]) throws {
        // In the order of the texts, in which the catalog has them.
        let sorted = notes.map { (path: $0.path.escaped, note: $0.note) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        try write("record in") { database in
            let root = try Self.number(of: CorpusRoot(record.manifest, .list), in: database)
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO manifests (root, layout, rows, items, repeated, malformed, missing, faults)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    root, record.layout, record.rows, record.items, record.repeated, record.malformed, record.missing,
                    record.faults.joined(separator: "\n"),
                ])
            let change = try Self.difference(sorted, root, database)
            try Self.apply(change, sorted, root, database)
        }
    }

    private struct NoteChange {
        /// Paths whose notes go, and places of notes that come, also in their stead.
        var gone: [String] = []
        var new: [Int] = []
        var labels: [String: Int] = [:]

        mutating func count(_ text: String, _ step: Int) {
            for label in ItemNote.labels(text) { labels[label, default: 0] += step }
        }
    }

    private static func difference(_ notes: [(path: String, note: ItemNote)], _ root: Int64, _ database: Database)
        throws
        -> NoteChange
    {
        var change = NoteChange()
        var place = 0
        func add() {
            change.new.append(place)
            change.count(notes[place].note.labelText, 1)
            place += 1
        }
        let rows = try Row.fetchCursor(
            database, sql: "SELECT path, row, split, labels, torn FROM notes WHERE root = ? ORDER BY path",
            arguments: [root])
        while let row = try rows.next() {
            let path: String = row["path"]
            while place < notes.count, notes[place].path.utf8.lexicographicallyPrecedes(path.utf8) { add() }
            let labels: String = row["labels"]
            guard place < notes.count, notes[place].path.utf8.elementsEqual(path.utf8) else {
                change.gone.append(path)
                change.count(labels, -1)
                continue
            }
            let note = notes[place].note
            if row["row"] == note.row, row["split"] == note.split?.rawValue ?? "", row["torn"] == note.isTorn,
                labels.utf8.elementsEqual(note.labelText.utf8)
            {
                place += 1
            } else {
                change.count(labels, -1)
                add()
            }
        }
        while place < notes.count { add() }
        return change
    }

    private static func apply(
        _ change: NoteChange, _ notes: [(path: String, note: ItemNote)], _ root: Int64, _ database: Database
    ) throws {
        let forget = try database.cachedStatement(sql: "DELETE FROM notes WHERE root = ? AND path = ?")
        for path in change.gone { try forget.execute(arguments: [root, path]) }
        let enter = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO notes (root, path, row, split, labels, torn) VALUES (?, ?, ?, ?, ?, ?)")
        for place in change.new {
            let (path, note) = notes[place]
            try enter.execute(arguments: [
                root, path, note.row, note.split?.rawValue ?? "", note.labelText, note.isTorn,
            ])
        }
        try count(change.labels, database)
        if !change.gone.isEmpty || !change.new.isEmpty { try noteChange(database) }
    }

    /// What depends on manifests has to be looked at again.
    private static func noteChange(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO changes (stage, count) VALUES ('manifests', 1)
                ON CONFLICT DO UPDATE SET count = count + 1
                """)
    }

    /// How often what manifests say has changed so far.
    package func manifestChangeCount() throws -> Int { try changeCount(stage: "manifests") ?? 0 }

    private static func count(_ labels: [String: Int], _ database: Database) throws {
        let count = try database.cachedStatement(
            sql: """
                INSERT INTO label_counts (label, items) VALUES (?1, ?2)
                ON CONFLICT DO UPDATE SET items = items + excluded.items
                """)
        for (label, step) in labels where step != 0 { try count.execute(arguments: [label, step]) }
        try database.execute(sql: "DELETE FROM label_counts WHERE items <= 0")
    }

    /// Forgets what manifests say that are read no more.
    package func forgetManifests(except kept: [BytePath]) throws {
        try write("record in") { database in
            let known = try Row.fetchAll(
                database, sql: "SELECT root, path FROM manifests JOIN roots ON roots.id = manifests.root")
            for row in known where !kept.contains(row["path"] as BytePath) {
                let root: Int64 = row["root"]
                var change = NoteChange()
                let texts = try String.fetchCursor(
                    database, sql: "SELECT labels FROM notes WHERE root = ? AND labels <> ''", arguments: [root])
                while let text = try texts.next() { change.count(text, -1) }
                try Self.count(change.labels, database)
                try database.execute(sql: "DELETE FROM notes WHERE root = ?", arguments: [root])
                try database.execute(sql: "DELETE FROM manifests WHERE root = ?", arguments: [root])
                try Self.noteChange(database)
            }
        }
    }

    /// What the last readings of all manifests have found, by name.
    package func manifests() throws -> [ManifestRecord] {
        try read("read") { database in
            guard try Self.knowsManifests(database) else { return [] }
            return try Row.fetchAll(
                database,
                sql: "SELECT manifests.*, path FROM manifests JOIN roots ON roots.id = manifests.root ORDER BY path"
            ).map { row in
                var record = ManifestRecord(row["path"], layout: row["layout"])
                (record.rows, record.items, record.repeated) = (row["rows"], row["items"], row["repeated"])
                (record.malformed, record.missing) = (row["malformed"], row["missing"])
                record.faults = (row["faults"] as String).split(separator: "\n").map(String.init)
                return record
            }
        }
    }

    /// How many items have each label, the most frequent first.
    package func labelCounts() throws -> [(label: String, items: Int)] {
        try read("read") { database in
            guard try Self.knowsManifests(database) else { return [] }
            return try Row.fetchAll(database, sql: "SELECT label, items FROM label_counts ORDER BY items DESC, label")
                .map {
                    ($0["label"], $0["items"])
                }
        }
    }

    /// What manifests say of one item, by their names.
    package func notes(of path: BytePath) throws -> [ItemNote] {
        try read("read") { database in
            guard try Self.knowsManifests(database) else { return [] }
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT notes.*, roots.path AS manifest FROM notes JOIN roots ON roots.id = notes.root
                    WHERE notes.path = ? ORDER BY roots.path
                    """, arguments: [path]
            ).map(Self.note)
        }
    }

    /// Passes on what manifests say of listed items whose content is known: with the item's path, its video, and the content
    /// of its whole file.
    package func forEachNote(_ body: (_ path: BytePath, _ videoID: String, _ note: ItemNote) throws -> Void) throws {
        try read("read") { database in
            guard try Self.knowsManifests(database) else { return }
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT notes.*, items.video_id, roots.path AS manifest FROM notes
                    JOIN items ON items.path = notes.path JOIN roots ON roots.id = notes.root
                    WHERE items.vanished = 0 AND items.video_id IS NOT NULL ORDER BY roots.path, notes.path
                    """)
            while let row = try rows.next() { try body(row["path"], row["video_id"], Self.note(row)) }
        }
    }

    /// The videos that are parts of one file, with their names, for each file with several, or with a part beside the whole.
    ///
    /// Two files with the same bytes are one where the digest of the whole is known.
    package func partsOfContents() throws -> [[(videoID: String, path: BytePath)]] {
        try read("read") { database in
            guard try Self.knowsManifests(database) else { return [] }
            let whole = try database.cachedStatement(
                sql: "SELECT video_id FROM items WHERE path = ? AND vanished = 0 AND video_id IS NOT NULL")
            var files: [BytePath: [(videoID: String, path: BytePath)]] = [:]
            var contents: [String: [(videoID: String, path: BytePath)]] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT path, video_id, content_id FROM items
                    WHERE vanished = 0 AND video_id IS NOT NULL AND path LIKE '%#t=%'
                    """)
            while let row = try rows.next() {
                let part: (videoID: String, path: BytePath) = (row["video_id"], row["path"])
                let name = ItemName(listed: part.path)
                guard name.range != nil else { continue }
                let file = ItemName(file: name.file, range: nil).listed
                if files[file] == nil {
                    files[file] = try String.fetchOne(whole, arguments: [file]).map { [($0, file)] } ?? []
                }
                files[file]?.append(part)
                if let content = row["content_id"] as String? { contents[content, default: []].append(part) }
            }
            // Parts of one file are together already.
            let copies = contents.filter { Set($0.value.map { ItemName(listed: $0.path).file }).count > 1 }
            return (files.sorted { $0.key < $1.key }.map(\.value) + copies.sorted { $0.key < $1.key }.map(\.value))
                .filter { Set($0.map(\.videoID)).count > 1 }
        }
    }

    private static func note(_ row: Row) -> ItemNote {
        ItemNote(
            manifest: row["manifest"], row: row["row"], split: Split(rawValue: row["split"]),
            labels: ItemNote.labels(row["labels"]), isTorn: row["torn"])
    }

    /// Whether the catalog has manifests; one of before that is open for reading does not.
    private static func knowsManifests(_ database: Database) throws -> Bool { try database.tableExists("notes") }
}
