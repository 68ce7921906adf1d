import AVPrepCore

/// The bytes of a text file as UTF-8.
package enum TextEncoding {
    /// Without a byte order mark. UTF-16 is converted, with a mark or where every other byte is NUL; bytes that are not UTF-8
    /// stay, since paths may be so.
    ///
    /// - Parameter name: of the file, for the message.
    /// - Throws: ``Failure`` for UTF-32 and for data that are no text.
    package static func utf8(_ data: [UInt8], _ name: String) throws -> [UInt8] {
        if data.starts(with: [0xFF, 0xFE, 0, 0]) || data.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw Failure("\(name), line 1: it is UTF-32 text; save it as UTF-8", exitStatus: .badInput)
        }
        if data.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(data.dropFirst(3)) }
        if data.starts(with: [0xFF, 0xFE]) { return wide(data.dropFirst(2), isLittle: true) }
        if data.starts(with: [0xFE, 0xFF]) { return wide(data.dropFirst(2), isLittle: false) }
        guard data.contains(0) else { return data }
        let head = data.prefix(64)
        let zeros = (0..<2).map { parity in head.indices.count { $0 % 2 == parity && head[$0] == 0 } }
        if head.count > 3, zeros[0] == 0, zeros[1] > head.count / 4 { return wide(data[...], isLittle: true) }
        if head.count > 3, zeros[1] == 0, zeros[0] > head.count / 4 { return wide(data[...], isLittle: false) }
        throw Failure("\(name): it has NUL bytes: it is no text", exitStatus: .badInput)
    }

    private static func wide(_ data: ArraySlice<UInt8>, isLittle: Bool) -> [UInt8] {
        var units: [UInt16] = []
        units.reserveCapacity(data.count / 2)
        var place = data.startIndex
        while place + 1 < data.endIndex {
            let (first, second) = (UInt16(data[place]), UInt16(data[place + 1]))
            units.append(isLittle ? first | second << 8 : first << 8 | second)
            place += 2
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}
