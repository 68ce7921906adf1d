import Foundation

/// A pattern for names of files and folders, as in `corpus.exclude`.
///
/// `*` stands for any characters of a name, `?` for one, `[abc]` and `[0-9]` for one of several; letters of ASCII match in
/// either case. A pattern without `/` is compared with the name of every file and folder; one with `/` with the path below
/// the listed folder, where `**` stands for any number of folders. A `/` at the end: folders only. `PATTERN beside OTHER`
/// matches only where a file of a name like `OTHER` lies in the same folder; in it `{}` stands for the matched name, `{1}`
/// for what the first `*` of `PATTERN` stands for.
package struct FilePattern: Sendable {
    package let text: String
    private let parts: [[UInt8]]
    private let isPath: Bool
    private let isFolder: Bool
    private let beside: [UInt8]?
    /// What all names are like that files may be beside, whatever they are called.
    private let besideAny: [UInt8]
    /// The bytes that each name it matches begins and ends with; nil where these are not fixed. Nearly all names of a large
    /// corpus fail here, without a search.
    private let ends: (first: UInt8?, last: UInt8?)

    /// - Throws: ``Invalid`` with what is wrong.
    package init(_ text: String) throws(Invalid) {
        self.text = text
        var pattern = text
        if let range = text.range(of: " beside ", options: .backwards) {
            pattern = String(text[..<range.lowerBound])
            let other = Array(text[range.upperBound...].utf8)
            if other.isEmpty || other.contains(UInt8(ascii: "/")) {
                throw Invalid(reason: "beside needs the name of a file in the same folder")
            }
            beside = other
        } else {
            beside = nil
        }
        besideAny = beside.map { Glob.filled($0) { _ in [UInt8(ascii: "*")] } } ?? []
        isFolder = pattern.hasSuffix("/")
        parts = pattern.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
        isPath = parts.count > 1 || pattern.hasPrefix("/")
        if parts.isEmpty { throw Invalid(reason: "it is empty") }
        if isFolder, beside != nil { throw Invalid(reason: "beside is for files, but the pattern ends with /") }
        ends = parts.last.map(Glob.ends) ?? (nil, nil)
        if parts.contains(where: { !Glob.isWhole($0) }) { throw Invalid(reason: "a [ has no ]") }
    }

    package struct Invalid: Error {
        package let reason: String
    }

    /// Whether the pattern matches a file or folder.
    ///
    /// - Parameters:
    ///   - path: its components below the listed folder; the last is its name.
    ///   - siblings: the names in its folder.
    package func matches(_ path: [ArraySlice<UInt8>], isFolder: Bool, siblings: SiblingNames) -> Bool {
        guard isFolder || !self.isFolder, let name = path.last else { return false }
        if let first = ends.first, name.first.map(Glob.lower) != first { return false }
        if let last = ends.last, name.last.map(Glob.lower) != last { return false }
        guard isPath ? Self.match(parts[...], path[...]) : Glob.match(parts[0], name) else { return false }
        guard let beside else { return true }
        guard !isFolder, let last = parts.last else { return false }
        // Few names are like it, whatever it is beside: nearly always none.
        let candidates = siblings.names(like: besideAny)
        if candidates.isEmpty { return false }
        let stars = Glob.stars(last, name) ?? []
        let wanted = Glob.filled(beside) { number in
            number == 0 ? Glob.literal(name) : stars.indices.contains(number - 1) ? Glob.literal(stars[number - 1]) : []
        }
        return candidates.contains { !$0.elementsEqual(name) && Glob.match(wanted, $0[...]) }
    }

    private static func match(_ parts: ArraySlice<[UInt8]>, _ path: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        guard let part = parts.first else { return path.isEmpty }
        if part == Array("**".utf8) {
            return match(parts.dropFirst(), path) || (!path.isEmpty && match(parts, path.dropFirst()))
        }
        guard let name = path.first, Glob.match(part, name) else { return false }
        return match(parts.dropFirst(), path.dropFirst())
    }
}

/// The names in one folder, searched once for each pattern.
package final class SiblingNames {
    private let names: [[UInt8]]
    private var found: [[UInt8]: [[UInt8]]] = [:]

    package init(_ names: [[UInt8]]) { self.names = names }

    func names(like pattern: [UInt8]) -> [[UInt8]] {
        if let known = found[pattern] { return known }
        let like = names.filter { Glob.match(pattern, $0[...]) }
        found[pattern] = like
        return like
    }
}

/// Patterns for one name.
private enum Glob {
    private static let star = UInt8(ascii: "*")
    private static let escape = UInt8(ascii: "\\")

    /// Whether every `[` has its `]`.
    static func isWhole(_ pattern: [UInt8]) -> Bool {
        var place = pattern[...]
        while !place.isEmpty {
            guard let length = step(place) else { return false }
            place = place.dropFirst(length)
        }
        return true
    }

