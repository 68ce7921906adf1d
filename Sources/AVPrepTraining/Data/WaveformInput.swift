import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch
import Foundation

/// The sound clip of a pair as samples, `[C, S]`, compressed as Multisensory's are: sign(x) · log(1 + 255 |x|) / log(256) of
/// samples in [-1, 1].
///
/// Of a mono file that was ingested as stereo both channels are the same. What the shards hold is not mixed or doubled here: they
/// must have as many channels as the settings say.
struct WaveformInput: SampleInput {
    static let name = "waveform"

    /// The stored waveform; nil for `pcm`.
    private let stored: String?
    private let channels: Int
    /// As in ``JitterSettings``.
    private let volume: Double

    init(_ settings: MultisensorySettings, volume: Double) {
        stored = settings.waveform == "pcm" ? nil : settings.waveform
        channels = settings.channels
        self.volume = volume
    }

    var name: String { Self.name }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        let rate = try sampleRate(in: dataset)
        let count = max(1, Int((dataset.soundSeconds * Double(rate)).rounded()))
        try dataset.forEachPair { pair, reader, path in
            guard reader.waveform(stored, of: pair, seconds: dataset.soundSeconds)?.rows.count == count else {
                let audio = reader.segments[Int(pair.audioSegment)]
                throw TrainingError(
                    .data,
                    """
                    \(path): \(dataset.soundSeconds) s of sound from \(pair.audioStartSeconds) s are more than the waveform of \
                    segment \(audio.segment.segmentID) holds; run `avprep shard` again
                    """)
            }
        }
        return InputShape(name: name, type: .float32, sizes: [channels, count])
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        WaveformReader(
            stored, channels: channels, seconds: dataset.soundSeconds, volume: volume, context.augmentation)
    }

    /// - Throws: ``TrainingError`` when the shards lack the waveform, or hold another number of channels.
    private func sampleRate(in dataset: ShardDataset) throws -> Int {
        let layout = dataset.reader(0).layout
        let ingest = "`avprep ingest` and `avprep shard`"
        let found: (Int, Int)? =
            if let stored {
                layout.waveform(stored).map { ($0.sampleRate, $0.channels) }
            } else {
                layout.pcm.map { ($0.sampleRate, $0.channels) }
            }
        guard let (rate, held) = found else {
            let names = (layout.pcm == nil ? [] : ["pcm"]) + layout.waveforms.map(\.name)
            throw TrainingError(
                .data,
                """
                the shards in \(dataset.folder) hold no waveform "\(stored ?? "pcm")", only \
                \(names.isEmpty ? "none" : names.joined(separator: ", ")), and this run (\(TrainKey.recipe)) hears one; set \
                \(stored == nil ? "ingest.pcm.sr to 21000 and ingest.pcm.channels to \(channels)" : "ingest.waveforms") and run \
                \(ingest), or set \(TrainKey.waveform), or \(TrainKey.hears) to spectrogram
                """)
        }
        guard held == channels else {
            let one = held == 1 ? "1 channel" : "\(held) channels"
            throw TrainingError(
                .data,
                """
                the waveform "\(stored ?? "pcm")" of the shards in \(dataset.folder) has \(one), and \
                \(TrainKey.channels) is \(channels); set \(TrainKey.channels) to \(held), or \
                \(stored == nil ? "ingest.pcm.channels" : "the channels in ingest.waveforms") to \(channels) and run \(ingest)
                """)
        }
        return rate
    }
}

private final class WaveformReader: InputReader {
    /// What becomes of each 16-bit sample, from -32768 on.
    private static let compressed: [Float] = (-32_768...32_767).map { sample in
        let value = Double(sample) / 32_767
        return Float((value < 0 ? -1 : 1) * log(1 + 255 * min(1, abs(value))) / log(256))
    }

    private let stored: String?
    private let channels: Int
    private let seconds: Double
    private let volume: Double
    private let augmentation: Augmentation

    init(_ stored: String?, channels: Int, seconds: Double, volume: Double, _ augmentation: Augmentation) {
        self.stored = stored
        self.channels = channels
        self.seconds = seconds
        self.volume = volume
        self.augmentation = augmentation
    }

    func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
        let values = output.assumingMemoryBound(to: Float.self)
        let count = values.count / channels
        guard let clip = sample.reader.waveform(stored, of: sample.pair, seconds: seconds), clip.rows.count == count,
            clip.channels == channels
        else { throw TrainingError(.data, "the sound ends too early") }
        let gain = gain(at: sample.position)
        try clip.withSamples { samples in
            Self.compressed.withUnsafeBufferPointer { compressed in
                for channel in 0..<channels {
                    for index in 0..<count {
                        var sample = Int(samples[index * channels + channel])
                        // Louder than full scale is clipped, as a recording would be.
                        if gain != 1 { sample = max(-32_768, min(32_767, Int((Float(sample) * gain).rounded()))) }
                        values[channel * count + index] = compressed[sample + 32_768]
                    }
                }
            }
        }
    }

    private func gain(at position: Int) -> Float {
        guard volume > 0, var random = augmentation.random(at: position, for: "volume") else { return 1 }
        return Float(random.uniform(1 - volume...1 + volume))
    }
}
