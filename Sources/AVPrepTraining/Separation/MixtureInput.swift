import AVPrepAudio
import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTorch
import Foundation

/// A mixture of two sounds: that of a pair's pictures, and that of the pictures of another pair, of another video.
///
/// Which other one is a pure function of the pass's seed and the pair's place in it; in evaluation, of the pair itself, so that
/// every run is measured on the same mixtures. Videos that belong together (`group_id`) are never mixed. Both sounds are brought
/// to the same root mean square; silence stays silence.
struct MixtureInput: SampleInput {
    /// What of a mixture it is.
    enum Part: String, CaseIterable {
        /// Both sounds, mono: `[2, S]`.
        case sounds
        /// Loudness and phase of the mixture and of both sounds: `[3, 2, T, F]`.
        case spectra
        /// The mixture as Multisensory hears it (``WaveformInput``): `[C, S]`.
        case mixture
    }

    let part: Part
    let settings: SeparationSettings
    let waveform: MultisensorySettings

    var name: String { part.rawValue }

    private var stored: String? { waveform.waveform == "pcm" ? nil : waveform.waveform }

    func shape(in dataset: ShardDataset) throws -> InputShape {
        try settings.check()
        try checkRates(of: dataset)
        let count = settings.sampleCount
        var groups: Set<String> = []
        try dataset.forEachPair { pair, reader, path in
            let segment = reader.segments[Int(pair.videoSegment)]
            groups.insert(segment.source)
            guard ownSound(of: pair, reader)?.rows.count == count else {
                throw TrainingError(
                    .data,
                    """
                    \(path): segment \(segment.segment.segmentID) ends before \(count) samples of sound from frame \
                    \(pair.videoStartFrame) on; raise shard.pairs.clip_seconds to \
                    \((Double(count) / Double(settings.sampleRate)).shortText) or more and run `avprep shard`, or lower \
                    \(TrainKey.separationWindows)
                    """)
            }
        }
        guard groups.count >= 2 else {
            throw TrainingError(
                .data,
                """
                all clips of the set "\(dataset.set)" in the \(dataset.split.rawValue) split of \(dataset.folder) are of one \
                video or of videos that belong together, and a mixture takes two; prepare more videos
                """)
        }
        switch part {
        case .sounds: return InputShape(name: name, type: .float32, sizes: [2, count])
        case .spectra:
            return InputShape(name: name, type: .float32, sizes: [3, 2, settings.windows, settings.bins])
        case .mixture: return InputShape(name: name, type: .float32, sizes: [waveform.channels, count])
        }
    }

    private func checkRates(of dataset: ShardDataset) throws {
        let layout = dataset.reader(0).layout
        let found: (Int, Int)? =
            if let stored {
                layout.waveform(stored).map { ($0.sampleRate, $0.channels) }
            } else {
                layout.pcm.map { ($0.sampleRate, $0.channels) }
            }
        guard let (rate, channels) = found else {
            throw TrainingError(
                .data,
                """
                the shards in \(dataset.folder) hold no waveform "\(waveform.waveform)", which \
                \(TrainKey.recipe) mixes; set ingest.pcm.sr to \(settings.sampleRate) and run `avprep ingest` and `avprep shard`
                """)
        }
        func insist(_ isRight: Bool, _ key: TrainKey, _ value: Any, _ what: String, _ held: Any) throws {
            if !isRight {
                throw TrainingError(
                    .data, "\(key) is \(value), and the \(what) in \(dataset.folder) \(held); set \(key) to that")
            }
        }
        try insist(
            rate == settings.sampleRate, .separationSampleRate, settings.sampleRate, "sound of the shards",
            "has \(rate) samples a second")
        try insist(
            channels == waveform.channels, .channels, waveform.channels, "sound of the shards",
            "has \(channels) channels")
        try insist(
            abs(layout.fps - settings.fps) < 0.001, .separationFPS, settings.fps, "pictures of the shards",
            "have \(layout.fps.shortText) frames a second")
    }

    /// The sound that begins with a pair's pictures.
    private func ownSound(of pair: Pair, _ reader: ShardReader) -> WaveformClip? {
        reader.waveform(
            stored, segment: Int(pair.videoSegment), start: Double(pair.videoStartFrame) / reader.layout.fps,
            seconds: Double(settings.sampleCount) / Double(settings.sampleRate))
    }

    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader {
        try Reader(self, dataset, context.augmentation)
    }

    private final class Reader: InputReader {
        private let input: MixtureInput
        private let dataset: ShardDataset
        private let augmentation: Augmentation
        private var spectrum: LogSpectrum
        /// Of the pair's own sound and of the other: `[C, S]` each.
        private var own: [Float]
        private var other: [Float]
        private var mono: [Float]

