import AVPrepAudio
import AVPrepWorkspace

/// A mel spectrogram of a sound of any length in bounded memory: columns of mean power that widen as the sound grows.
struct SpectrogramOverview {
    /// The power of each band, by column.
    private(set) var columns: [[Float]] = []
    /// Seconds per column.
    private(set) var secondsPerColumn: Double
    /// The frequency of each band's peak, in Hz.
    let frequenciesHz: [Double]

    /// Largest number of columns: more than those of a drawing.
    private static let capacity = 4096

    private var sum: [Float]
    private var sumCount = 0
    private var framesPerColumn = 1

    init(frequenciesHz: [Double], secondsPerFrame: Double) {
        self.frequenciesHz = frequenciesHz
        secondsPerColumn = secondsPerFrame
        sum = Array(repeating: 0, count: frequenciesHz.count)
    }

    /// Adds the next frame's power.
    mutating func push(_ powers: some Sequence<Float>) {
        for (band, power) in powers.enumerated() { sum[band] += power }
        sumCount += 1
        guard sumCount == framesPerColumn else { return }
        columns.append(sum.map { $0 / Float(sumCount) })
        for band in sum.indices { sum[band] = 0 }
        sumCount = 0
        guard columns.count == Self.capacity else { return }
        columns = stride(from: 0, to: columns.count, by: 2).map { index in
            zip(columns[index], columns[index + 1]).map { ($0 + $1) / 2 }
        }
        framesPerColumn *= 2
        secondsPerColumn *= 2
    }

    /// Mean power of each band between two times, in seconds from the first frame; nil after the end.
    func power(from start: Double, to end: Double) -> [Float]? {
        let first = max(0, Int(start / secondsPerColumn))
        let last = min(columns.count - 1, max(first, Int((end / secondsPerColumn).rounded(.up)) - 1))
        guard first <= last else { return nil }
        guard first < last else { return columns[first] }
        var mean = [Float](repeating: 0, count: frequenciesHz.count)
        for column in columns[first...last] {
            for band in mean.indices { mean[band] += column[band] }
        }
        return mean.map { $0 / Float(last - first + 1) }
    }
}

/// Computes a ``SpectrogramOverview`` of a stream of sound.
final class SpectrogramStream {
    /// The spectrogram drawn: windows of 25 ms every 10 ms, 96 bands up to 12 kHz.
    static let settings: SpectrogramSettings = {
        var settings = SpectrogramSettings(
            name: "inspect", kind: .mel, sampleRate: 24_000, fftLength: 1024, windowLength: 600, hopLength: 240)
        settings.melBands = 96
        settings.logarithm = .none
        return settings
    }()

    private(set) var overview: SpectrogramOverview
    private let transform: Spectrogram
    private let workspace: Spectrogram.Workspace
    /// Sound from the start of the next frame to be computed.
    private var pending: [Float] = []
    private var values: [Float]

    private static let framesAtATime = 64

    init() throws {
        transform = try Spectrogram(Self.settings)
        workspace = transform.makeWorkspace()
        values = Array(repeating: 0, count: Self.framesAtATime * transform.bins)
        overview = SpectrogramOverview(
            frequenciesHz: transform.frequenciesHz,
            secondsPerFrame: Double(Self.settings.hopLength) / Double(Self.settings.sampleRate))
    }

    /// Adds mono sound, at the settings' rate, that follows the previous sound.
    func push(_ samples: UnsafeBufferPointer<Float>) {
        pending.append(contentsOf: samples)
        let hop = Self.settings.hopLength
        let needed = Self.framesAtATime * hop + Self.settings.windowLength
        var start = 0
        while pending.count - start >= needed {
            compute(Self.framesAtATime, from: start)
            start += Self.framesAtATime * hop
        }
        pending.removeFirst(start)
    }

    /// Processes the remaining sound at its end.
    func finish() {
        var left = transform.frameCount(samples: pending.count)
        var start = 0
        while left > 0 {
            let count = min(left, Self.framesAtATime)
            compute(count, from: start)
            start += count * Self.settings.hopLength
            left -= count
        }
        pending = []
    }

    private func compute(_ frames: Int, from start: Int) {
        let count = frames * transform.bins
        pending.withUnsafeBufferPointer { pending in
            values.withUnsafeMutableBufferPointer { values in
                _ = transform.compute(
                    UnsafeBufferPointer(rebasing: pending[start...]),
                    into: UnsafeMutableBufferPointer(rebasing: values[..<count]), workspace)
            }
        }
        for frame in 0..<frames { overview.push(values[frame * transform.bins..<(frame + 1) * transform.bins]) }
    }
}
