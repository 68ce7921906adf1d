import AVPrepCore
import Foundation

/// Writes `metrics.csv`: one line a report, under a header that stays the same for the whole run.
///
/// Each line goes out in one append, so a process that dies leaves whole lines and at most one torn one, which the
/// next opening removes. A run that goes on from a checkpoint first drops the lines after that checkpoint's step:
/// the file then reads like that of a run which never stopped.
package final class MetricsWriter {
    package let path: String
    /// The columns, left to right. The first one is `step`.
    package let columns: [String]
    private let file: FileHandle

    /// Opens the file, or makes it.
    ///
    /// - Parameters:
    ///   - columns: what each line holds, without `step`, which comes first.
    ///   - lastStep: lines of later steps are dropped.
    /// - Throws: ``TrainingError`` when the file is that of another run (other columns), `Failure` when the
    ///   file cannot be read, or the disk refuses.
    package init(path: String, columns: [String], lastStep: Int) throws {
        self.path = path
        self.columns = ["step"] + columns
        let header = self.columns.joined(separator: ",")
        var lines: [Substring] = []
        if let content = try ExistingFile.content(path), !content.isEmpty {
            let text = String(decoding: content, as: UTF8.self)
            let whole = text.hasSuffix("\n") ? text[...] : text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
            lines = whole.split(separator: "\n")
            guard lines.isEmpty || lines[0] == header else {
                throw TrainingError(
                    .settings, "\(path) has other columns than this version writes; use another name for the run")
            }
            lines = lines.dropFirst().filter { line in
                Int(line.prefix { $0 != "," }).map { $0 <= lastStep } ?? false
            }
        }
        let kept = ([header[...]] + lines).joined(separator: "\n") + "\n"
        try AtomicFile.write(Data(kept.utf8), to: path)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("cannot open \(path): \(systemError())") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Adds one line. Columns that `values` does not name stay empty.
    package func write(step: Int, _ values: [String: Value]) throws {
        precondition(values.keys.allSatisfy(columns.contains), "a metric without a column")
        let row = CSV.row(["\(step)"] + columns.dropFirst().map { values[$0]?.text ?? "" })
        do {
            try file.write(contentsOf: Data((row + "\n").utf8))
        } catch {
            throw Failure("cannot write \(path): \(error.localizedDescription); free space and run the command again")
        }
    }

    /// One cell.
    package enum Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
        case text(String)
        case integer(Int)
        case number(Double)

        package init(stringLiteral value: String) { self = .text(value) }
        package init(integerLiteral value: Int) { self = .integer(value) }
        package init(floatLiteral value: Double) { self = .number(value) }

        /// The cell's text. Numbers print so that they read back as the same number; line ends are spaces, because a line
        /// is a record here.
        fileprivate var text: String {
            switch self {
            case .integer(let value): "\(value)"
            case .number(let value): "\(value)"
            case .text(let value): String(value.map { $0.isNewline ? " " : $0 })
            }
        }
    }
}
