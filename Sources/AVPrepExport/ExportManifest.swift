import AVPrepCore
import Foundation
import Synchronization

/// Which files of a folder an export wrote, and of what: `export.json`. Only these are ever replaced or removed.
final class ExportManifest: Sendable {
    static let fileName = "export.json"

    /// The file itself. Its first version was the table of tars alone.
    private struct Content: StoredRecord {
        var version = 2
        var files: [String: Entry]
    }

    private struct Entry: StoredRecord, Equatable {
        /// What the file was made of.
        var key: String
        /// Its size; nil while it is being written.
        var bytes: Int?
        /// SHA-256 of the file, but for tars, where it would cost their reading.
        var sha256: String?
    }

    private let folder: String
    private let path: String
    private let setAside: SetAsideFiles
    private let entries: Mutex<[String: Entry]>
    /// Whether the tables and texts of that export stand in the list too.
    private let namesAllFiles: Bool

    /// Reads the list of a folder, or begins one for an empty folder. Nothing is written.
    ///
    /// - Parameter setAside: takes what is in the way and is not as it was written.
    /// - Throws: ``Failure`` when the folder holds something else, or the list cannot be read.
    init(folder: String, setAside: SetAsideFiles) throws {
        self.folder = folder
        self.setAside = setAside
        path = "\(folder)/\(Self.fileName)"
        guard let data = try ExistingFile.content(path) else {
            let others = try ExistingFile.names(inFolder: folder).filter {
                !$0.hasPrefix(Self.fileName + AtomicFile.mark)
            }
            guard others.isEmpty else {
                throw Failure(
                    "\(folder) holds other files; give an empty folder, or one of an earlier export",
                    exitStatus: .usage)
            }
            entries = Mutex([:])
            namesAllFiles = true
            return
        }
        struct Version: Decodable { let version: Int }
        do {
            if let version = try? JSONDecoder().decode(Version.self, from: data).version {
                guard version <= 2 else {
                    throw StoredJSONError.newer("the version \(version)")
                }
                entries = Mutex(try StoredJSON.decode(Content.self, from: data).files)
                namesAllFiles = true
            } else {
                entries = Mutex(
                    Self.moved(try StoredJSON.decode(StoredTable<Entry>.self, from: data).entries, in: folder))
                namesAllFiles = false
            }
        } catch StoredJSONError.newer(let what) {
            throw Failure(
                "\(path) was written by a newer avprep: this one does not know \(what); export with that avprep, or into another folder",
                exitStatus: .badInput)
        } catch is StoredJSONError {
            throw Failure(
                "\(path) is damaged: it is not the list of an export's files; nothing in \(folder) was changed: bring the file back, or export into another folder",
                exitStatus: .badInput)
        }
    }

    /// Entries of the first version named tars without their folder.
    private static func moved(_ entries: [String: Entry], in folder: String) -> [String: Entry] {
        Dictionary(
            entries.map { name, entry in
                let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(name)")
                return (isThere ? name : "data/\(name)", entry)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes the list as it stands, before anything else is made: a folder that holds something without a list would be
    /// somebody else's to the next export.
    func begin() throws {
        try AtomicFile.makeFolder(folder)
        try save(entries.withLock { $0 })
    }

    /// Refuses to write over files that are not in the list.
    ///
    /// - Parameter names: of the files to be written, from the folder on.
    /// - Throws: ``Failure`` naming the first.
    func check(_ names: [String]) throws {
        for name in names where entries.withLock({ $0[name] == nil }) {
            // Tables and texts of an earlier avprep's export are set aside when they are written anew.
            if !namesAllFiles, !name.hasSuffix(".tar") { continue }
            guard try ExistingFile.isThere("\(folder)/\(name)") else { continue }
            throw Failure(
                "\(folder)/\(name) is in the way and was not written by avprep export; move it, or export into another folder",
                exitStatus: .usage)
        }
    }

    /// Whether a file is whole and of this key.
    func holds(_ name: String, key: String) throws -> Bool {
        guard let entry = entries.withLock({ $0[name] }), entry.key == key else { return false }
        return try isAsWritten(name, entry)
    }

    /// Writes a file, and enters it.
    ///
    /// - Parameter key: stands for what it is made of.
    func write(_ name: String, key: String, _ body: (_ path: String) throws -> Void) throws {
        let target = "\(folder)/\(name)"
        let entry = entries.withLock { $0[name] }
        let isOurs = try entry.map { try $0.bytes == nil || isAsWritten(name, $0) } ?? false
        if !isOurs, try ExistingFile.isThere(target) {
            try setAside.setAside(
                target, mark: "changed", because: "\(target) is not as avprep export wrote it, and is written again")
        }
        try enter(name, Entry(key: key))
        try body(target)
        var written = Entry(key: key, bytes: try Self.size(target))
        if !name.hasSuffix(".tar") { written.sha256 = try SHA256.digest(ofFile: target).hex }
        try enter(name, written)
    }

    /// Removes what was written before and is not part of this export.
    ///
    /// - Parameter names: the files of this export, from the folder on.
    /// - Returns: a line for each file that stays though it looks like one of an export.
    func removeOthers(_ names: Set<String>) throws -> [String] {
        var notes: [String] = []
        for (name, entry) in entries.withLock({ $0 }).sorted(by: { $0.key < $1.key }) where !names.contains(name) {
            let target = "\(folder)/\(name)"
            if try ExistingFile.isThere(target) {
                if try entry.bytes == nil || isAsWritten(name, entry) {
                    guard unlink(target) == 0 else { throw Failure("cannot remove \(target): \(systemError())") }
                } else {
                    notes.append("\(target) is not as avprep export wrote it, and stays")
                }
            }
            try enter(name, nil)
        }
        for (place, ending) in [("", ".tar"), ("data/", ".tar"), ("pairs/", ".csv")] {
            for name in try ExistingFile.names(inFolder: folder + "/" + place)
            where name.hasSuffix(ending) && !names.contains(place + name) {
                let note = "\(folder)/\(place)\(name) was not written by avprep export, and stays"
                if !notes.contains(where: { $0.hasPrefix("\(folder)/\(place)\(name) ") }) { notes.append(note) }
            }
        }
        return notes
    }

    private func isAsWritten(_ name: String, _ entry: Entry) throws -> Bool {
        let target = "\(folder)/\(name)"
        guard try ExistingFile.isThere(target), try entry.bytes == Self.size(target) else { return false }
        return try entry.sha256.map { try SHA256.digest(ofFile: target).hex == $0 } ?? true
    }

    private static func size(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("cannot read \(path): \(systemError())") }
        return Int(status.st_size)
    }

    private func enter(_ name: String, _ entry: Entry?) throws {
        try entries.withLock { entries in
            entries[name] = entry
            try save(entries)
        }
    }

    private func save(_ entries: [String: Entry]) throws {
        let text = try CanonicalJSON.encode(Content(files: entries), pretty: true) + "\n"
        try AtomicFile.write(Data(text.utf8), to: path)
    }
}
