import AVPrepCore
import AVPrepModel
import Foundation

/// A list of paths in a text file: one a line, or separated by NUL as `find -print0` writes them.
///
/// A line is the path of exactly its bytes, if there is such a file; else without the carriage return, spaces and tabs
/// around it, and with the escapes that avprep writes (``PathReading``). Lines that begin with `#` are comments, unless a
/// file has that name. Between NULs, nothing but the bytes counts. A list is refused where it is something else: a table,
/// binary data, text in another encoding.
struct ListFile {
    private let name: String
    private let data: [UInt8]
    private let extensions: Set<[UInt8]>
    /// Where an entry lies.
    private let place: (BytePath) -> BytePath

    init(name: BytePath, data: [UInt8], extensions: [String], place: @escaping (BytePath) -> BytePath) {
        self.name = name.escaped
        self.data = data
        self.extensions = Set(extensions.map { Array($0.lowercased().utf8) })
        self.place = place
    }

    /// The paths as listed, in order.
    ///
    /// - Throws: ``Failure`` naming the line that is no path.
    func entries(isCancelled: () -> Bool) throws -> [BytePath] {
        for (mark, encoding) in Self.otherEncodings where data.starts(with: mark) {
            throw Failure(
                "the list \(name), line 1: it is \(encoding) text; save it as UTF-8, one path a line",
                exitStatus: .badInput)
        }
        if data.contains(0) { return try separatedByNUL(isCancelled) }
        let text = data.starts(with: Self.byteOrderMark) ? data.dropFirst(3) : data[...]
        let end = text.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
        let lines = text.split(separator: end, omittingEmptySubsequences: false)
        var entries: [BytePath] = []
        for (number, line) in lines.enumerated() {
            if number % 1024 == 0, isCancelled() { throw CancellationError() }
            if let entry = try entry(line, number + 1) { entries.append(entry) }
        }
        return entries
    }

    private func separatedByNUL(_ isCancelled: () -> Bool) throws -> [BytePath] {
        var parts = data.split(separator: 0, omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        if parts.count > 1, parts.allSatisfy({ $0.count <= 1 }) {
            throw refusal(1, "it looks like UTF-16 text; save it as UTF-8, one path a line")
        }
        return try parts.enumerated().map { number, part in
            if number % 1024 == 0, isCancelled() { throw CancellationError() }
            let entry = BytePath(part)
            if part.isEmpty || (part.count > 4095 || part.contains(UInt8(ascii: "\n"))) && !isThere(entry) {
                let line = 1 + parts[..<number].reduce(0) { $0 + $1.count { $0 == UInt8(ascii: "\n") } }
                throw refusal(
                    line, "path \(number + 1) of this NUL-separated list is no path: it is not a list of paths")
            }
            return entry
        }
    }

    private func isThere(_ entry: BytePath) -> Bool { PathReading.isThere(place(entry)) }

    /// - Returns: nil for an empty line or a comment.
    private func entry(_ line: ArraySlice<UInt8>, _ number: Int) throws -> BytePath? {
        if line.isEmpty { return nil }
        let whole = BytePath(line)
        if isThere(whole) { return whole }
        let blank = Array(" \t\r".utf8)
        let bare = BytePath(line.drop(while: blank.contains).reversed().drop(while: blank.contains).reversed())
        if bare.bytes.isEmpty { return nil }
        // The end of a line as Windows writes it, behind a name that ends with a space.
        if line.last == UInt8(ascii: "\r"), isThere(BytePath(line.dropLast())) { return BytePath(line.dropLast()) }
        if let address = WebAddress(ItemName(listed: bare).file) {
            if let fault = address.fault { throw refusal(number, "the address there cannot be fetched: \(fault)") }
            return bare
        }
        let path = PathReading.path(bare, at: place)
        if isThere(path) { return path }
        if bare.bytes[0] == UInt8(ascii: "#") { return nil }
        if let fault = fault(bare.bytes) { throw refusal(number, fault) }
        return path
    }

    /// Why a line that names no file is no path at all; nil if it may be one.
    private func fault(_ line: [UInt8]) -> String? {
        if line.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") }) {
            return "it has control characters: it is not a list of paths"
        }
        let text = String(decoding: line.prefix(12), as: UTF8.self)
        if text.contains("://") {
            return "it is an address, and only those of http and https are downloaded: fetch the file first"
        }
        for mark in ["{", "[{", "<", "- ", "file '"] where text.hasPrefix(mark) {
            return
                "it is not a path but begins like another format (\(mark)): a list has one path a line, and nothing else"
        }
        for separator in [UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "|")] {
            let cells = line.split(separator: separator, omittingEmptySubsequences: false).map(Self.unquoted)
            guard cells.count > 1 else { continue }
            let isTable =
                separator == UInt8(ascii: "\t") || line[0] == UInt8(ascii: "\"")
                || !(Array(line).fileExtension.map(extensions.contains) ?? false)
                || cells.contains { !$0.isEmpty && isThere(BytePath($0)) }
                || cells.dropLast().contains { $0.fileExtension.map(extensions.contains) ?? false }
            if isTable {
                let sign = separator == UInt8(ascii: "\t") ? "tabs" : "\"\(Character(Unicode.Scalar(separator)))\""
                return
                    "there is no such file, and it looks like a row of a table with \(sign): a list has one path a line, "
                    + "and nothing else"
            }
        }
        if line.count > 1, line.first == line.last, line[0] == UInt8(ascii: "\"") || line[0] == UInt8(ascii: "'") {
            return "there is no such file: write paths without quotation marks"
        }
        return nil
    }

    private func refusal(_ line: Int, _ reason: String) -> Failure {
        Failure("the list \(name), line \(line): \(reason)", exitStatus: .badInput)
    }

    private static func unquoted(_ cell: ArraySlice<UInt8>) -> [UInt8] {
        let edges = Array(" \"'".utf8)
        return Array(cell.drop(while: edges.contains).reversed().drop(while: edges.contains).reversed())
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let otherEncodings: [(mark: [UInt8], name: String)] = [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"),
        ([0xFE, 0xFF], "UTF-16"),
    ]
}
