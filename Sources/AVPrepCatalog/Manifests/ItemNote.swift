package import AVPrepCore
package import AVPrepModel

/// What a manifest says of an item.
package struct ItemNote: Sendable, Equatable {
    /// The manifest, as listed.
    package var manifest: BytePath
    /// The number of its row, from 1 on; of several rows the first.
    package var row: Int
    /// nil: it is drawn.
    package var split: Split?
    /// In the order of the manifest, each once.
    package var labels: [String]
    /// Whether rows of the manifest name several splits; ``split`` is the one that matters most.
    package var isTorn: Bool

    /// What separates labels where several are one text: it is in none.
    package static let boundary: Unicode.Scalar = "\u{1F}"

    package init(manifest: BytePath, row: Int, split: Split? = nil, labels: [String] = [], isTorn: Bool = false) {
        self.manifest = manifest
        self.row = row
        self.split = split
        self.labels = labels
        self.isTorn = isTorn
    }

    var labelText: String { labels.joined(separator: String(Self.boundary)) }

    static func labels(_ text: String) -> [String] {
        text.isEmpty ? [] : text.split(separator: Character(boundary)).map(String.init)
    }

    /// Adds what another row says.
    package mutating func add(split other: Split?, labels more: [String]) {
        if let other {
            isTorn = isTorn || split != nil && split != other
            split = [split, other].compactMap(\.self).min { Split.precedence($0) < Split.precedence($1) }
        }
        if !more.isEmpty { labels += more.filter { label in !labels.contains { $0.utf8.elementsEqual(label.utf8) } } }
    }
}

extension Split {
    /// Of several sides the one with the smallest number counts: an evaluation set ought to stay what it was.
    package static func precedence(_ split: Split) -> Int {
        switch split {
        case .test: 0
        case .val: 1
        case .train: 2
        }
    }
}

/// What the last reading of a manifest has found.
package struct ManifestRecord: Sendable, Equatable, Codable {
    /// As listed.
    package let manifest: BytePath
    package let layout: String
    /// Its rows: those that name an item, those that name one that an earlier row names, and those that could not be read.
    package var rows = 0
    package var items = 0
    package var repeated = 0
    package var malformed = 0
    /// Items without a file.
    package var missing = 0
    /// The first malformed rows, a line each.
    package var faults: [String] = []

    package init(_ manifest: BytePath, layout: String) {
        self.manifest = manifest
        self.layout = layout
    }

    /// One line.
    package var text: String {
        var parts = ["\(rows) rows (\(layout)) = \(items) items"]
        if repeated > 0 { parts.append("\(repeated) that repeat one") }
        if malformed > 0 { parts.append("\(malformed) malformed") }
        return "\(manifest): " + parts.joined(separator: " + ")
            + (missing > 0 ? "; \(missing) \(missing == 1 ? "item" : "items") without a file" : "")
    }
}
