import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTraining

/// Finds the clips that most excite each unit of a network, and those that it is surest of.
struct UnitSearch {
    /// A clip of the search, by its number, and how strong the answer was.
    struct Find {
        let clip: Int
        let response: Float
    }

    /// A unit, with the clips that excite it most: of each video the strongest alone.
    struct Unit {
        let number: Int
        /// How far above its mean the finds lie, in deviations: units that answer to few things come first.
        let selectivity: Double
        let finds: [Find]
    }

    private(set) var picture: UnitTally
    private(set) var sound: UnitTally
    /// The score of each clip, in order.
    private(set) var scores: [Float] = []
    private(set) var places: [(shard: String, segment: Int, videoID: String, source: String)] = []

    /// - Parameters:
    ///   - finds: clips a unit.
    ///   - progress: called with the number of clips done.
    init(
        _ localiser: Localiser, _ clips: ShardDataset, finds: Int, cancellation: Cancellation, progress: (Int) -> Void
    ) throws {
        picture = UnitTally(limit: finds)
        sound = UnitTally(limit: finds)
        try localiser.localise(clips, cancellation: cancellation) { number, clip in
            let segment = clip.reader.segments[Int(clip.pair.videoSegment)].segment
            picture.add(clip.pictureUnits, clip: number, video: segment.videoID)
            sound.add(clip.soundUnits, clip: number, video: segment.videoID)
            scores.append(clip.score)
            places.append((clip.reader.entry.name, Int(clip.pair.videoSegment), segment.videoID, segment.source))
            progress(number + 1)
        }
    }

    /// The clips with the highest scores, of each video the best alone, by label; all under one name where there are none.
    func categories(_ labels: [String: [[String]]], finds: Int) -> [(name: String, finds: [Find])] {
        var best: [String: [String: Find]] = [:]
        for (clip, score) in scores.enumerated() {
            let place = places[clip]
            let own = labels[place.shard].map { $0[place.segment] } ?? []
            for label in own.isEmpty ? ["all clips"] : own {
                if let known = best[label]?[place.videoID], known.response >= score { continue }
                best[label, default: [:]][place.videoID] = Find(clip: clip, response: score)
            }
        }
        return best.sorted { $0.key < $1.key }.map { label, found in
            let order = found.values.sorted { ($1.response, $0.clip) < ($0.response, $1.clip) }
            return (label, Array(order.prefix(finds)))
        }
    }
}

/// Collects the responses of units, clip by clip, in memory that does not grow with the clips.
struct UnitTally {
    private let limit: Int
    private var sums: [Double] = []
    private var squares: [Double] = []
    private var best: [[(find: UnitSearch.Find, video: String)]] = []
    private var count = 0

    init(limit: Int) { self.limit = limit }

    mutating func add(_ units: [Float], clip: Int, video: String) {
        if best.isEmpty {
            sums = [Double](repeating: 0, count: units.count)
            squares = sums
            best = Array(repeating: [], count: units.count)
        }
        count += 1
        for (unit, response) in units.enumerated() where response.isFinite {
            sums[unit] += Double(response)
            squares[unit] += Double(response) * Double(response)
            insert(UnitSearch.Find(clip: clip, response: response), video, into: &best[unit])
        }
    }

    private func insert(
        _ find: UnitSearch.Find, _ video: String, into finds: inout [(find: UnitSearch.Find, video: String)]
    ) {
        if let known = finds.firstIndex(where: { $0.video == video }) {
            guard finds[known].find.response < find.response else { return }
            finds.remove(at: known)
        } else if finds.count == limit {
            guard let last = finds.last, last.find.response < find.response else { return }
            finds.removeLast()
        }
        let place = finds.firstIndex { $0.find.response < find.response } ?? finds.count
        finds.insert((find, video), at: place)
    }

    /// All units that ever answered, the most selective first.
    var units: [UnitSearch.Unit] {
        best.indices.compactMap { unit -> UnitSearch.Unit? in
            let mean = sums[unit] / Double(count)
            let deviation = max(0, squares[unit] / Double(count) - mean * mean).squareRoot()
            let finds = best[unit].map(\.find)
            guard deviation > 1e-9 else { return nil }
            let top = finds.map { Double($0.response) }.reduce(0, +) / Double(finds.count)
            return UnitSearch.Unit(number: unit, selectivity: (top - mean) / deviation, finds: finds)
        }.sorted { ($1.selectivity, $0.number) < ($0.selectivity, $1.number) }
    }
}
