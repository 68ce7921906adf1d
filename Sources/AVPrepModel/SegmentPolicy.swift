import AVPrepCore

/// What is done about the segments that carry a flag.
package enum PolicyAction: String, Sendable, Codable, CaseIterable {
    /// Nothing: the flag and what was measured are there for whoever reads the shards.
    case keep
    /// The segment is left out of shards.
    case drop
    /// What is stored is changed so that it no longer shows it. A segment where that cannot be done is dropped.
    case fix
}

/// One action for each flag. Pure: flags in, decision out.
package struct SegmentPolicy: Sendable, Hashable {
    /// The flags whose segments are dropped.
    package private(set) var dropped: SegmentFlags = []
    /// The flags whose segments are fixed.
    package private(set) var fixed: SegmentFlags = []

    /// Everything is kept as it is.
    package init() {}

    /// The action for one flag, or for all flags of a set.
    package subscript(flag flag: SegmentFlags) -> PolicyAction {
        get { fixed.isSuperset(of: flag) ? .fix : dropped.isSuperset(of: flag) ? .drop : .keep }
        set {
            dropped.subtract(flag)
            fixed.subtract(flag)
            switch newValue {
            case .keep: break
            case .drop: dropped.formUnion(flag)
            case .fix: fixed.formUnion(flag)
            }
        }
    }

    /// The part of it that what is stored depends on: which flags are fixed. What is dropped is decided on what is
    /// stored, and can be decided anew.
    package var fixesAlone: SegmentPolicy {
        var policy = self
        policy.dropped = []
        return policy
    }

    /// What becomes of a segment.
    ///
    /// One flag that drops it outweighs all that keep it. A flag that was to be fixed and could not be drops it too:
    /// its media are not what the policy asks for.
    ///
    /// - Parameters:
    ///   - flags: what was noticed about its source.
    ///   - fixed: those of the flags that its stored media no longer show.
    package func decide(flags: SegmentFlags, fixed: SegmentFlags) -> SegmentDecision {
        let fixedFlags = fixed.intersection(flags)
        return SegmentDecision(
            droppedBy: flags.subtracting(fixedFlags).intersection(dropped.union(self.fixed)), fixed: fixedFlags)
    }
}

extension SegmentPolicy: StoredSettings {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// An object of `"flag": "action"`, with every flag. A flag that is new has a later key, omitted at `keep`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for flag in SegmentFlags.each { try container.encode(self[flag: flag], forKey: Key(stringValue: flag.name)) }
    }

    /// Flags that are missing are kept.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for flag in SegmentFlags.each {
            self[flag: flag] =
                try container.decodeIfPresent(PolicyAction.self, forKey: Key(stringValue: flag.name)) ?? .keep
        }
    }
}

/// What was decided about a segment, and by which flags.
package struct SegmentDecision: Sendable, Hashable, Codable {
    /// In one word, as the column `decision` numbers them.
    package enum Verdict: UInt8, Sendable, CaseIterable {
        case kept = 0
        case dropped = 1
        case fixed = 2

        /// The word in the catalog, in `--json` and on the page about the format.
        package var word: String {
            switch self {
            case .kept: "kept"
            case .dropped: "dropped"
            case .fixed: "fixed"
            }
        }
    }

    /// The flags for which the segment is left out of shards; none: it is in.
    package var droppedBy: SegmentFlags
    /// The flags that the stored media no longer show.
    package var fixed: SegmentFlags

    package init(droppedBy: SegmentFlags = [], fixed: SegmentFlags = []) {
        self.droppedBy = droppedBy
        self.fixed = fixed
    }

    package var isDropped: Bool { !droppedBy.isEmpty }

    /// Of the whole segment: dropped outweighs fixed, fixed outweighs kept.
    package var verdict: Verdict { isDropped ? .dropped : fixed.isEmpty ? .kept : .fixed }

    /// Of one flag that the segment carries.
    package func verdict(on flag: SegmentFlags) -> Verdict {
        droppedBy.isSuperset(of: flag) ? .dropped : fixed.isSuperset(of: flag) ? .fixed : .kept
    }
}

extension SegmentFlags {
    /// Every flag by itself, lowest bit first.
    package static let each = names.indices.map { SegmentFlags(rawValue: 1 << UInt32($0)) }

    /// The name of a single flag.
    package var name: String { setNames.joined(separator: " ") }

    /// The flags of a set one by one, lowest bit first.
    package var each: [SegmentFlags] { Self.each.filter(contains) }
}
