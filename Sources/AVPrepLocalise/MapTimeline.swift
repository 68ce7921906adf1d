import AVPrepModel
import AVPrepTraining

/// The maps of one segment over time: those of all clips, averaged where they overlap.
struct MapTimeline {
    let height: Int
    let width: Int
    /// In order of time.
    private(set) var entries: [Entry] = []
    private var bins: [Int: (sum: [Float], count: Float)] = [:]
    private let fps: Double

    /// The mean map of a moment.
    struct Entry {
        /// Seconds from the segment's start.
        let seconds: Double
        let values: [Float]
    }

    /// - Parameter fps: of the segment: maps within a frame's time are averaged.
    init(height: Int, width: Int, fps: Double) {
        self.height = height
        self.width = width
        self.fps = fps
    }

    /// Adds a clip's maps.
    ///
    /// - Parameters:
    ///   - start: of the clip, in seconds from the segment's start.
    ///   - seconds: its length.
    mutating func add(_ map: ActivationMap, from start: Double, seconds: Double) {
        let size = height * width
        for step in 0..<map.steps {
            let moment = start + (Double(step) + 0.5) / Double(map.steps) * seconds
            let values = map.values[step * size..<(step + 1) * size]
            var bin = bins[Int(moment * fps)] ?? ([Float](repeating: 0, count: size), 0)
            for (index, value) in values.enumerated() { bin.sum[index] += value }
            bin.count += 1
            bins[Int(moment * fps)] = bin
        }
    }

    /// To be called when all clips are added.
    mutating func finish() {
        entries = bins.sorted { $0.key < $1.key }.map { bin, own in
            Entry(seconds: (Double(bin) + 0.5) / fps, values: own.sum.map { $0 / own.count })
        }
        bins = [:]
    }

    /// The map of a moment, linear between the two nearest ones; nil where there are none at all.
    func values(at seconds: Double) -> [Float]? {
        guard let first = entries.first, let last = entries.last else { return nil }
        if seconds <= first.seconds { return first.values }
        if seconds >= last.seconds { return last.values }
        var (low, high) = (0, entries.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if entries[middle].seconds <= seconds { low = middle } else { high = middle }
        }
        let share = Float((seconds - entries[low].seconds) / (entries[high].seconds - entries[low].seconds))
        return zip(entries[low].values, entries[high].values).map { $0 + ($1 - $0) * share }
    }
}
