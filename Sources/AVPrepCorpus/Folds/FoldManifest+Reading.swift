package import AVPrepCore
import Foundation

extension FoldManifest {
    /// Reads a table with a header, or a folder: ESC-50's, ESC-10's, or one of DCASE 2014's sounds.
    ///
    /// - Parameters:
    ///   - isESC10: the ten classes of ESC-50 that ESC-10 has.
    ///   - seed: of folds that have to be drawn.
    /// - Throws: ``Failure`` (65) in one line.
    package static func read(_ path: BytePath, isESC10: Bool = false, seed: UInt64) throws -> FoldManifest {
        guard try ExistingFile.isThere(path) else {
            throw Failure("cannot read the manifest \(path): there is no such file", exitStatus: .badInput)
        }
        guard try FolderNames.sorted(path) != nil else { return try table(path, isESC10: isESC10) }
        if let found = try folderOfESC(path, isESC10: isESC10) { return found }
        if isESC10 { throw noESC10(path) }
        return try DCASEFolder.manifest(of: path, seed: seed)
    }

    /// What a path says of classes and folds by itself: ESC-50's, ESC-10's or DCASE 2014's folder, or a table with folds; nil for
    /// anything else.
    ///
    /// - Throws: ``Failure`` for one of these that is not whole.
    package static func recognised(_ path: BytePath, seed: UInt64) throws -> FoldManifest? {
        guard !path.isWebAddress, try ExistingFile.isThere(path) else { return nil }
        guard try FolderNames.sorted(path) != nil else {
            let isTable = ["csv", "tsv"].contains { path.bytes.fileExtension == Array($0.utf8) }
            guard isTable, try header(of: path).contains("fold") else { return nil }
            return try table(path, isESC10: false)
        }
        if let found = try folderOfESC(path, isESC10: false) { return found }
        return try DCASEFolder.isRecognised(path) ? DCASEFolder.manifest(of: path, seed: seed) : nil
    }

    /// A folder of ESC-50, by its table, or of ESC-10, by its folders' names; nil for any other.
    private static func folderOfESC(_ path: BytePath, isESC10: Bool) throws -> FoldManifest? {
        let table = path.appending("meta/esc50.csv".utf8)
        if try ExistingFile.isThere(table) { return try self.table(table, isESC10: isESC10) }
        return try ESC10Folder.rows(of: path).map {
            try FoldManifest(name: "the folder \(path)", layout: .esc10, rows: $0)
        }
    }

    private static func text(of path: BytePath) throws -> (DelimitedText, title: String) {
        let title = "the manifest \(path)"
        guard let content = CorpusScan.content(path) else {
            throw Failure("cannot read \(title): \(systemError())", exitStatus: .badInput)
        }
        let bytes = try TextEncoding.utf8(content, title)
        return (DelimitedText(bytes, separator: DelimitedText.separator(of: bytes), name: title), title)
    }

    private static func header(of path: BytePath) throws -> [String] {
        var (text, _) = try text(of: path)
        var row = DelimitedText.Row()
        return try text.next(&row) ? names(in: row) : []
    }

    private static func names(in row: DelimitedText.Row) -> [String] {
        row.cells.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased() }
    }

    /// Where the files of a table lie: ESC-50's beside its folder, in `audio`; of others in the table's own.
    private static func media(of table: BytePath, isESC: Bool) throws -> BytePath {
        let folder: BytePath = table.folder.bytes.isEmpty ? "." : table.folder
        guard isESC else { return folder }
        for audio in [folder.appending("../audio".utf8), folder.appending("audio".utf8)]
        where try ExistingFile.isThere(audio) { return audio }
        return folder
    }

    private static func noESC10(_ path: BytePath) -> Failure {
        Failure("--esc10 takes ten classes of ESC-50, and \(path) is not meta/esc50.csv", exitStatus: .badInput)
    }

    private static func table(_ path: BytePath, isESC10: Bool) throws -> FoldManifest {
        var (text, title) = try text(of: path)
        var row = DelimitedText.Row()
        guard try text.next(&row) else { throw Failure("\(title) is empty", exitStatus: .badInput) }
        let header = names(in: row)
        func column(_ name: String) -> Int? { header.firstIndex(of: name) }
        let isESC = ["filename", "fold", "category", "src_file"].allSatisfy { column($0) != nil }
        guard let pathColumn = column(isESC ? "filename" : "path"),
            let labelColumn = column(isESC ? "category" : "label"), let foldColumn = column("fold")
        else {
            throw Failure(
                "\(title): its first line has neither the columns path, label, fold (and recording) nor those of "
                    + "ESC-50's meta/esc50.csv; it has \(header.joined(separator: ", "))", exitStatus: .badInput)
        }
        let recordingColumn = column(isESC ? "src_file" : "recording")
        let subset = isESC10 ? column("esc10") : nil
        if isESC10, !isESC || subset == nil { throw noESC10(path) }
        let media = try media(of: path, isESC: isESC)
        var rows: [Row] = []
        while try text.next(&row) {
            let cells = row.cells
            let line = row.line
            func fault(_ what: String) -> Failure {
                Failure("\(title), line \(line): \(what)", exitStatus: .badInput)
            }
            guard cells.count >= header.count else { throw fault("it has \(cells.count) cells, not \(header.count)") }
            func cell(_ column: Int, _ what: String) throws -> String {
                guard let text = String(validating: cells[column], as: UTF8.self) else {
                    throw fault("its \(what) is not UTF-8")
                }
                let trimmed = text.trimmingCharacters(in: .whitespaces)
                if trimmed.isEmpty { throw fault("it has no \(what)") }
                if trimmed.unicodeScalars.contains(where: { $0.value < 32 }) {
                    throw fault("its \(what) has control characters")
                }
                return trimmed
            }
            if let subset {
                let word = String(decoding: cells[subset], as: UTF8.self).trimmingCharacters(in: .whitespaces)
                    .lowercased()
                guard ["true", "false", "1", "0"].contains(word) else { throw fault("its esc10 is \"\(word)\"") }
                if word == "false" || word == "0" { continue }
            }
            if cells[pathColumn].isEmpty { throw fault("it has no path") }
            let path = PathEscape.encode(cells[pathColumn])
            let named = PathReading.path(BytePath(cells[pathColumn])) { $0.relative(to: media) }
            let recording = try recordingColumn.flatMap { cells[$0].isEmpty ? nil : try cell($0, "recording") }
            rows.append(
                Row(
                    path: path, label: try cell(labelColumn, "label"), fold: try cell(foldColumn, "fold"),
                    recording: recording ?? path, file: named.relative(to: media)))
        }
        return try FoldManifest(name: title, layout: isESC10 ? .esc10 : isESC ? .esc50 : .columns, rows: rows)
    }
}
