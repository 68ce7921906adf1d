import AVPrepModel

extension PairStatistics {
    /// Counts what was drawn.
    init(
        _ quads: [PairSampler.PairQuad], _ table: ClipTable, _ hardNegatives: HardNegativeIndex, superHardSegments: Int
    ) {
        self.init()
        pairs = quads.count * 4
        for quad in quads {
            kinds[PairKind.positive.name, default: 0] += 2
            kinds[quad.kind.name, default: 0] += 2
        }
        segments = table.segmentCount
        videos = table.videoCount
        countUse(quads, table)
        if table.tooShort > 0 { excluded["too-short"] = table.tooShort }
        for case let refusal? in hardNegatives.refusals { withoutHard[refusal.name, default: 0] += 1 }
        for video in 0..<table.videoStarts.count - 1 {
            let refusals = hardNegatives.refusals[table.videoStarts[video]..<table.videoStarts[video + 1]]
            if let first = refusals.first, let reason = first, !refusals.contains(nil) {
                videosWithoutHard[reason.name, default: 0] += 1
            }
        }
        withoutSuperHard = table.entries.count - superHardSegments
        repeats = Self.repeats(quads)
        for quad in quads where quad.kind == .hard || quad.kind == .superHard {
            let first = table.entries[quad.first.entry].time(quad.first.frame)
            let second = table.entries[quad.second.entry].time(quad.second.frame)
            offsets.add(abs(first - second), count: 2)
        }
    }

    private mutating func countUse(_ quads: [PairSampler.PairQuad], _ table: ClipTable) {
        var isUsed = [Bool](repeating: false, count: table.entries.count)
        for quad in quads {
            isUsed[quad.first.entry] = true
            isUsed[quad.second.entry] = true
        }
        segmentsUsed = isUsed.count { $0 }
        videosUsed = (0..<table.videoStarts.count - 1).count { video in
            isUsed[table.videoStarts[video]..<table.videoStarts[video + 1]].contains(true)
        }
    }

    /// By sorting numbers that name the pairs: less memory than a set of a million pairs.
    private static func repeats(_ quads: [PairSampler.PairQuad]) -> Int {
        func number(_ place: ClipTable.Place, lead: Int) -> UInt128 {
            UInt128(place.entry) << 32 | UInt128(place.frame + lead)
        }
        var keys: [UInt128] = []
        keys.reserveCapacity(quads.count * 4)
        for quad in quads {
            let pictures = (
                number(quad.first, lead: quad.first.lead), number(quad.second, lead: quad.second.lead)
            )
            let sounds = (number(quad.first, lead: 0), number(quad.second, lead: 0))
            keys.append(pictures.0 << 64 | sounds.0)
            keys.append(pictures.1 << 64 | sounds.1)
            if quad.kind == .reversed {
                // The highest bit tells a clip that is played backwards from the same one forwards.
                keys.append(1 << 127 | pictures.0 << 64 | sounds.0)
                keys.append(1 << 127 | pictures.1 << 64 | sounds.1)
            } else {
                keys.append(pictures.0 << 64 | sounds.1)
                keys.append(pictures.1 << 64 | sounds.0)
            }
        }
        keys.sort()
        return zip(keys, keys.dropFirst()).count { $0 == $1 }
    }
}
