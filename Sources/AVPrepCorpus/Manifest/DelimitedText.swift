import AVPrepCore

/// A table in a text file, by RFC 4180, read leniently: cells may be quoted, also behind spaces, and hold separators,
/// doubled quotation marks and line ends then. Lines end with LF, CR LF, or CR alone.
package struct DelimitedText {
    /// A row: the line that it begins in, from 1 on, and its cells.
    package struct Row {
        package fileprivate(set) var line = 0
        package fileprivate(set) var cells: [[UInt8]] = []
        /// Whether each cell was quoted.
        fileprivate(set) var isQuoted: [Bool] = []

        package init() {}
    }

    private let bytes: [UInt8]
    private let separator: UInt8
    private let name: String
    /// CR ends a line by itself only in files without LF.
    private let endsWithCR: Bool
    private var place = 0
    private var line = 1

    private static let quote = UInt8(ascii: "\"")
    private static let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - name: of the file, for messages.
    package init(_ bytes: [UInt8], separator: UInt8, name: String) {
        self.bytes = bytes
        self.separator = separator
        self.name = name
        endsWithCR = !bytes.contains(Self.newline)
    }

    /// What separates the cells of a `.csv` file: a comma, or what its first line has in its place.
    package static func separator(of bytes: [UInt8]) -> UInt8 {
        var isQuoted = false
        var counts: [UInt8: Int] = [:]
        for byte in bytes.prefix(while: { $0 != newline && $0 != carriageReturn }) {
            if byte == quote { isQuoted.toggle() }
            if !isQuoted { counts[byte, default: 0] += 1 }
        }
        let comma = UInt8(ascii: ",")
        return [comma, UInt8(ascii: ";"), UInt8(ascii: "\t")].first { counts[$0] != nil } ?? comma
    }

    /// Lines at the place that begin with `#`, without it; they are passed over.
    mutating func comments() -> [String] {
        var found: [String] = []
        while place < bytes.count, bytes[place] == UInt8(ascii: "#") {
            let end = bytes[place...].firstIndex { isEnd($0) } ?? bytes.count
            found.append(String(decoding: bytes[(place + 1)..<end], as: UTF8.self))
            place = end
            passEnd()
        }
        return found
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == Self.newline || endsWithCR && byte == Self.carriageReturn }

    private mutating func passEnd() {
        guard place < bytes.count else { return }
        place += 1
        line += 1
    }

    /// Reads the next row that is not empty.
    ///
    /// - Returns: false at the end.
    /// - Throws: ``Failure`` for a quotation mark that is never closed: what follows it is lost.
    package mutating func next(_ row: inout Row) throws -> Bool {
        repeat {
            guard place < bytes.count else { return false }
            row.line = line
            row.cells.removeAll(keepingCapacity: true)
            row.isQuoted.removeAll(keepingCapacity: true)
            var isLast = false
            while !isLast { isLast = try cell(&row) }
        } while row.cells.count == 1 && !row.isQuoted[0] && row.cells[0].allSatisfy { $0 == UInt8(ascii: " ") }
        return true
    }

    /// - Returns: whether it was the last of its row.
    private mutating func cell(_ row: inout Row) throws -> Bool {
        var first = place
        while first < bytes.count, bytes[first] == UInt8(ascii: " ") { first += 1 }
        if first < bytes.count, bytes[first] == Self.quote {
            place = first + 1
            return try quotedCell(&row)
        }
        let start = place
        while place < bytes.count, bytes[place] != separator, !isEnd(bytes[place]) { place += 1 }
        append(bytes[start..<place], isQuoted: false, to: &row)
        return pass()
    }

    private mutating func quotedCell(_ row: inout Row) throws -> Bool {
        let opened = line
        var text: [UInt8] = []
        while true {
            guard place < bytes.count else {
                throw Failure(
                    "\(name), line \(opened): a quotation mark is opened and never closed: close it, or double it if it is part of a text",
                    exitStatus: .badInput)
            }
            let byte = bytes[place]
            if byte == Self.quote {
                if place + 1 < bytes.count, bytes[place + 1] == Self.quote {
                    place += 1
                } else {
                    place += 1
                    break
                }
            }
            if isEnd(byte) { line += 1 }
            text.append(byte)
            place += 1
        }
        // Whatever stands behind the mark belongs to the cell, but for spaces.
        let start = place
        while place < bytes.count, bytes[place] != separator, !isEnd(bytes[place]) { place += 1 }
        let rest = bytes[start..<place].filter { $0 != Self.carriageReturn }
        if rest.contains(where: { $0 != UInt8(ascii: " ") }) { text += rest }
        append(text[...], isQuoted: true, to: &row)
        return pass()
    }

    private mutating func append(_ text: ArraySlice<UInt8>, isQuoted: Bool, to row: inout Row) {
        let isLast = place >= bytes.count || isEnd(bytes[place])
        let dropsReturn = !isQuoted && isLast && text.last == Self.carriageReturn
        row.cells.append(Array(dropsReturn ? text.dropLast() : text))
        row.isQuoted.append(isQuoted)
    }

    private mutating func pass() -> Bool {
        guard place < bytes.count, bytes[place] == separator else {
            passEnd()
            return true
        }
        place += 1
        // A separator at the very end has an empty cell behind it, which the next call finds.
        return false
    }
}
