import AVPrepCore
import AVPrepCorpus
import Foundation

extension FoldManifest {
    /// Reads a table with a header, or a folder: ESC-50's, or one of DCASE 2014's sounds.
    ///
    /// - Parameters:
    ///   - isESC10: the ten classes of ESC-50 that ESC-10 has.
    ///   - seed: of folds that have to be drawn.
    static func read(_ path: String, isESC10: Bool, seed: UInt64) throws -> FoldManifest {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("cannot read the manifest \(path): there is no such file", exitStatus: .badInput)
        }
        if isFolder.boolValue {
            let table = "\(path)/meta/esc50.csv"
            if FileManager.default.fileExists(atPath: table) { return try self.table(table, isESC10: isESC10) }
            if isESC10 { throw noESC10(path) }
            return try DCASEFolder.manifest(of: path, seed: seed)
        }
        return try table(path, isESC10: isESC10)
    }

    private static func noESC10(_ path: String) -> Failure {
        Failure("--esc10 takes ten classes of ESC-50, and \(path) is not meta/esc50.csv", exitStatus: .badInput)
    }

    private static func table(_ path: String, isESC10: Bool) throws -> FoldManifest {
        let title = "the manifest \(path)"
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Failure("cannot read \(title): \(AtomicFile.diskReason(error))", exitStatus: .badInput)
        }
        let bytes = try TextEncoding.utf8(Array(data), title)
        var text = DelimitedText(bytes, separator: DelimitedText.separator(of: bytes), name: title)
        var row = DelimitedText.Row()
        guard try text.next(&row) else { throw Failure("\(title) is empty", exitStatus: .badInput) }
        let header = row.cells.map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased()
        }
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
            let recording = try recordingColumn.flatMap { cells[$0].isEmpty ? nil : try cell($0, "recording") }
            rows.append(
                Row(
                    path: path, label: try cell(labelColumn, "label"), fold: try cell(foldColumn, "fold"),
                    recording: recording ?? path))
        }
        return try FoldManifest(name: title, layout: isESC10 ? .esc10 : isESC ? .esc50 : .columns, rows: rows)
    }
}
