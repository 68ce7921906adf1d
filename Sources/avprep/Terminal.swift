import AVPrepCore
import AVPrepPipeline
import ArgumentParser
import Foundation

/// Text for people and programs: results on stdout, complaints on stderr.
enum Terminal {
    /// One complaint, each line of it under the program's name.
    static func complain(_ message: String) {
        for line in message.split(separator: "\n") {
            FileHandle.standardError.write(Data("avprep: \(line)\n".utf8))
        }
    }

    /// Prints a result: a JSON object, or what `text` makes of it.
    static func show<Result: Encodable>(_ result: Result, json: Bool, text: (Result) -> String) throws {
        print(json ? try CanonicalJSON.encode(result, pretty: true) : text(result))
    }

    /// Rows of cells in columns, the first one left-aligned, numbers right-aligned.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let isNumber = cell.first.map { $0.isNumber || $0 == "-" } ?? false
                return column > 0 && isNumber ? padding + cell : cell + padding
            }.joined(separator: "  ").trimmingTrailingSpaces
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
