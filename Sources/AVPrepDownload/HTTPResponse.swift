import Foundation

/// The head of a response: status and fields (RFC 9110).
struct HTTPResponse: Sendable, Equatable {
    private(set) var status = 0
    /// By their names in lower case.
    private(set) var fields: [String: String] = [:]

    /// Takes one line of the head. A status line begins a new head: that of the last redirection is the one that counts.
    mutating func take(line: String) {
        let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ")
            self = HTTPResponse()
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        } else if let colon = line.firstIndex(of: ":") {
            let name = line[..<colon].lowercased()
            fields[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
    }

    /// The first byte and, if it is told, the size of the whole file, of a response with a part of it.
    var range: (first: Int64, total: Int64?)? {
        guard let text = fields["content-range"], text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Int64(parts[0].prefix { $0 != "-" }) else { return nil }
        return (first, Int64(parts[1]))
    }

    /// The size of the whole file, where the answer to a request for a part beyond its end tells it (`bytes */1234`).
    var sizeBeyondWhichNothingIs: Int64? {
        guard let text = fields["content-range"], let slash = text.lastIndex(of: "/") else { return nil }
        return Int64(text[text.index(after: slash)...].trimmingCharacters(in: .whitespaces))
    }

    /// What a later request can name to get the rest of the same file, and never of another: a strong entity tag, or the
    /// time of the last change; nil if the server tells neither.
    var validator: String? {
        if let tag = fields["etag"], tag.hasPrefix("\"") { return tag }
        guard let changed = fields["last-modified"], let date = fields["date"], changed != date else { return nil }
        return changed
    }

    /// Whether the body is a page for people, as log-ins and errors are.
    var isPage: Bool {
        let type = (fields["content-type"] ?? "").lowercased()
        return type.hasPrefix("text/html") || type.hasPrefix("application/xhtml")
    }

    /// How long the server asks to wait, in seconds.
    var retryAfter: Double? {
        guard let text = fields["retry-after"] else { return nil }
        if let seconds = Double(text) { return max(0, seconds) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { max(0, $0.timeIntervalSinceNow) }
    }
}
