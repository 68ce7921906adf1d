import Foundation

/// The entries of a ZIP archive whose members are stored as they are, as torch writes them (PKWARE's APPNOTE 6.3, with its
/// 64-bit extension).
struct ZipArchive {
    /// The bytes of the members, by name.
    private(set) var members: [String: Data] = [:]

    /// Whether a file begins as an archive does.
    static func isOne(_ bytes: Data) -> Bool { bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) }

    /// - Returns: nil where the archive is damaged or has compressed members.
    init?(_ bytes: Data) {
        func number(_ place: Int, _ count: Int) -> Int? {
            guard place >= 0, count <= bytes.count, place <= bytes.count - count else { return nil }
            let start = bytes.startIndex + place
            return Int(exactly: bytes[start..<start + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        // The end of the directory is at the end of the file, before a comment of at most 64 KiB.
        let earliest = max(0, bytes.count - 22 - 65_535)
        guard bytes.count >= 22,
            let end = stride(from: bytes.count - 22, through: earliest, by: -1).first(where: {
                number($0, 4) == 0x0605_4B50
            }),
            var count = number(end + 10, 2), var place = number(end + 16, 4)
        else { return nil }
        if count == 0xFFFF || place == 0xFFFF_FFFF {
            guard number(end - 20, 4) == 0x0706_4B50, let large = number(end - 12, 8),
                number(large, 4) == 0x0606_4B50, let wide = number(large + 32, 8), let start = number(large + 48, 8)
            else { return nil }
            (count, place) = (wide, start)
        }
        for _ in 0..<count {
            guard number(place, 4) == 0x0201_4B50, number(place + 10, 2) == 0, var size = number(place + 24, 4),
                let nameLength = number(place + 28, 2), let extraLength = number(place + 30, 2),
                let commentLength = number(place + 32, 2), var local = number(place + 42, 4),
                place + 46 + nameLength + extraLength <= bytes.count
            else { return nil }
            let nameStart = bytes.startIndex + place + 46
            let name = String(decoding: bytes[nameStart..<nameStart + nameLength], as: UTF8.self)
            var extra = place + 46 + nameLength
            let extraEnd = extra + extraLength
            while extra + 4 <= extraEnd, let kind = number(extra, 2), let length = number(extra + 2, 2) {
                if kind == 1 {
                    // 64-bit numbers in the place of those that are all ones, in this order: size, stored size, offset.
                    var wide = extra + 4
                    if size == 0xFFFF_FFFF {
                        guard let value = number(wide, 8) else { return nil }
                        size = value
                        wide += 8
                    }
                    if number(place + 20, 4) == 0xFFFF_FFFF { wide += 8 }
                    if local == 0xFFFF_FFFF {
                        guard let value = number(wide, 8) else { return nil }
                        local = value
                    }
                }
                extra += 4 + length
            }
            guard number(local, 4) == 0x0403_4B50, let localName = number(local + 26, 2),
                let localExtra = number(local + 28, 2), size <= bytes.count,
                local + 30 + localName + localExtra <= bytes.count - size
            else { return nil }
            let start = bytes.startIndex + local + 30 + localName + localExtra
            members[name] = bytes[start..<start + size]
            place += 46 + nameLength + extraLength + commentLength
        }
    }
}
