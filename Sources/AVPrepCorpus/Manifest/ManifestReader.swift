import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import Foundation

/// Reads the rows of a manifest: a table, or one JSON object a line.
struct ManifestReader {
    let layout: ManifestLayout
    private let name: String
    private let settings: ManifestSettings
    private var source: Source
    private var labels: [[UInt8]: [String]] = [:]

    private enum Source {
        /// With the columns, and the first row where it is no header.
        case table(DelimitedText, ManifestColumns, first: DelimitedText.Row?)
        case objects(JSONLines, ManifestKeys)
    }

    static let extensions = ["csv", "tsv", "jsonl"]

    /// - Parameters:
    ///   - name: as listed.
    ///   - data: the file's bytes.
    /// - Throws: ``Failure`` naming the line, for what is no manifest, and for columns that are not there.
    init(name: BytePath, data: [UInt8], _ settings: ManifestSettings) throws {
        let title = "the manifest \(name)"
        self.name = title
        self.settings = settings
        let bytes = try TextEncoding.utf8(data, title)
        let kind = name.bytes.fileExtension ?? []
        do {
            if kind == Array("jsonl".utf8) {
                layout = try ManifestLayout(
                    settings.layout == .auto ? .columns : settings.layout, settings, name: name)
                source = .objects(JSONLines(bytes), ManifestKeys(settings.columns))
                return
            }
            let separator = kind == Array("tsv".utf8) ? UInt8(ascii: "\t") : DelimitedText.separator(of: bytes)
            var table = DelimitedText(bytes, separator: separator, name: title)
            let comments = table.comments()
            var row = DelimitedText.Row()
            guard try table.next(&row) else {
                let kind = settings.layout == .auto ? ManifestSettings.Layout.columns : settings.layout
                layout = try ManifestLayout(kind, settings, name: name)
                source = .table(table, .audioset, first: nil)
                return
            }
            let first = row.cells.map { String(decoding: $0, as: UTF8.self) }
            let found = settings.layout == .auto ? ManifestLayout.recognised(comments, first) : settings.layout
            // Columns that are asked for are looked at first.
            let isNumbered = ManifestColumns(numbers: settings.columns, count: first.count)
            let kind2 = settings.layout == .auto && isNumbered != nil ? .columns : found
            layout = try ManifestLayout(kind2, settings, name: name)
            if let columns = isNumbered {
                source = .table(table, columns, first: row)
            } else if kind2 == .audioset {
                source = .table(table, .audioset, first: row)
            } else if kind2 == .vggsound {
                source = .table(table, .vggsound(count: first.count), first: row)
            } else {
                let columns = try ManifestColumns(header: first, settings.columns)
                guard columns.path != nil || columns.id != nil else {
                    throw MalformedRow(
                        "none of its columns is known as a path or an id: name them in corpus.manifest.columns, by number where there is no header"
                    )
                }
                source = .table(table, columns, first: nil)
            }
        } catch let error as MalformedRow {
            throw Failure("\(title): \(error.reason)", exitStatus: .badInput)
        }
    }

    /// Reads all rows.
    ///
    /// - Parameter body: gets each row, or the reason why a line is none.
    /// - Throws: ``Failure`` for a split with another name, and a quotation mark that is never closed; what `body` throws.
    mutating func read(_ body: (Result<ManifestRow, MalformedRow>, _ line: Int, _ number: Int) throws -> Void) throws {
        var number = 0
        switch source {
        case .table(var table, let columns, let first):
            var row = first ?? DelimitedText.Row()
            var isThere = try first != nil || table.next(&row)
            while isThere {
                number += 1
                try body(try result(row.line) { try self.row(row, columns, number) }, row.line, number)
                isThere = try table.next(&row)
            }
        case .objects(var lines, let keys):
            while let (line, object) = lines.next() {
                number += 1
                try body(
                    try result(line) {
                        try keys.row(object, line: line, number: number, layout) { try self.split($0, line) }
                    }, line, number)
            }
        }
    }

    private func result(_ line: Int, _ body: () throws -> ManifestRow) throws -> Result<ManifestRow, MalformedRow> {
        do {
            return .success(try body())
        } catch let error as MalformedRow {
            return .failure(error)
        }
    }

