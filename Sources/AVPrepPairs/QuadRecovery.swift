import AVPrepModel

/// Puts stored pairs together again as they were drawn: in quads, whatever order they lie in.
struct QuadRecovery {
    /// A quad, and which of the pairs it gave.
    struct Found {
        let quad: PairSampler.PairQuad
        let rows: [Int]
    }

    /// In the order of their first negatives.
    private(set) var quads: [Found] = []

    private let pairs: [Pair]
    private let table: ClipTable
    private let entryOfRow: [Int32: Int]
    private var isUsed: [Bool]

    /// A clip of picture or of sound by its segment and position.
    private struct Clip: Hashable {
        let row: Int32
        let frame: Int
    }

    private struct Negative: Hashable {
        let kind: PairKind
        let picture: Clip
        let sound: Clip
    }

    /// - Parameters:
    ///   - pairs: of one epoch. Those whose quad is not there as a whole belong to none.
    ///   - table: of the segments that the pairs' rows refer to.
    init(_ pairs: [Pair], _ table: ClipTable) {
        self.pairs = pairs
        self.table = table
        entryOfRow = Dictionary(
            table.entries.enumerated().map { ($1.row, $0) }, uniquingKeysWith: { first, _ in first })
        isUsed = [Bool](repeating: false, count: pairs.count)
        let known = pairs.indices.filter {
            entryOfRow[pairs[$0].videoSegment] != nil && entryOfRow[pairs[$0].audioSegment] != nil
        }
        let positives = known.filter { pairs[$0].kind == .positive }
        let byPicture = Dictionary(grouping: positives) { picture($0) }
        let bySound = Dictionary(grouping: positives) { sound($0) }
        let negatives = known.filter { pairs[$0].kind != .positive && pairs[$0].kind != .reversed }
        let byClips = Dictionary(grouping: negatives) {
            Negative(kind: pairs[$0].kind, picture: picture($0), sound: sound($0))
        }
        for row in negatives where !isUsed[row] {
            complete(row, byPicture[picture(row)] ?? [], bySound[sound(row)] ?? [], byClips)
        }
        pairUpReversed(known.filter { pairs[$0].kind == .reversed }, byPicture)
        quads.sort { $0.rows.max() ?? 0 < $1.rows.max() ?? 0 }
    }

    private func picture(_ row: Int) -> Clip {
        Clip(row: pairs[row].videoSegment, frame: Int(pairs[row].videoStartFrame))
    }

    private func sound(_ row: Int) -> Clip {
        let pair = pairs[row]
        let fps = entryOfRow[pair.audioSegment].map { table.entries[$0].fps } ?? 0
        return Clip(row: pair.audioSegment, frame: Int((pair.audioStartSeconds * fps).rounded()))
    }

    /// The place of a positive.
    private func place(_ row: Int) -> ClipTable.Place? {
        guard let entry = entryOfRow[pairs[row].videoSegment] else { return nil }
        let start = sound(row).frame
        let place = ClipTable.Place(entry: entry, frame: start, lead: picture(row).frame - start)
        return place.frame < table.entries[entry].placeCount ? place : nil
    }

    private mutating func complete(
        _ row: Int, _ pictures: [Int], _ sounds: [Int], _ byClips: [Negative: [Int]]
    ) {
        for first in pictures where !isUsed[first] {
            for second in sounds where !isUsed[second] && second != first {
                let wanted = Negative(kind: pairs[row].kind, picture: picture(second), sound: sound(first))
                guard let other = byClips[wanted]?.first(where: { !isUsed[$0] && $0 != row }),
                    let (here, there) = place(first).flatMap({ here in place(second).map { (here, $0) } })
                else { continue }
                take(
                    [first, second, row, other], PairSampler.PairQuad(kind: pairs[row].kind, first: here, second: there)
                )
                return
            }
        }
    }

    /// A quad of the arrow of time is any two clips of one segment, each with its reversal.
    private mutating func pairUpReversed(_ rows: [Int], _ byPicture: [Clip: [Int]]) {
        var halves: [Int: (rows: [Int], place: ClipTable.Place)] = [:]
        for row in rows {
            guard
                let positive = byPicture[picture(row)]?.first(where: { !isUsed[$0] && sound($0) == sound(row) }),
                let place = place(positive)
            else { continue }
            isUsed[positive] = true
            isUsed[row] = true
            guard let half = halves.removeValue(forKey: place.entry) else {
                halves[place.entry] = ([positive, row], place)
                continue
            }
            take(half.rows + [positive, row], PairSampler.PairQuad(kind: .reversed, first: half.place, second: place))
        }
    }

    private mutating func take(_ rows: [Int], _ quad: PairSampler.PairQuad) {
        for row in rows { isUsed[row] = true }
        quads.append(Found(quad: quad, rows: rows.sorted()))
    }
}
