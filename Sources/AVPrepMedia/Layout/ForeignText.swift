import Foundation

/// Recognises texts that lie in the place of a video.
struct ForeignText {
    let file: ForeignFile

    /// - Parameters:
    ///   - head: the beginning of the file.
    ///   - size: of the whole file.
    /// - Returns: nil for what is no text, and for texts of no known kind.
    init?(_ head: [UInt8], size: Int) {
        guard let text = Self.text(head, size: size) else { return nil }
        let lower = text.lowercased()
        guard
            let found = Self.pointer(text, lower, size: size) ?? Self.playlist(lower) ?? Self.page(text, lower)
                ?? Self.answer(text, lower)
        else { return nil }
        file = found
    }

    /// Any text, of whatever kind.
    static func anyText(_ head: [UInt8], size: Int) -> ForeignFile? {
        guard let text = text(head, size: size) else { return nil }
        let lower = text.lowercased()
        if errorWords.contains(where: lower.contains) {
            return ForeignFile(.errorPage, "a server's answer (\(quoted(text))), not a video", checkAddress)
        }
        return ForeignFile(.notMedia, "a text (\(quoted(text))), not a video", "leave it out, or fetch the video again")
    }

    private static let checkAddress = "check the address and the access rights, and download it again"
    private static let fetchMedia = "fetch the media that it names"
    private static let errorWords = [
        "not found", "forbidden", "denied", "error", "quota", "unauthorized", "expired", "too many requests",
        "unavailable", "bad gateway", "moved permanently", "rate limit",
    ]

    // MARK: - Pointers

    private static func pointer(_ text: String, _ lower: String, size: Int) -> ForeignFile? {
        if text.hasPrefix("version https://git-lfs.github.com/spec/")
            || text.hasPrefix("version https://hawser.github.com")
        {
            let bytes = line(of: text, after: "size ").map { " of \($0) bytes" } ?? ""
            return ForeignFile(
                .pointer, "a Git LFS pointer to a file\(bytes), not the file", "fetch it with git lfs pull")
        }
        if size < 4096, text.contains("/annex/objects/") {
            return ForeignFile(.pointer, "a git-annex pointer, not the file", "fetch it with git annex get")
        }
        if lower.hasPrefix("outs:") && lower.contains("md5:") {
            return ForeignFile(.pointer, "a DVC pointer, not the file", "fetch it with dvc pull")
        }
        if lower.hasPrefix("[internetshortcut]") || lower.contains("\n[internetshortcut]") {
            let target = line(of: text, after: "URL=") ?? "an address"
            return ForeignFile(.pointer, "an Internet shortcut (\(quoted(target))), not a video", fetchMedia)
        }
        if lower.hasPrefix("[desktop entry]") {
            return ForeignFile(.pointer, "a desktop shortcut, not a video", fetchMedia)
        }
        if lower.hasPrefix("magnet:?") || isTorrent(text) {
            return ForeignFile(.pointer, "a torrent, which only names its files", fetchMedia + " with a torrent client")
        }
        if lower.hasPrefix("<?xml") && lower.contains("<!doctype nzb") || lower.hasPrefix("<nzb") {
            return ForeignFile(.pointer, "an NZB index, which only names its files", fetchMedia)
        }
        return link(text, lower, size: size)
    }

    /// A bencoded dictionary with the keys that torrents begin with.
    private static func isTorrent(_ text: String) -> Bool {
        ["d8:announce", "d13:announce-list", "d7:comment", "d10:created by", "d13:creation date", "d4:info"]
            .contains { text.hasPrefix($0) } && (text.contains("4:info") || text.contains("announce"))
    }