    private mutating func row(_ row: DelimitedText.Row, _ columns: ManifestColumns, _ number: Int) throws -> ManifestRow
    {
        guard row.cells.count == columns.count else {
            let blank = row.cells.dropFirst(columns.count).allSatisfy(\.isEmpty)
            guard row.cells.count > columns.count, blank else {
                throw MalformedRow("it has \(row.cells.count) cells, and not \(columns.count)")
            }
            return try self.row(cells: Array(row.cells.prefix(columns.count)), row.line, columns, number)
        }
        return try self.row(cells: row.cells, row.line, columns, number)
    }

    private mutating func row(cells: [[UInt8]], _ line: Int, _ columns: ManifestColumns, _ number: Int) throws
        -> ManifestRow
    {
        func text(_ column: Int?) -> String {
            column.map { String(decoding: cells[$0], as: UTF8.self).trimmingBlanks } ?? ""
        }
        let target: ManifestRow.Target
        if let column = columns.path, !cells[column].isEmpty {
            target = .path(cells[column])
        } else if columns.path == nil, let column = columns.id, !text(column).isEmpty {
            target = .id(Array(text(column).utf8))
        } else {
            throw MalformedRow(columns.path == nil ? "it has no id" : "it has no path")
        }
        var row = ManifestRow(line: line, number: number, target: target, labels: [])
        let word = text(columns.split)
        row.splitWord = word
        row.split = word.isEmpty ? layout.split : try split(word, line)
        for column in columns.labels { row.labels += try self.labels(of: cells[column]) }
        if columns.labels.count > 1 { row.labels = row.labels.withoutRepetitions }
        try row.setTimes(text(columns.start), text(columns.end), layout)
        return row
    }

    private func split(_ word: String, _ line: Int) throws -> Split {
        if let split = Split(manifestWord: word) { return split }
        throw Failure(
            "\(name), line \(line): the split \"\(word)\" is none: train (training), val (valid, validate, validation) and test (testing) are known",
            exitStatus: .badInput)
    }

    /// The labels of a cell. Cells repeat: a data set has few labels.
    private mutating func labels(of cell: [UInt8]) throws -> [String] {
        if let known = labels[cell] { return known }
        let found = try ManifestRow.labels(cell, separator: layout.labelSeparator)
        labels[cell] = found
        return found
    }
}

extension ManifestRow {
    /// What separates labels in the catalog: it can be in none.
    static let labelBoundary = ItemNote.boundary

    static func labels(_ cell: [UInt8], separator: Character?) throws -> [String] {
        guard let text = String(validating: cell, as: UTF8.self) else {
            throw MalformedRow("its label is not UTF-8: save the manifest as UTF-8")
        }
        guard !text.unicodeScalars.contains(where: { $0 == Self.labelBoundary || $0.value == 0 }) else {
            throw MalformedRow("its label has control characters")
        }
        let parts = separator.map { text.split(separator: $0).map(String.init) } ?? [text]
        return parts.map(\.trimmingBlanks).filter { !$0.isEmpty }.withoutRepetitions
    }

    /// - Throws: ``MalformedRow`` for times that are none, or that are not in order.
    mutating func setTimes(_ from: String, _ to: String, _ layout: ManifestLayout) throws {
        func seconds(_ text: String, _ what: String) throws -> Double? {
            if text.isEmpty { return nil }
            guard let seconds = ManifestTime.seconds(text) else {
                throw MalformedRow("its \(what) \"\(text)\" is no time: seconds or [HH:]MM:SS, not negative")
            }
            return seconds
        }
        start = try seconds(from, "start")
        end = try seconds(to, "end")
        if end == nil, let start, let length = layout.rangeSeconds { end = start + length }
        guard start != nil || end != nil else { return }
        if let end, end <= start ?? 0 {
            throw MalformedRow("it ends at \(to), which is not after its start, \(from.isEmpty ? "0" : from)")
        }
        guard range != nil else { throw MalformedRow("its times \(from) and \(to) are no range") }
    }

    /// The part of the film; nil where no times are stated, or no possible ones.
    var range: TimeRange? {
        guard start != nil || end != nil else { return nil }
        return TimeRange(startSeconds: start ?? 0, endSeconds: end)
    }
}

extension [String] {
    /// The first of equal ones stays. Compared by bytes.
    var withoutRepetitions: [String] {
        guard count > 1 else { return self }
        var seen: Set<[UInt8]> = []
        return filter { seen.insert([UInt8]($0.utf8)).inserted }
    }
}
