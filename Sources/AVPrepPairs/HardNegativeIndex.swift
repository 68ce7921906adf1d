import AVPrepCore

/// The places of every video from which sound may be taken for a picture elsewhere in it: out of sync by at least the
/// gap, and by at most the largest offset.
///
/// Places of a video lie in order of time, so the partners of one place are at most two runs of places, one before it
/// and one after, and a partner is drawn uniformly by its number in them.
struct HardNegativeIndex {
    /// Why an entry gives no hard negative.
    enum Refusal: Equatable {
        case excluded(PairSource.HardExclusion)
        /// The video has no place far enough, or near enough, from any of this entry's.
        case noRoom

        var name: String {
            switch self {
            case .excluded(let exclusion): exclusion.rawValue
            case .noRoom: "too-short-for-gap"
            }
        }
    }

    /// Entries that can give a hard negative, in the table's order.
    private(set) var capable: [Int] = []
    /// Why each entry of the table cannot; nil for those that can.
    private(set) var refusals: [Refusal?]
    private let table: ClipTable
    private let settings: PairSettings
    /// Entries without an exclusion, in the table's order, with the number of places before each.
    private var members: [Int] = []
    private var placesBefore: [Int] = []
    /// Member range of each video: `videoStarts[v] ..< videoStarts[v + 1]`.
    private var videoStarts: [Int] = []
    /// Largest number of partners that one place of an entry has.
    private var mostPartners: [Int]

    init(_ table: ClipTable, settings: PairSettings) {
        self.table = table
        self.settings = settings
        refusals = table.entries.map { entry in entry.exclusion.map { .excluded($0) } }
        mostPartners = Array(repeating: 0, count: table.entries.count)
        var places = 0
        for video in 0..<max(0, table.videoStarts.count - 1) {
            videoStarts.append(members.count)
            for entry in table.videoStarts[video]..<table.videoStarts[video + 1] where refusals[entry] == nil {
                members.append(entry)
                placesBefore.append(places)
                places += table.entries[entry].placeCount
            }
        }
        videoStarts.append(members.count)
        placesBefore.append(places)
        for entry in members {
            var most = 0
            for frame in 0..<table.entries[entry].placeCount {
                most = max(most, partners(of: ClipTable.Place(entry: entry, frame: frame)).count)
            }
            mostPartners[entry] = most
            if most == 0 {
                refusals[entry] = .noRoom
            } else if !hasPartnerOffPeriod(entry) {
                refusals[entry] = .excluded(.periodic)
            } else {
                capable.append(entry)
            }
        }
    }

    /// Smallest absolute offset of the two places of a hard negative, start to start, in seconds. From end to start the longer of the two clips
    /// counts: a picture clip is a whole number of frames, which may be a little more than `clipSeconds`. From start to
    /// start a picture may begin as much nearer to the other place as it begins later than its sound.
    static func smallestOffset(_ entry: ClipTable.Entry, _ settings: PairSettings) -> Double {
        switch settings.gapMeasure {
        case .endToStart: settings.gapSeconds + max(settings.soundClipSeconds, Double(entry.clipFrames) / entry.fps)
        case .startToStart: settings.gapSeconds + Double(entry.slack) / entry.fps
        }
    }

    /// Whether two places of one video are out of sync although the sound of one or the other repeats itself.
    private func isOffPeriod(_ first: ClipTable.Place, _ second: ClipTable.Place) -> Bool {
        let entries = (table.entries[first.entry], table.entries[second.entry])
        let offset = entries.1.time(second.frame) - entries.0.time(first.frame)
        return [entries.0.period, entries.1.period].allSatisfy { period in
            guard let period else { return true }
            return abs(offset - (offset / period).rounded() * period) >= settings.periodGuardSeconds
                - ClipTable.tolerance
        }
    }

    /// Whether some couple of places, the first in `entry`, is off every period. Ends at the first one, which is nearly
    /// always the first looked at.
    private func hasPartnerOffPeriod(_ entry: Int) -> Bool {
        (0..<table.entries[entry].placeCount).contains { frame in
            let place = ClipTable.Place(entry: entry, frame: frame)
            let partners = partners(of: place)
            return (0..<partners.count).contains { isOffPeriod(place, self.place(partners[$0])) }
        }
    }

    /// Two places of one video out of sync, the first in `entry`: uniform over all such couples.
    ///
    /// - Parameter entry: one of ``capable``.
    func draw(_ entry: Int, _ random: inout SeededRandom) -> (ClipTable.Place, ClipTable.Place) {
        // By rejection: a place is taken as often as it has partners. At worst all places but the first and last of a
        // barely long enough segment are refused, some hundred tries; in a segment of ordinary length, hardly any.
        while true {
            let place = ClipTable.Place(entry: entry, frame: random.below(table.entries[entry].placeCount))
            let number = random.below(mostPartners[entry])
            let partners = partners(of: place)
            guard number < partners.count else { continue }
            let partner = self.place(partners[number])
            if isOffPeriod(place, partner) { return (place, partner) }
        }
    }

    /// Two runs of places of one video, by their numbers in the whole table.
    private struct Partners {
        var before: Range<Int>
        var after: Range<Int>
        var count: Int { before.count + after.count }
        subscript(number: Int) -> Int {
            number < before.count ? before.lowerBound + number : after.lowerBound + number - before.count
        }
    }

    private func partners(of place: ClipTable.Place) -> Partners {
        let entry = table.entries[place.entry]
        let videoMembers = videoStarts[entry.video]..<videoStarts[entry.video + 1]
        let time = entry.time(place.frame)
        let smallest = Self.smallestOffset(entry, settings) - ClipTable.tolerance
        let nearest = count(upTo: time - smallest, videoMembers)
        let farNearest = max(nearest, count(upTo: time + smallest, videoMembers))
        var first = placesBefore[videoMembers.lowerBound]
        var last = placesBefore[videoMembers.upperBound]
        if settings.maxShiftSeconds > 0 {
            let largest = settings.maxShiftSeconds - Double(entry.slack) / entry.fps + ClipTable.tolerance
            first = min(nearest, count(upTo: time - largest, videoMembers))
            last = max(farNearest, count(upTo: time + largest, videoMembers))
        }
        return Partners(before: first..<nearest, after: farNearest..<last)
    }

    /// The number of the first place of these members that starts after `time`.
    private func count(upTo time: Double, _ range: Range<Int>) -> Int {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if table.entries[members[middle]].start <= time { low = middle + 1 } else { high = middle }
        }
        guard low > range.lowerBound else { return placesBefore[range.lowerBound] }
        let entry = table.entries[members[low - 1]]
        // A segment's length bounds the difference before it is made an integer.
        let frames = min(Double(entry.placeCount), ((time - entry.start) * entry.fps).rounded(.down) + 1)
        return placesBefore[low - 1] + Int(frames)
    }

    /// The place with this number.
    private func place(_ number: Int) -> ClipTable.Place {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if placesBefore[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return ClipTable.Place(entry: members[low - 1], frame: number - placesBefore[low - 1])
    }
}
