/// The envelope of a sound of any length in bounded memory: minimum and maximum in bins that widen as the sound grows.
struct SoundEnvelope {
    struct Bin {
        var low: Float = 0
        var high: Float = 0
    }

    /// Largest number of bins: more than the columns of a drawing.
    private static let capacity = 8192

    private(set) var bins: [Bin] = []
    /// Samples per bin.
    private(set) var samplesPerBin: Int
    private var current = Bin()
    private var currentCount = 0
    private let sampleRate: Int

    /// - Parameter sampleRate: samples per second of the input.
    init(sampleRate: Int) {
        self.sampleRate = sampleRate
        samplesPerBin = max(1, sampleRate / 8000)
    }

    /// Seconds per bin.
    var secondsPerBin: Double { Double(samplesPerBin) / Double(sampleRate) }

    /// Adds samples of one channel that follow the previous ones.
    mutating func push(_ samples: UnsafeBufferPointer<Float>) {
        for sample in samples where sample.isFinite {
            current.low = min(current.low, sample)
            current.high = max(current.high, sample)
            currentCount += 1
            if currentCount == samplesPerBin { close() }
        }
    }

    private mutating func close() {
        bins.append(current)
        current = Bin()
        currentCount = 0
        guard bins.count == Self.capacity else { return }
        bins = stride(from: 0, to: bins.count, by: 2).map { index in
            Bin(low: min(bins[index].low, bins[index + 1].low), high: max(bins[index].high, bins[index + 1].high))
        }
        samplesPerBin *= 2
    }

    /// Minimum and maximum between two times, in seconds from the first sample; nil after the end.
    func extremes(from start: Double, to end: Double) -> Bin? {
        let first = max(0, Int(start / secondsPerBin))
        let last = min(bins.count - 1, max(first, Int((end / secondsPerBin).rounded(.up)) - 1))
        guard first <= last else { return nil }
        return bins[first...last].reduce(into: Bin()) { result, bin in
            result.low = min(result.low, bin.low)
            result.high = max(result.high, bin.high)
        }
    }
}
