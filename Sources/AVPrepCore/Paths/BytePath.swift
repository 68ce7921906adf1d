/// A path as file systems hold it: bytes, of which only `/` and NUL mean something. It need not be UTF-8.
///
/// Equality, order and hash are those of the bytes. A Swift `String` would take two names for one that differ only in
/// their Unicode normal form, and cannot hold a name that is not UTF-8. Text made of a path, whether stored or shown, is
/// its ``escaped`` form, so a path in a message is always one line.
package struct BytePath: Sendable, Hashable, Comparable {
    /// Without NUL.
    package let bytes: [UInt8]

    /// - Parameter bytes: a path ends at the first NUL, as for the system.
    package init(_ bytes: some Sequence<UInt8>) { self.init(Array(bytes)) }

    /// The same without a copy.
    package init(_ bytes: [UInt8]) { self.bytes = bytes.contains(0) ? Array(bytes.prefix { $0 != 0 }) : bytes }

    /// The path that is written exactly like this, without escapes.
    package init(_ text: String) { self.init(text.utf8) }

    /// The path of an ``escaped`` text. What is no escape stands for itself.
    package init(escaped text: String) { self.init(PathEscape.decode(Array(text.utf8))) }

    /// The path as text: one line of valid UTF-8, different for different paths; ``PathEscape`` describes it.
    package var escaped: String { PathEscape.encode(bytes) }

    package static func < (first: Self, second: Self) -> Bool { first.bytes.lexicographicallyPrecedes(second.bytes) }

    /// The path as a text that is written exactly like it; nil if it is not UTF-8.
    package var text: String? {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.elementsEqual(bytes) ? text : nil
    }

    /// Calls `body` with the path as the system's calls take it.
    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try (bytes + [0]).withUnsafeBufferPointer { buffer in
            try buffer.withMemoryRebound(to: CChar.self) { text in
                guard let start = text.baseAddress else { preconditionFailure("the terminating NUL has an address") }
                return try body(start)
            }
        }
    }
}

extension BytePath: CustomStringConvertible {
    package var description: String { escaped }
}

extension BytePath: ExpressibleByStringInterpolation {
    package init(stringLiteral text: String) { self.init(text) }
}

/// What names a file: a path, or a text that is written exactly like its path.
package protocol PathConvertible {
    var bytePath: BytePath { get }
}

extension BytePath: PathConvertible {
    package var bytePath: BytePath { self }
}

extension String: PathConvertible {
    package var bytePath: BytePath { BytePath(self) }
}

/// As its escaped text.
extension BytePath: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(escaped: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(escaped)
    }
}

// MARK: - Parts

extension BytePath {
    private static let slash = UInt8(ascii: "/")

    package var isAbsolute: Bool { bytes.first == Self.slash }

    /// What follows the last `/`.
    package var name: ArraySlice<UInt8> {
        bytes.lastIndex(of: Self.slash).map { bytes[($0 + 1)...] } ?? bytes[...]
    }

    /// What precedes the last `/`: `/` for a file in the root folder, empty for a mere name.
    package var folder: BytePath {
        guard let end = bytes.lastIndex(of: Self.slash) else { return "" }
        return BytePath(end == 0 ? bytes[...0] : bytes[..<end])
    }

    /// The file or folder of this name in this folder.
    package func appending(_ name: some Sequence<UInt8>) -> BytePath {
        var path: [UInt8] = []
        path.reserveCapacity(bytes.count + 1 + name.underestimatedCount)
        path += bytes
        path.append(Self.slash)
        path += name
        return BytePath(path)
    }

    /// This path, or where it is relative and not empty, the one that it names in a folder. Web addresses are not relative.
    package func relative(to folder: BytePath) -> BytePath {
        isAbsolute || folder.bytes.isEmpty || isWebAddress ? self : folder.appending(bytes)
    }

    /// The same path without empty components, `.` and a `/` at the end. A `..` stays: behind a link it may lead anywhere.
    package var tidied: BytePath {
        let parts = bytes.split(separator: Self.slash).filter { $0 != [UInt8(ascii: ".")] }
        let joined = Array(parts.joined(separator: [Self.slash]))
        return BytePath(isAbsolute ? [Self.slash] + joined : joined)
    }
}
