import AVPrepCore
import AVPrepModel

/// How a data set calls its media files: a text with `{id}`, `{start:06}`, `{end:.3}`, `{start:ms}`, `{label}`, `{split}`.
struct NamePattern {
    private enum Part {
        case text([UInt8])
        case id, label, split
        case time(isStart: Bool, format: Format)
    }

    private enum Format {
        case plain
        /// Whole seconds, with zeros in front.
        case padded(Int)
        /// So many decimal places.
        case decimals(Int)
        case milliseconds
    }

    private let parts: [Part]
    /// Whether names of this pattern are of clips that were cut out already: they hold their times.
    let isCut: Bool

    /// - Throws: ``MalformedRow`` for a pattern that cannot be read.
    init(_ text: String) throws {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { parts.append(.text(Array(rest[..<open].utf8))) }
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw MalformedRow("the pattern \"\(text)\" has a { without a }")
            }
            parts.append(try Self.part(String(rest[rest.index(after: open)..<close]), text))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(Array(rest.utf8))) }
        self.parts = parts
        isCut = parts.contains { if case .time = $0 { true } else { false } }
    }

    private static func part(_ field: String, _ pattern: String) throws -> Part {
        let pieces = field.split(separator: ":", maxSplits: 1).map(String.init)
        switch (pieces.first ?? "", pieces.count > 1 ? pieces[1] : nil) {
        case ("id", nil): return .id
        case ("label", nil): return .label
        case ("split", nil): return .split
        case ("start", let format): return .time(isStart: true, format: try self.format(format, pattern))
        case ("end", let format): return .time(isStart: false, format: try self.format(format, pattern))
        default:
            throw MalformedRow(
                "the pattern \"\(pattern)\" has {\(field)}: it may have {id}, {label}, {split}, {start} and {end}, these also as {start:06}, {start:.3} or {start:ms}"
            )
        }
    }

    private static func format(_ text: String?, _ pattern: String) throws -> Format {
        guard let text else { return .plain }
        if text == "ms" { return .milliseconds }
        if text.hasPrefix("."), let count = Int(text.dropFirst()), (0...6).contains(count) { return .decimals(count) }
        if text.hasPrefix("0"), let count = Int(text), (1...12).contains(count) { return .padded(count) }
        throw MalformedRow("the pattern \"\(pattern)\" has the format \"\(text)\": 06, .3 or ms are possible")
    }

    /// The name of a row's file; nil where the row lacks something that the name has.
    func name(_ row: ManifestRow, id: [UInt8]) -> [UInt8]? {
        var name: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): name += text
            case .id: name += id
            case .label:
                guard let label = row.labels.first, !label.utf8.contains(UInt8(ascii: "/")) else { return nil }
                name += Array(label.utf8)
            case .split:
                guard !row.splitWord.isEmpty else { return nil }
                name += Array(row.splitWord.utf8)
            case .time(let isStart, let format):
                guard let seconds = isStart ? row.start ?? 0 : row.end else { return nil }
                name += Self.text(seconds, format)
            }
        }
        return name
    }

    private static func text(_ seconds: Double, _ format: Format) -> [UInt8] {
        switch format {
        case .plain: return Array(seconds.shortText.utf8)
        case .milliseconds: return Array(String(Int((seconds * 1000).rounded())).utf8)
        case .padded(let count):
            let digits = String(Int(seconds))
            return Array((String(repeating: "0", count: max(0, count - digits.count)) + digits).utf8)
        case .decimals(let count):
            // Without formatting by the C library, which is slow: a manifest may have millions of rows.
            let scale = (0..<count).reduce(1) { number, _ in number * 10 }
            let (whole, part) = Int((seconds * Double(scale)).rounded()).quotientAndRemainder(dividingBy: scale)
            return Array((count == 0 ? "\(whole)" : "\(whole).\(String(scale + part).dropFirst())").utf8)
        }
    }
}