    /// The name's own characters as a pattern.
    static func literal(_ name: ArraySlice<UInt8>) -> [UInt8] {
        name.flatMap { Array("*?[\\".utf8).contains($0) ? [escape, $0] : [$0] }
    }

    /// The pattern with `{}` (number 0), `{1}`, … replaced.
    static func filled(_ pattern: [UInt8], _ text: (Int) -> [UInt8]) -> [UInt8] {
        var filled: [UInt8] = []
        var rest = pattern[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")),
                let number = end == rest.startIndex + 1
                    ? 0 : Int(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
            {
                filled += text(number)
                rest = rest[(end + 1)...]
            } else {
                filled.append(byte)
                rest = rest.dropFirst()
            }
        }
        return filled
    }

    static func match(_ pattern: [UInt8], _ name: ArraySlice<UInt8>) -> Bool {
        pattern.withUnsafeBufferPointer { pattern in
            name.withUnsafeBufferPointer { match(pattern[...], $0[...]) }
        }
    }

    /// Of memory without an owner: each name of millions is compared with each pattern.
    private static func match(
        _ pattern: Slice<UnsafeBufferPointer<UInt8>>, _ name: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Bool {
        var (here, place) = (pattern, name)
        var (retry, retryPlace): (Slice<UnsafeBufferPointer<UInt8>>?, _) = (nil, name)
        while true {
            if here.first == star {
                here = here.dropFirst()
                (retry, retryPlace) = (here, place)
            } else if let first = place.first, let length = step(here), single(here.prefix(length), first) {
                here = here.dropFirst(length)
                place = place.dropFirst(character(place))
            } else if here.isEmpty, place.isEmpty {
                return true
            } else if let after = retry, !retryPlace.isEmpty {
                retryPlace = retryPlace.dropFirst()
                (here, place) = (after, retryPlace)
            } else {
                return false
            }
        }
    }

    /// What each `*` stands for, the first as short as possible; nil if the name does not match.
    static func stars(_ pattern: [UInt8], _ name: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        stars(pattern[...], name)
    }

    private static func stars(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        guard let first = pattern.first else { return name.isEmpty ? [] : nil }
        if first == star {
            for end in name.startIndex...name.endIndex {
                if let rest = stars(pattern.dropFirst(), name[end...]) { return [name[name.startIndex..<end]] + rest }
            }
            return nil
        }
        guard let byte = name.first, let length = step(pattern), single(pattern.prefix(length), byte) else {
            return nil
        }
        return stars(pattern.dropFirst(length), name.dropFirst(character(name)))
    }

    /// The length of the pattern's first element that stands for one character; nil for an open `[` and at the end.
    private static func step(_ pattern: some Bytes) -> Int? {
        switch pattern.first {
        case nil: nil
        // A ] right behind the [ is one of the several.
        case UInt8(ascii: "["):
            pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]")).map { $0 - pattern.startIndex + 1 }
        case escape: min(2, pattern.count)
        default: 1
        }
    }

    private static func single(_ element: some Bytes, _ byte: UInt8) -> Bool {
        guard let first = element.first else { return false }
        let byte = lower(byte)
        switch first {
        case UInt8(ascii: "?"): return true
        case escape where element.count == 2: return element.last.map(lower) == byte
        case UInt8(ascii: "[") where element.count > 1:
            var set = element.dropFirst().dropLast()
            let isNegated = set.first == UInt8(ascii: "!")
            if isNegated { set = set.dropFirst() }
            var isIn = false
            while let low = set.first.map(lower) {
                let isRange = set.count > 2 && set[set.startIndex + 1] == UInt8(ascii: "-")
                let high = isRange ? lower(set[set.startIndex + 2]) : low
                if low <= byte, byte <= high { isIn = true }
                set = set.dropFirst(isRange ? 3 : 1)
            }
            return isIn != isNegated
        default: return lower(first) == byte
        }
    }

    /// The length of the name's first character: `?` and `[!a]` stand for whole ones.
    private static func character(_ name: some Bytes) -> Int {
        guard let first = name.first, first >= 0xC0 else { return 1 }
        var length = 1
        for byte in name.dropFirst() {
            guard byte & 0xC0 == 0x80 else { break }
            length += 1
        }
        return length
    }

    /// The first and the last byte of a pattern, where they stand for themselves.
    static func ends(_ pattern: [UInt8]) -> (first: UInt8?, last: UInt8?) {
        func fixed(_ byte: UInt8?) -> UInt8? { byte.flatMap { Array("*?[]\\".utf8).contains($0) ? nil : lower($0) } }
        let isEscaped = pattern.count > 1 && pattern[pattern.count - 2] == escape
        return (fixed(pattern.first), isEscaped ? nil : fixed(pattern.last))
    }

    static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

/// Bytes, or a part of them.
private protocol Bytes: RandomAccessCollection where Element == UInt8, Index == Int, SubSequence == Self {}

extension ArraySlice<UInt8>: Bytes {}
extension Slice<UnsafeBufferPointer<UInt8>>: Bytes {}
