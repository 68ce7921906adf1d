/// Comma-separated values by RFC 4180.
package enum CSV {
    /// A row without its line end: cells with a comma, a quotation mark or a line end are quoted.
    package static func row(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") }

    private static func cell(_ text: String) -> String {
        // Byte by byte: to Swift, "\r\n" is one character, and neither of its halves is in it.
        let isPlain = text.utf8.allSatisfy { ![UInt8(ascii: ","), UInt8(ascii: "\""), 0x0D, 0x0A].contains($0) }
        if isPlain { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
