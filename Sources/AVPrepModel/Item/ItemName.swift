package import AVPrepCore

/// What an item is: a file, or a part of one.
///
/// It is listed under the path of its file; a part has the time behind it as a media fragment (W3C, Media Fragments URI
/// 1.0): `film.mp4#t=10,20`. A file whose own name ends like that is listed with `#t=0` behind it, which is all of it.
package struct ItemName: Sendable, Hashable {
    /// The file's path as listed.
    package let file: BytePath
    /// nil: all of it.
    package let range: TimeRange?

    private static let mark = Array("#t=".utf8)
    private static let whole = Array("0".utf8)

    package init(file: BytePath, range: TimeRange?) {
        self.file = file
        self.range = range.flatMap { $0.isWhole ? nil : $0 }
    }

    /// - Parameter listed: the name of an item, see ``listed``.
    package init(listed: BytePath) {
        guard let fragment = Self.fragment(of: listed.bytes) else {
            self.init(file: listed, range: nil)
            return
        }
        let file = BytePath(listed.bytes.dropLast(fragment.count + Self.mark.count))
        if fragment.elementsEqual(Self.whole) {
            self.init(file: file, range: nil)
        } else if let range = TimeRange(text: String(decoding: fragment, as: UTF8.self)) {
            self.init(file: file, range: range)
        } else {
            self.init(file: listed, range: nil)
        }
    }

    /// The name that the item is listed by: different for different items.
    package var listed: BytePath {
        if let range { return BytePath(file.bytes + Self.mark + Array(range.text.utf8)) }
        return Self.fragment(of: file.bytes) == nil ? file : BytePath(file.bytes + Self.mark + Self.whole)
    }

    /// What stands behind a last `#t=`, where it is made of digits, points and commas alone.
    private static func fragment(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let sign = UInt8(ascii: ",")...UInt8(ascii: "9")
        let end = bytes.reversed().prefix { sign.contains($0) && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "/") }
        let place = bytes.count - end.count
        guard end.count > 0, place >= mark.count, bytes[(place - mark.count)..<place].elementsEqual(mark) else {
            return nil
        }
        return bytes[place...]
    }
}
