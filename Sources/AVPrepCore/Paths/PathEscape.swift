/// How paths are written as text: in the catalog, in files, reports, lists, JSON and on terminals.
///
/// A path of letters, digits, spaces and other printable characters is written as it is, in any script. Escaped are
///
///     \\            a backslash
///     \n \t \r      line feed, tab, carriage return
///     \xHH          the byte HH (hexadecimal) of
///                     - any other control character (U+0000 to U+001F, U+007F to U+009F),
///                     - a line or paragraph separator (U+2028, U+2029), a mark that turns the direction of writing
///                       (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), a byte order mark (U+FEFF),
///                     - anything that is not UTF-8,
///                     - a space at the start or the end of a path's component, and a # at the start of a path
///
/// Different paths have different texts, byte for byte, and ``decode(_:)`` brings each back. Characters are not
/// normalised: two names in different normal forms are two texts, which compare as equal in Swift, but not as bytes.
package enum PathEscape {
    private static let slash = UInt8(ascii: "/")
    private static let backslash = UInt8(ascii: "\\")
    private static let space = UInt8(ascii: " ")
    private static let short: [UInt8: UInt8] = [
        backslash: backslash, 0x0A: UInt8(ascii: "n"), 0x09: UInt8(ascii: "t"), 0x0D: UInt8(ascii: "r"),
    ]
    private static let digits = Array("0123456789abcdef".utf8)

    /// The text of a path.
    package static func encode(_ path: [UInt8]) -> String {
        // Nearly all paths; a corpus may have millions.
        if path.first != UInt8(ascii: "#"), path.allSatisfy({ space < $0 && $0 < 0x7F && $0 != backslash }) {
            return String(decoding: path, as: UTF8.self)
        }
        var text: [UInt8] = []
        text.reserveCapacity(path.count)
        var place = 0
        while place < path.count {
            let byte = path[place]
            let (length, scalar) = UTF8Scan.scalar(in: path, at: place)
            if let letter = short[byte] {
                text += [backslash, letter]
            } else if scalar.map(isUnsafe) ?? true || isEdge(byte, place, path) {
                for byte in path[place..<place + length] {
                    text += [backslash, UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            } else {
                text += path[place..<place + length]
            }
            place += length
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The path of a text. A backslash that begins no escape stands for itself.
    package static func decode(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(backslash) else { return text }
        var path: [UInt8] = []
        path.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            let (byte, length) = escape(in: text, at: place) ?? (text[place], 1)
            path.append(byte)
            place += length
        }
        return path
    }

    /// A text for a terminal or a line of a list: control characters and what turns the direction of writing are escaped,
    /// everything else stays.
    ///
    /// - Parameter kept: control characters that stay.
    package static func withoutControls(_ text: String, keeping kept: Set<Unicode.Scalar> = []) -> String {
        guard text.unicodeScalars.contains(where: { isUnsafe($0) && !kept.contains($0) }) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar), !kept.contains(scalar) {
                for byte in String(scalar).utf8 {
                    let letters =
                        short[byte].map { [$0] } ?? [UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                    clean.append("\\")
                    clean.append(contentsOf: letters.map { Unicode.Scalar($0) })
                }
            } else {
                clean.append(scalar)
            }
        }
        return String(clean)
    }

    private static func escape(in text: [UInt8], at place: Int) -> (byte: UInt8, length: Int)? {
        guard text[place] == backslash, place + 1 < text.count else { return nil }
        if let byte = short.first(where: { $0.value == text[place + 1] })?.key { return (byte, 2) }
        guard text[place + 1] == UInt8(ascii: "x"), place + 3 < text.count, let high = digit(text[place + 2]),
            let low = digit(text[place + 3]), high << 4 | low != 0
        else { return nil }
        return (high << 4 | low, 4)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.flatMap { byte < 0x80 ? UInt8($0) : nil }
    }

    /// Spaces that lists and eyes would lose, and the mark of a comment.
    private static func isEdge(_ byte: UInt8, _ place: Int, _ path: [UInt8]) -> Bool {
        if byte == UInt8(ascii: "#") { return place == 0 }
        guard byte == space else { return false }
        return place == 0 || path[place - 1] == slash || place + 1 == path.count || path[place + 1] == slash
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}

/// Reads UTF-8 that may be none.
private enum UTF8Scan {
    /// The scalar at `place` and its length in bytes; nil and 1 for a byte that begins none.
    static func scalar(in bytes: [UInt8], at place: Int) -> (length: Int, scalar: Unicode.Scalar?) {
        let first = bytes[place]
        if first < 0x80 { return (1, Unicode.Scalar(first)) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard (0xC2...0xF4).contains(first), place + length <= bytes.count else { return (1, nil) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for byte in bytes[place + 1..<place + length] {
            guard byte & 0xC0 == 0x80 else { return (1, nil) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        // Longer than necessary, a surrogate, or beyond the last scalar: not UTF-8.
        let smallest: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
        guard value >= smallest, let scalar = Unicode.Scalar(value) else { return (1, nil) }
        return (length, scalar)
    }
}
