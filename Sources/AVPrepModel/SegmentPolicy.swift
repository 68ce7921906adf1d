package import AVPrepCore

/// What to do with segments that carry a flag.
package enum PolicyAction: String, Sendable, Codable, CaseIterable {
    /// Nothing: the flag and the measures are stored for readers of the shards.
    case keep
    /// The segment is left out of shards.
    case drop
    /// The stored media are changed so that they no longer show the flagged property. A segment where this is
    /// impossible is dropped.
    case fix
}

/// One action per flag. Pure: flags in, decision out.
package struct SegmentPolicy: Sendable, Hashable {
    /// Flags whose segments are dropped.
    package private(set) var dropped: SegmentFlags = []
    /// Flags whose segments are fixed.
    package private(set) var fixed: SegmentFlags = []

    /// Keeps everything.
    package init() {}

    /// The action for one flag, or for every flag of a set.
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

    /// The part of the policy that stored media depend on: which flags are fixed. Drops are decided from what is
    /// stored, and can be decided again.
    package var fixesAlone: SegmentPolicy {
        var policy = self
        policy.dropped = []
        return policy
    }

    /// Decides about a segment.
    ///
    /// One flag that drops it outweighs all flags that keep it. A flag that should have been fixed and could not be
    /// drops it too: its media are not what the policy asks for.
    ///
    /// - Parameters:
    ///   - flags: the flags of its source.
    ///   - fixed: those of the flags that its stored media no longer show.
    package func decide(flags: SegmentFlags, fixed: SegmentFlags) -> SegmentDecision {
        let fixedFlags = fixed.intersection(flags)
        return SegmentDecision(
            droppedBy: flags.subtracting(fixedFlags).intersection(dropped.union(self.fixed)), fixed: fixedFlags)
    }
}

extension SegmentPolicy: StoredSettings {
    package static var laterKeys: [String: LaterKey] {
        Dictionary(
            uniqueKeysWithValues: [SegmentFlags.damaged, .patchedSound].map {
                ($0.name, .omitted(at: PolicyAction.keep))
            })
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// An object of `"flag": "action"`, with every flag. A flag that is new has a later key, omitted at `keep`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for flag in SegmentFlags.all { try container.encode(self[flag: flag], forKey: Key(stringValue: flag.name)) }
    }

    /// Missing flags are kept.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for flag in SegmentFlags.all {
            self[flag: flag] =
                try container.decodeIfPresent(PolicyAction.self, forKey: Key(stringValue: flag.name)) ?? .keep
        }
    }
}

/// The decision about a segment, and the flags that caused it.
package struct SegmentDecision: Sendable, Hashable, Codable {
    /// The decision in one word, numbered as in the column `decision`.
    package enum Verdict: UInt8, Sendable, CaseIterable {
        case kept = 0
        case dropped = 1
        case fixed = 2

        /// The word in the catalog, in `--json` and in the format's documentation.
        package var word: String {
            switch self {
            case .kept: "kept"
            case .dropped: "dropped"
            case .fixed: "fixed"
            }
        }
    }

    /// Flags for which the segment is left out of shards; empty when it is included.
    package var droppedBy: SegmentFlags
    /// Flags that the stored media no longer show.
    package var fixed: SegmentFlags

    package init(droppedBy: SegmentFlags = [], fixed: SegmentFlags = []) {
        self.droppedBy = droppedBy
        self.fixed = fixed
    }

    package var isDropped: Bool { !droppedBy.isEmpty }

    /// Whether the segment's media are not even stored: it is dropped because its picture stands still, and such pictures
    /// can go on for hours. Under a policy that keeps it, the video is decoded again.
    package var leavesMediaOut: Bool { !droppedBy.isDisjoint(with: [.still, .slideshow]) }

    /// The verdict on the whole segment: dropped outweighs fixed, fixed outweighs kept.
    package var verdict: Verdict { isDropped ? .dropped : fixed.isEmpty ? .kept : .fixed }

    /// The verdict on one flag that the segment carries.
    package func verdict(on flag: SegmentFlags) -> Verdict {
        droppedBy.isSuperset(of: flag) ? .dropped : fixed.isSuperset(of: flag) ? .fixed : .kept
    }
}

extension SegmentFlags {
    /// Every single flag, lowest bit first.
    package static let all = names.indices.map { SegmentFlags(rawValue: 1 << UInt32($0)) }

    /// The name of a single flag.
    package var name: String { setNames.joined(separator: " ") }

    /// The flags of a set as single flags, lowest bit first.
    package var singleFlags: [SegmentFlags] { Self.all.filter(contains) }
}
