import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation

/// What a change of a sound's volume makes of its stored spectrogram, without the sound: samples times g make magnitudes
/// times g and powers times g².
///
/// Under a logarithm that is a constant, but for values at the floor of the logarithm, which are raised or lowered as well:
/// silence is not told from what lies just below the floor.
enum VolumeChange: Equatable {
    /// Nothing: decibels below the clip's own maximum.
    case none
    /// So much a unit of ln g is added.
    case added(perLog: Float)
    /// Values are multiplied by g to this power.
    case multiplied(power: Float)
    /// VMZ's logarithm times a scale: ln(x) above e, x / e below, of x that are multiplied by g to this power.
    case logarithmOrLinear(power: Float, scale: Float)

    /// - Returns: nil where the attributes do not say how the values were made.
    init?(_ spectrogram: StoreLayout.Spectrogram) {
        let attributes = spectrogram.attributes
        guard let logarithm = attributes["log"]?.text, let power = attributes["power"]?.number else { return nil }
        let scale = Float(attributes["scale"]?.number ?? 1)
        let decibels = Float(10 / 2.302_585_092_994_046)
        switch logarithm {
        case "none": self = .multiplied(power: Float(power))
        case "natural", "natural_offset": self = .added(perLog: scale * Float(power))
        case "natural_or_linear": self = .logarithmOrLinear(power: Float(power), scale: scale)
        case "power_to_db", "amplitude_to_db":
            let factor = logarithm == "power_to_db" ? decibels : 2 * decibels
            self =
                spectrogram.clipRule?.referenceIsMaximum == true ? .none : .added(perLog: scale * factor * Float(power))
        default: return nil
        }
    }

    private static let e = Float(2.718_281_828_459_045)

    /// A value of sound times `gain`.
    ///
    /// - Parameter log: ln(gain).
    func changed(_ value: Float, log: Float) -> Float {
        switch self {
        case .none: return value
        case .added(let perLog): return value + perLog * log
        case .multiplied(let power): return value * exp(power * log)
        case .logarithmOrLinear(let power, let scale):
            let own = value / scale
            let x = (own > 1 ? exp(own) : own * Self.e) * exp(power * log)
            return scale * (x > Self.e ? Foundation.log(x) : x / Self.e)
        }
    }
}

/// The sound clip of a pair as a stored spectrogram, its volume varied in training: by the same factor over the whole clip.
struct JitteredSpectrogramInput: SampleInput {
    let sound: SpectrogramInput
    /// As in ``JitterSettings``.
    let volume: Double

    var name: String { sound.name }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        if volume > 0 { _ = try change(in: dataset) }
        return try sound.shape(in: dataset)
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        let reader = try sound.makeReader(dataset, shape, context)
        guard context.augmentation.seed != nil, volume > 0 else { return reader }
        guard let statistics = context.statistics[sound.spectrogram] else { return reader }
        return Reader(reader, try change(in: dataset), statistics, context.augmentation, volume: volume)
    }

    private func change(in dataset: ShardDataset) throws -> VolumeChange {
        let stored = try dataset.spectrogram(sound.spectrogram)
        guard let change = VolumeChange(stored) else {
            throw TrainingError(
                .data,
                """
                the shards in \(dataset.folder) do not say how \(stored.name) was made of the sound (its attributes log and \
                power), so its volume cannot be varied; set \(TrainKey.volume) to 0, or ingest again
                """)
        }
        return change
    }

    private final class Reader: InputReader {
        private let sound: any InputReader
        private let change: VolumeChange
        private let statistics: SpectrogramStatistics
        private let augmentation: Augmentation
        private let volume: Double

        init(
            _ sound: any InputReader, _ change: VolumeChange, _ statistics: SpectrogramStatistics,
            _ augmentation: Augmentation, volume: Double
        ) {
            self.sound = sound
            self.change = change
            self.statistics = statistics
            self.augmentation = augmentation
            self.volume = volume
        }

        func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
            try sound.read(sample, into: output)
            guard var random = augmentation.random(at: sample.position, for: "volume") else { return }
            let log = Foundation.log(Float(random.uniform(1 - volume...1 + volume)))
            let values = output.assumingMemoryBound(to: Float.self)
            let bins = statistics.mean.count
            for row in stride(from: 0, to: values.count, by: bins) {
                for bin in 0..<bins {
                    // Values come normalised, and the change is of the stored ones.
                    let (mean, deviation) = (statistics.mean[bin], statistics.deviation[bin])
                    let stored = values[row + bin] * deviation + mean
                    values[row + bin] = (change.changed(stored, log: log) - mean) / deviation
                }
            }
        }
    }
}