    /// The text of a symbolic link, as version control writes it where links cannot be made; or a single address.
    private static func link(_ text: String, _ lower: String, size: Int) -> ForeignFile? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        guard size < 4096, let first = lines.first else { return nil }
        if lines.allSatisfy({ line in
            ["http://", "https://", "ftp://", "rtmp://", "rtsp://", "plugin://", "s3://", "gs://"]
                .contains { line.lowercased().hasPrefix($0) }
        }) {
            return ForeignFile(.pointer, "an address (\(quoted(first))), not a video", fetchMedia)
        }
        guard lines.count == 1, !text.hasSuffix("\n"), !first.contains("<"), !first.contains("\t") else { return nil }
        let name = (first as NSString).lastPathComponent
        let suffix = (name as NSString).pathExtension.lowercased()
        let isPath = first.hasPrefix("/") || first.hasPrefix("./") || first.hasPrefix("../")
        guard isPath || (!suffix.isEmpty && mediaSuffixes.contains(suffix)), !first.hasSuffix("/") else { return nil }
        return ForeignFile(
            .pointer, "the text of a symbolic link to \(quoted(first))",
            "copy the file that it leads to into its place, or check it out where links can be made")
    }

    private static let mediaSuffixes: Set = [
        "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "ts", "m2ts", "mts", "3gp", "3g2", "flv", "wmv",
        "ogv", "mxf", "vob",
    ]

    // MARK: - Playlists

    private static func playlist(_ lower: String) -> ForeignFile? {
        let kinds: [(isSo: Bool, name: String)] = [
            (lower.hasPrefix("#extm3u"), "HLS or M3U"), (lower.hasPrefix("[playlist]"), "PLS"),
            (lower.hasPrefix("ffconcat version"), "ffconcat"), (lower.hasPrefix("<asx"), "ASX"),
            (lower.hasPrefix("<?wpl"), "WPL"), (lower.hasPrefix("<smil"), "SMIL"),
            (root(of: lower) == "mpd", "DASH"), (root(of: lower) == "smoothstreamingmedia", "Smooth Streaming"),
            (root(of: lower) == "smil", "SMIL"), (root(of: lower) == "playlist", "XSPF"),
            (root(of: lower) == "asx", "ASX"),
        ]
        guard let kind = kinds.first(where: \.isSo) else { return nil }
        let marks = ["#ext-x-key:method=", "contentprotection", "<protection", "#ext-x-session-key"]
        let isOpen = lower.contains("#ext-x-key:method=none")
        let isProtected = marks.contains(where: lower.contains) && !isOpen
        return ForeignFile(
            .pointer,
            "a playlist (\(kind.name)), which refers to other files" + (isProtected ? " that are encrypted" : ""),
            isProtected ? "get the media unencrypted" : fetchMedia + ", as one file")
    }

    // MARK: - Pages and answers

    private static func page(_ text: String, _ lower: String) -> ForeignFile? {
        let beginnings = [
            "<!doctype html", "<html", "<head", "<body", "<script", "<meta ", "<title", "<h1", "<center", "<p>", "<div",
            "<table", "<iframe", "<noscript",
        ]
        guard beginnings.contains(where: bare(lower).hasPrefix) || root(of: lower) == "html" else {
            guard lower.hasPrefix("mime-version:") || lower.hasPrefix("from: <saved by") else { return nil }
            return ForeignFile(.errorPage, "a saved web page (MHTML), not a video", checkAddress)
        }
        let title = element("title", in: text, lower).map { " (\(quoted($0)))" } ?? ""
        return ForeignFile(.errorPage, "a web page\(title), not a video", checkAddress)
    }

    /// XML, JSON and HTTP headers: what a server says instead of sending the file.
    private static func answer(_ text: String, _ lower: String) -> ForeignFile? {
        if lower.hasPrefix("http/1.") || lower.hasPrefix("http/2") {
            let status = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            return ForeignFile(.errorPage, "a server's answer (\(quoted(status))), not a video", checkAddress)
        }
        if let first = bare(lower).first, first == "{" || first == "[", isJSON(text) {
            return ForeignFile(.errorPage, "JSON (\(quoted(text))), not a video", checkAddress)
        }
        guard let name = root(of: lower), name != "svg" else { return nil }
        if name == "plist" {
            return ForeignFile(.pointer, "a property list (such as .webloc), which may name an address", fetchMedia)
        }
        let message = (element("message", in: text, lower) ?? element("code", in: text, lower)).map {
            ": \(quoted($0))"
        }
        return ForeignFile(
            .errorPage, "an XML document (<\(name)>\(message ?? "")), not a video", checkAddress)
    }

    /// Whether a text, or the beginning of a longer one, looks like JSON: an object's first key, or a list of such.
    private static func isJSON(_ text: String) -> Bool {
        let dense = text.filter { !$0.isWhitespace }
        let inner = dense.drop { $0 == "[" }
        if inner.isEmpty || inner.first == "]" { return true }
        guard inner.first == "{" else {
            return dense.first == "[" && (inner.first == "\"" || inner.first?.isNumber == true)
        }
        let next = inner.dropFirst().first
        return next == "\"" || next == "}"
    }

    // MARK: - Text

    /// The file's beginning as a text without byte order mark and leading white space; nil for what is no text.
    private static func text(_ head: [UInt8], size: Int) -> String? {
        guard !head.isEmpty else { return nil }
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            let whole = head.prefix(head.count / 2 * 2)
            guard let text = String(bytes: whole, encoding: .utf16), isPrintable(text.dropFirst(0)) else { return nil }
            return trimmed(text)
        }
        // A character may be cut in two at the end of what was read.
        for cut in 0..<(size > head.count ? 4 : 1) {
            guard let text = String(validating: head.dropLast(cut), as: UTF8.self) else { continue }
            // Torrents hold hashes after their readable beginning.
            return isPrintable(text[...]) ? trimmed(text) : readableBeginning(head)
        }
        return readableBeginning(head)
    }

    /// The first characters of a file that begins like a torrent or a page, and goes on with other bytes.
    private static func readableBeginning(_ head: [UInt8]) -> String? {
        let isReadable = { (byte: UInt8) in byte >= 0x20 && byte < 0x7F || (0x09...0x0D).contains(byte) }
        let text = trimmed(String(decoding: head.prefix(while: isReadable), as: UTF8.self))
        if isTorrent(text) { return text }
        let isPage = ["<!doctype html", "<html"].contains { text.lowercased().hasPrefix($0) }
        return isPage ? trimmed(String(decoding: head, as: UTF8.self)) : nil
    }

    private static func isPrintable(_ text: Substring) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || (0x09...0x0D).contains($0.value) }
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace || $0 == "\u{FEFF}" })
    }

    /// A text without the XML declaration, comments and white space at its beginning.
    private static func bare(_ lower: String) -> Substring {
        var rest = lower[...]
        while true {
            rest = rest.drop(while: \.isWhitespace)
            let ends = [("<?", "?>"), ("<!--", "-->")]
            guard let (_, end) = ends.first(where: { rest.hasPrefix($0.0) }), let range = rest.range(of: end) else {
                return rest
            }
            rest = rest[range.upperBound...]
        }
    }

    /// The name of the first element, without namespace; nil for what is no XML.
    private static func root(of lower: String) -> String? {
        var rest = bare(lower)
        if rest.hasPrefix("<!doctype"), let end = rest.firstIndex(of: ">") {
            rest = bare(String(rest[rest.index(after: end)...]))
        }
        guard rest.first == "<" else { return nil }
        let name = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || ":-_.".contains($0) }
        return name.isEmpty ? nil : String(name.split(separator: ":").last ?? name)
    }

    private static func element(_ name: String, in text: String, _ lower: String) -> String? {
        guard let start = lower.range(of: "<\(name)"), let open = lower[start.upperBound...].firstIndex(of: ">"),
            let end = lower[open...].range(of: "</\(name)"), lower.count == text.count
        else { return nil }
        let first = lower.distance(from: lower.startIndex, to: lower.index(after: open))
        let last = lower.distance(from: lower.startIndex, to: end.lowerBound)
        let inner = text[text.index(text.startIndex, offsetBy: first)..<text.index(text.startIndex, offsetBy: last)]
        let line = inner.trimmingCharacters(in: .whitespacesAndNewlines)
        return line.isEmpty ? nil : line
    }

    private static func line(of text: String, after key: String) -> String? {
        text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
    }

    /// The beginning of a text on one line, in quotation marks.
    private static func quoted(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        let safe = words.unicodeScalars.prefix(80).map { scalar -> Character in
            let isPlain = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
            return isPlain ? Character(scalar) : " "
        }
        return "\"" + String(safe) + (words.unicodeScalars.count > 80 ? "…" : "") + "\""
    }
}
