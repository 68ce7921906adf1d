import Foundation

/// The address of a file on a web server (http or https, RFC 3986), written in place of a path in settings, lists and
/// manifests.
///
/// The file is downloaded to a place that follows from the address alone (``cachedName``). A fragment is not sent to the
/// server: `#sha256=HEX` is the digest that the file must have, and others do not change which file is meant.
package struct WebAddress: Sendable, Hashable {
    /// What is sent for: without the fragment, and with bytes that an address may not have as `%XX`.
    package let text: String
    /// The digest that the file must have.
    package let sha256: SHA256Digest?
    /// Why it cannot be downloaded as it is written; nil if it can.
    package let fault: String?

    /// - Returns: nil for a path.
    package init?(_ path: BytePath) {
        guard path.isWebAddress else { return nil }
        let parts = path.bytes.split(separator: UInt8(ascii: "#"), maxSplits: 1, omittingEmptySubsequences: false)
        text = Self.encoded(parts[0])
        let marks = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self).split(separator: "&") : []
        let digest = marks.first { $0.hasPrefix("sha256=") }?.dropFirst("sha256=".count)
        sha256 = digest.flatMap { SHA256Digest(hex: String($0)) }
        let host = Self.host(of: text)
        if host.authority.contains("@") {
            fault =
                "it has a user name or password in it, which would be stored with the videos: put them into ~/.netrc and set download.netrc: true"
        } else if host.name.isEmpty {
            fault = "it names no server"
        } else if digest != nil, sha256 == nil {
            fault = "its sha256 is not 64 hexadecimal digits"
        } else {
            fault = nil
        }
    }

    /// The name of the server, in lower case, without the port.
    package var host: String { Self.host(of: text).name }

    /// Whether it is fetched through TLS.
    package var isSecure: Bool { text.prefix(6).lowercased() == "https:" }

    /// Where the file lies in the folder of downloads: `ab/ab….mp4`, the first 32 digits of the address' SHA-256 and the
    /// extension of the path.
    package var cachedName: String {
        let digits = String(SHA256.digest(of: text).hex.prefix(32))
        let path = text.split(separator: "?", maxSplits: 1)[0].split(separator: "/").dropFirst(2).last ?? ""
        let ending = path.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last ?? ""
        let isPlain =
            (1...8).contains(ending.utf8.count) && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return "\(digits.prefix(2))/\(digits)" + (isPlain ? ".\(ending.lowercased())" : "")
    }

    private static func encoded(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if byte > 0x20, byte < 0x7F, !Array("\"<>\\^`{|}".utf8).contains(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func host(of text: String) -> (authority: Substring, name: String) {
        let rest = text[(text.range(of: "://")?.upperBound ?? text.startIndex)...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let name = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        // An IPv6 address has colons of its own, in brackets.
        let bare = name.hasPrefix("[") ? name.prefix { $0 != "]" } + "]" : name.prefix { $0 != ":" }
        return (authority, bare == "]" ? "" : bare.lowercased())
    }
}

extension BytePath {
    /// Whether it is written as an address of a web server.
    package var isWebAddress: Bool {
        guard bytes.first.map({ $0 | 0x20 }) == UInt8(ascii: "h") else { return false }
        let start = bytes.prefix(8).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        return start.starts(with: Array("http://".utf8)) || start.starts(with: Array("https://".utf8))
    }
}
