import AVPrepCore
import Foundation

/// Folders with all that lies in them, as ranges of paths by their texts. It is asked in ascending order.
struct PathRanges {
    /// From the first text to before the second; disjoint, ascending.
    private let ranges: [(start: String, end: String)]
    private var place = 0

    /// - Parameter folders: their names; a file's name stands for the file.
    init(_ folders: some Sequence<BytePath>) {
        // A folder's items are those between "folder/" and "folder0", the character after "/" in ASCII.
        let parts = folders.flatMap { folder in
            let name = String(folder.escaped.hasSuffix("/") ? folder.escaped.dropLast() : folder.escaped[...])
            return [(start: name, end: name + "\0"), (start: name + "/", end: name + "0")]
        }.sorted { $0.start.order($1.start) < 0 }
        var merged: [(start: String, end: String)] = []
        for part in parts {
            if let last = merged.last, part.start.order(last.end) <= 0 {
                if last.end.order(part.end) < 0 { merged[merged.count - 1].end = part.end }
            } else {
                merged.append(part)
            }
        }
        ranges = merged
    }

    /// Whether a path lies in one of them.
    mutating func contains(_ path: String) -> Bool {
        while place < ranges.count, ranges[place].end.order(path) <= 0 { place += 1 }
        return place < ranges.count && ranges[place].start.order(path) <= 0
    }

    /// Where the next range begins that does not contain the path that was asked for last.
    var nextStart: String? { place < ranges.count ? ranges[place].start : nil }
}

extension String {
    /// The order of SQLite's texts, byte by byte: below, equal to or above 0 as this text is before, the same as or after the
    /// other. (Swift's own takes canonically equivalent characters for equal.)
    func order(_ other: String) -> Int {
        var (first, second) = (self, other)
        return first.withUTF8 { first in
            second.withUTF8 { second in
                let length = min(first.count, second.count)
                // An empty text may have no address.
                if length > 0, let one = first.baseAddress, let two = second.baseAddress {
                    let order = memcmp(one, two, length)
                    if order != 0 { return Int(order) }
                }
                return first.count - second.count
            }
        }
    }
}
