import AVPrepCore

/// What manifests put into several splits though it belongs together.
package struct SplitLeaks: Sendable, Equatable, StoredRecord {
    package struct Kind: Sendable, Equatable, StoredRecord {
        package var count = 0
        /// The first, a line each.
        package var examples: [String] = []

        package init() {}

        /// Examples that are kept.
        private static let most = 5

        package mutating func add(_ example: @autoclosure () -> String) {
            count += 1
            if examples.count < Self.most { examples.append(example()) }
        }
    }

    /// Contents whose rows name several splits: each is in one of them, the one that matters most (test, val, train).
    package var sameContent = Kind()
    /// Sources, by `corpus.source_pattern` or of one file, whose videos are in several splits: as the manifests say.
    package var sameSource = Kind()
    /// Pairs of near-duplicates in two splits: as the manifests say.
    package var nearDuplicates = Kind()
    /// The videos of such groups, by id, in alphabetical order.
    package var videos: [String] = []

    package init() {}

    package var isEmpty: Bool { sameContent.count + sameSource.count + nearDuplicates.count == 0 }

    /// A line for each kind that there is.
    package var lines: [String] {
        func line(_ kind: Kind, _ what: String, _ done: String) -> String? {
            kind.count == 0 ? nil : "leak in manifests: \(kind.count) \(what), e.g. \(kind.examples[0]); \(done)"
        }
        return [
            line(sameContent, "contents are in several splits", "each is in one, test before val before train"),
            line(sameSource, "sources have videos in several splits", "obeyed"),
            line(nearDuplicates, "pairs of near-duplicates are in two splits", "obeyed"),
        ].compactMap(\.self)
    }

    private enum CodingKeys: String, CodingKey {
        case videos
        case sameContent = "same_content"
        case sameSource = "same_source"
        case nearDuplicates = "near_duplicates"
    }
}