        init(_ input: MixtureInput, _ dataset: ShardDataset, _ augmentation: Augmentation) throws {
            self.input = input
            self.dataset = dataset
            self.augmentation = augmentation
            spectrum = input.settings.spectrum(try input.settings.fourier)
            let count = input.settings.sampleCount
            own = Array(repeating: 0, count: input.waveform.channels * count)
            other = own
            mono = Array(repeating: 0, count: 2 * count)
        }

        func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws {
            let (pair, reader) = try partner(of: sample)
            try read(sample.pair, sample.reader, into: &own, mono: 0)
            try read(pair, reader, into: &other, mono: input.settings.sampleCount)
            let values = output.assumingMemoryBound(to: Float.self)
            switch input.part {
            case .sounds: for index in mono.indices { values[index] = mono[index] }
            case .mixture:
                for index in values.indices { values[index] = WaveformInput.compressed(own[index] + other[index]) }
            case .spectra: encode(into: values)
            }
        }

        private func encode(into values: UnsafeMutableBufferPointer<Float>) {
            let (count, planes) = (input.settings.sampleCount, 2 * spectrum.planeCount)
            var mixture = [Float](repeating: 0, count: count)
            for index in 0..<count { mixture[index] = mono[index] + mono[count + index] }
            func place(_ number: Int) -> UnsafeMutableBufferPointer<Float> {
                UnsafeMutableBufferPointer(rebasing: values[number * planes..<(number + 1) * planes])
            }
            mixture.withUnsafeBufferPointer { spectrum.encode($0, into: place(0)) }
            mono.withUnsafeBufferPointer { mono in
                spectrum.encode(UnsafeBufferPointer(rebasing: mono[..<count]), into: place(1))
                spectrum.encode(UnsafeBufferPointer(rebasing: mono[count...]), into: place(2))
            }
        }

        /// Another pair of another source.
        private func partner(of sample: Sample) throws -> (Pair, ShardReader) {
            let segment = sample.reader.segments[Int(sample.pair.videoSegment)]
            var random =
                augmentation.random(at: sample.position, for: "mixture")
                ?? SeededRandom(
                    seed: UInt64(UInt32(bitPattern: sample.pair.videoStartFrame)),
                    for: "mixture/\(segment.segment.segmentID)/\(sample.pair.kind.rawValue)")
            for _ in 0..<1000 {
                let (pair, _, reader) = dataset.locate(random.below(dataset.count))
                if reader.segments[Int(pair.videoSegment)].source != segment.source { return (pair, reader) }
            }
            // One source has nearly all clips: the next one that is of another.
            let first = random.below(dataset.count)
            for offset in 0..<dataset.count {
                let (pair, _, reader) = dataset.locate((first + offset) % dataset.count)
                if reader.segments[Int(pair.videoSegment)].source != segment.source { return (pair, reader) }
            }
            throw TrainingError(.data, "there is no clip of another video to mix it with")
        }

        /// - Parameter place: where its mean over channels goes in ``mono``.
        private func read(_ pair: Pair, _ reader: ShardReader, into channels: inout [Float], mono place: Int) throws {
            let count = input.settings.sampleCount
            guard let clip = input.ownSound(of: pair, reader), clip.rows.count == count,
                clip.channels == input.waveform.channels
            else { throw TrainingError(.data, "the sound ends too early") }
            let width = clip.channels
            var energy = 0.0
            try clip.withSamples { samples in
                for index in 0..<count {
                    var sum: Float = 0
                    for channel in 0..<width {
                        let value = Float(samples[index * width + channel]) / 32_768
                        channels[channel * count + index] = value
                        sum += value
                    }
                    mono[place + index] = sum / Float(width)
                    energy += Double(mono[place + index] * mono[place + index])
                }
            }
            let level = (energy / Double(count)).squareRoot()
            let gain = level > 0 ? Float(input.settings.level / level) : 1
            for index in channels.indices { channels[index] *= gain }
            for index in place..<place + count { mono[index] *= gain }
        }
    }
}

extension SeparationSettings {
    /// Of a clip's sound; belongs to one thread.
    func spectrum(_ fourier: ShortTimeFourier) -> LogSpectrum {
        LogSpectrum(fourier, frames: windows, decibels: Float(quietest)...Float(loudest))
    }

    /// - Throws: ``TrainingError`` for sizes that make no transform.
    var fourier: ShortTimeFourier {
        get throws {
            do {
                return try ShortTimeFourier(window: window, step: step, length: fft)
            } catch {
                throw TrainingError(.settings, "\(TrainKey.separationFFT): \(error)")
            }
        }
    }
}

extension StoredSegment {
    /// Stands for all videos that belong together with its own.
    fileprivate var source: String { groupID.isEmpty ? segment.videoID : groupID }
}

extension WaveformInput {
    /// What Multisensory hears of a sample; louder ones than full scale are clipped.
    static func compressed(_ sample: Float) -> Float {
        let size = log(1 + 255 * min(1, abs(sample))) / log(256)
        return sample < 0 ? -size : size
    }
}
