import AVPrepCore
import AVPrepModel
import AVPrepSettings
import Foundation

/// One JSON value a line.
struct JSONLines {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next line that is not empty, and its object; nil for a line that is no object.
    mutating func next() -> (line: Int, object: [String: Any]?)? {
        while place < bytes.count {
            let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let text = bytes[place..<end]
            place = end + 1
            line += 1
            guard text.contains(where: { $0 > 0x20 }) else { continue }
            return (line, (try? JSONSerialization.jsonObject(with: Data(text))) as? [String: Any])
        }
        return nil
    }
}

/// Which key of an object means what.
final class ManifestKeys {
    private let columns: ManifestSettings.Columns
    /// By the names of an object: most have the same.
    private var known: [[String]: ManifestColumns] = [:]

    init(_ columns: ManifestSettings.Columns) { self.columns = columns }

    func row(
        _ object: [String: Any]?, line: Int, number: Int, _ layout: ManifestLayout, split: (String) throws -> Split
    ) throws -> ManifestRow {
        guard let object else { throw MalformedRow("it is no JSON object") }
        let names = object.keys.sorted()
        let found = try known[names] ?? self.columns(of: names)
        if known.count < Self.mostKnown { known[names] = found }
        func text(_ column: Int?) throws -> String {
            guard let column, let value = object[names[column]] else { return "" }
            return try Self.text(value, names[column]).trimmingBlanks
        }
        let target: ManifestRow.Target
        if let column = found.path, let path = object[names[column]] as? String, !path.isEmpty {
            target = .path(Array(path.utf8))
        } else if found.path == nil, found.id != nil, case let id = try text(found.id), !id.isEmpty {
            target = .id(Array(id.utf8))
        } else {
            throw MalformedRow("it has no path and no id")
        }
        var row = ManifestRow(line: line, number: number, target: target, labels: [])
        row.splitWord = try text(found.split)
        row.split = row.splitWord.isEmpty ? layout.split : try split(row.splitWord)
        for column in found.labels {
            guard let value = object[names[column]] else { continue }
            for label in value as? [Any] ?? [value] {
                // A list has its labels apart already.
                let separator = value is [Any] ? nil : layout.labelSeparator
                row.labels += try ManifestRow.labels(Array(Self.text(label, names[column]).utf8), separator: separator)
            }
        }
        row.labels = row.labels.withoutRepetitions
        try row.setTimes(try text(found.start), try text(found.end), layout)
        return row
    }

    private static let mostKnown = 1000

    private func columns(of names: [String]) throws -> ManifestColumns {
        // Each object has keys of its own; those that were asked for need not be in all of them.
        var asked = columns
        for key in [\ManifestSettings.Columns.path, \.id, \.start, \.end, \.split]
        where !columns[keyPath: key].isEmpty && !names.contains(columns[keyPath: key]) {
            asked[keyPath: key] = ""
        }
        asked.labels = columns.labels.filter(names.contains)
        var found = try ManifestColumns(header: names, asked)
        if !columns.labels.isEmpty, asked.labels.isEmpty { found.labels = [] }
        return found
    }

    private static func text(_ value: Any, _ name: String) throws -> String {
        switch value {
        case is NSNull: return ""
        case let text as String: return text
        case let number as NSNumber: return number.stringValue
        default: throw MalformedRow("its \(name) is neither a text nor a number")
        }
    }
}
