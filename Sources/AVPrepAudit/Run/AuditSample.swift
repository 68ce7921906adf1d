import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation

/// The pairs of one set that an audit looks at.
struct AuditSample: Sendable {
    struct Member: Sendable {
        /// Index of the shard among the audit's.
        let shard: Int
        let pair: Pair
        /// The pair's row in its table, and the table's length.
        let row: Int
        let rowCount: Int

        /// A clip of pictures or of sound, to see which pairs share it.
        struct Clip: Hashable {
            let shard: Int
            let isSound: Bool
            let segment: Int32
            let start: Int64
        }

        var picture: Clip {
            Clip(shard: shard, isSound: false, segment: pair.videoSegment, start: Int64(pair.videoStartFrame))
        }
        var sound: Clip {
            Clip(
                shard: shard, isSound: true, segment: pair.audioSegment,
                start: Int64((min(pair.audioStartSeconds, 1e9) * 1e6).rounded()))
        }
    }

    let name: String
    let clipSeconds: Double
    let soundSeconds: Double
    private(set) var members: [Member] = []

    /// - Parameter attributes: of the set, in any of the shards.
    init(name: String, attributes: [String: AttributeValue], path: String) throws {
        guard let clip = attributes["clip_seconds"]?.number, (0...86_400).contains(clip) else {
            throw StoreError(
                .damaged, "\(path): pair set \(name) does not say how long its clips are; avprep shard draws it again")
        }
        self.name = name
        clipSeconds = clip
        let sound = attributes["sound_seconds"]?.number ?? 0
        soundSeconds = sound > 0 && sound <= 86_400 ? sound : max(clip, 0.04)
    }

    mutating func append(_ pairs: [Pair], shard: Int) {
        members += pairs.enumerated().map { Member(shard: shard, pair: $1, row: $0, rowCount: pairs.count) }
    }

    /// Frames of a clip.
    func frames(fps: Double) -> Int { max(1, Int((clipSeconds * fps).rounded())) }

    /// No more than `limit` pairs. Pairs that share a clip stay together, since their labels are balanced against each
    /// other: the four of two places. Where all of a table hangs together, pairs are taken one by one.
    func limited(to limit: Int, seed: UInt64) -> AuditSample {
        guard members.count > limit else { return self }
        var random = SeededRandom(seed: seed, for: "audit/sample/\(name)")
        var chosen: [Int] = []
        for component in random.shuffled(components()) {
            let room = limit - chosen.count
            if room <= 0 { break }
            chosen +=
                component.count > max(room, limit / 8)
                ? Array(random.shuffled(component).prefix(room)) : component
        }
        var sample = self
        sample.members = chosen.sorted().map { members[$0] }
        return sample
    }

    /// Rows that hang together by shared clips, in the order of their first rows.
    private func components() -> [[Int]] {
        var parents = Array(members.indices)
        func root(_ index: Int) -> Int {
            var index = index
            while parents[index] != index {
                parents[index] = parents[parents[index]]
                index = parents[index]
            }
            return index
        }
        var owners: [Member.Clip: Int] = [:]
        for (index, member) in members.enumerated() {
            for clip in [member.picture, member.sound] {
                if let owner = owners[clip] {
                    let (one, other) = (root(owner), root(index))
                    parents[max(one, other)] = min(one, other)
                } else {
                    owners[clip] = index
                }
            }
        }
        var found: [Int: [Int]] = [:]
        for index in members.indices { found[root(index), default: []].append(index) }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// What there is to tell apart in the set, with the rows of each.
    ///
    /// Negatives of one kind stand against the positives they share clips with: where a set has hard negatives, these cannot
    /// be silent, and positives can; but then easy ones are silent the more often, and nothing leaks.
    var tasks: [(task: AuditTask, rows: [Int])] {
        let positives = members.indices.filter { members[$0].pair.kind == .positive }
        var rowsOfKind: [PairKind: [Int]] = [:]
        for index in members.indices where members[index].pair.kind != .positive {
            rowsOfKind[members[index].pair.kind, default: []].append(index)
        }
        let kinds = rowsOfKind.sorted { $0.key.rawValue < $1.key.rawValue }
        guard !positives.isEmpty, let first = kinds.first else { return [] }
        if kinds.count == 1 { return [(.kind(first.key.name), positives + first.value)] }
        let all = kinds.flatMap(\.value)
        return [(.negatives, (positives + all).sorted())]
            + kinds.map { kind, negatives in
                let clips = Set(negatives.flatMap { [members[$0].picture, members[$0].sound] })
                let own = positives.filter { clips.contains(members[$0].picture) || clips.contains(members[$0].sound) }
                return (.kind(kind.name), ((2 * own.count >= negatives.count ? own : positives) + negatives).sorted())
            }
    }

    /// Whether some of its negatives are clips played backwards.
    var hasReversed: Bool { members.contains { $0.pair.kind == .reversed } }
}
