import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch

/// The sound clip of a pair as a stored spectrogram: `[1, F, B]`, F frames of B bins, with the training set's mean and
/// deviation of each bin taken out.
struct SpectrogramInput: SampleInput {
    static let name = "spectrogram"

    /// The stored spectrogram's name.
    let spectrogram: String

    var name: String { Self.name }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        let stored = try dataset.spectrogram(spectrogram)
        try dataset.forEachPair { pair, reader, path in
            guard reader.spectrogram(stored, of: pair, seconds: dataset.soundSeconds).rowCount != nil else {
                let audio = reader.segments[Int(pair.audioSegment)]
                throw TrainingError(
                    .data,
                    """
                    \(path): \(dataset.soundSeconds) s of sound from \(pair.audioStartSeconds) s are more than the \
                    \(stored.name) of segment \(audio.segment.segmentID) holds; run `avprep shard` again
                    """)
            }
        }
        return InputShape(
            name: name, type: .float32, sizes: [1, stored.clipRows(seconds: dataset.soundSeconds), stored.bins])
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        let bins = shape.sizes[2]
        guard let statistics = context.statistics[spectrogram], statistics.mean.count == bins else {
            throw TrainingError(
                .data,
                """
                the run was trained on \(context.statistics[spectrogram]?.mean.count ?? 0) bins of \(spectrogram), and \
                \(dataset.folder) has \(bins); use the shards it was trained on, or another name for the run
                """)
        }
        return SpectrogramReader(
            try dataset.spectrogram(spectrogram), seconds: dataset.soundSeconds, rows: shape.sizes[1], statistics)
    }
}

private final class SpectrogramReader: InputReader {
    private let spectrogram: StoreLayout.Spectrogram
    private let seconds: Double
    private let rows: Int
    private let statistics: SpectrogramStatistics

    init(_ spectrogram: StoreLayout.Spectrogram, seconds: Double, rows: Int, _ statistics: SpectrogramStatistics) {
        self.spectrogram = spectrogram
        self.seconds = seconds
        self.rows = rows
        self.statistics = statistics
    }

    func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
        let clip = sample.reader.spectrogram(spectrogram, of: sample.pair, seconds: seconds)
        guard clip.rowCount == rows else { throw TrainingError(.data, "the sound ends too early") }
        let values = output.assumingMemoryBound(to: Float.self)
        try clip.read(into: values)
        statistics.normalize(values)
        guard values.allSatisfy(\.isFinite) else {
            throw TrainingError(.data, "its spectrogram holds values that are not finite")
        }
    }
}
