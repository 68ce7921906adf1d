import AVPrepAudio
import AVPrepClips
import AVPrepCore
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import Foundation

/// Clips of the sound of recordings and films, as a network hears them: decoded, transformed and cut as ingest and the trainer do.
final class SoundClips {
    /// Longer sound would take gigabytes of memory.
    static let longestHours = 3.0
    /// Time that a pass advances by; what is left of the last step is not heard.
    private static let stepsPerSecond = 200.0

    /// The clips of one file.
    struct Clips {
        /// `[clip, row, bin]`, not normalised.
        let values: [Float]
        let rows: Int
        let spans: [(start: Double, end: Double)]
        /// Whether the file is shorter than a clip, and silence follows it.
        let isPadded: Bool
    }

    private let opener: MediaOpener
    private let transform: Spectrogram
    private let workspace: Spectrogram.Workspace
    private let stored: StoreLayout.Spectrogram
    private let seconds: Double
    private let count: Int
    private let cancellation: Cancellation

    /// - Parameters:
    ///   - spectrogram: the name of the kind in `ingest.spectrograms`.
    ///   - seconds: length of a clip.
    ///   - count: clips of a file, at equal steps from its first to its last; of one, that in the middle.
    /// - Throws: ``Failure`` (65) when the settings have no such spectrogram.
    init(
        _ settings: IngestSettings, spectrogram: String, seconds: Double, count: Int, cancellation: Cancellation
    ) throws {
        guard let kind = settings.spectrograms.first(where: { $0.name == spectrogram }) else {
            let names = settings.spectrograms.map(\.name).joined(separator: ", ")
            throw Failure(
                """
                the run hears the spectrogram \(spectrogram), and ingest.spectrograms has \(names.isEmpty ? "none" : names); use \
                the pipeline file that it was trained with
                """, exitStatus: .badInput)
        }
        opener = try MediaOpener(settings.isolation, limits: settings.limits, cancellation: cancellation)
        transform = try Spectrogram(kind, wisdom: settings.wisdom)
        workspace = transform.makeWorkspace()
        guard let layout = settings.layout([transform]).spectrogram(spectrogram) else {
            preconditionFailure("the layout has the spectrograms that it was made for")
        }
        stored = layout
        self.seconds = seconds
        self.count = count
        self.cancellation = cancellation
    }

    /// - Throws: `MediaError`, ``Failure`` for what cannot be heard; `CancellationError`.
    ///
    /// - Parameter range: the part of the file that is heard; nil: all of it.
    func clips(of path: BytePath, range: TimeRange? = nil) throws -> Clips {
        let file = try LocalFile(path: path)
        let source = try opener.open(file, range: range)
        defer { _ = opener.close() }
        guard source.info.audio != nil else {
            throw Failure("\(file.path) has no sound", exitStatus: .badInput)
        }
        let rate = transform.settings.sampleRate
        let collector = SampleCollector(limit: Int(Self.longestHours * 3600) * rate, path: file.path)
        var request = DecodeRequest(
            fps: Self.stepsPerSecond, shortSide: nil, audio: [AudioFormat(sampleRate: rate, channels: 1)])
        request.isSoundAlone = true
        _ = try source.decode(request, to: collector)
        try cancellation.check()
        return try cut(collector.samples, file.path)
    }

    private func cut(_ heard: [Float], _ path: String) throws -> Clips {
        var samples = heard
        let rate = Double(transform.settings.sampleRate)
        guard !samples.isEmpty else { throw Failure("\(path) has no sound that can be heard", exitStatus: .badInput) }
        let needed = Int((seconds * rate).rounded(.up))
        let isPadded = samples.count < needed
        if isPadded { samples += [Float](repeating: 0, count: needed - samples.count) }
        let length = transform.frameCount(samples: samples.count) * transform.bins
        let rows = samples.withUnsafeBufferPointer { samples in
            [Float](unsafeUninitializedCapacity: length) { buffer, initialized in
                _ = transform.compute(samples, into: UnsafeMutableBufferPointer(rebasing: buffer[..<length]), workspace)
                initialized = length
            }
        }
        let last = max(0, Double(samples.count) / rate - seconds)
        var values: [Float] = []
        var spans: [(start: Double, end: Double)] = []
        for number in 0..<count {
            let start = count == 1 ? last / 2 : last * Double(number) / Double(count - 1)
            guard let clip = SpectrogramClip.cut(rows, as: stored, start: start, seconds: seconds) else {
                throw Failure(
                    "\(path): its \(stored.name) ends before \(start.shortText) s + \(seconds.shortText) s",
                    exitStatus: .badInput)
            }
            values += clip
            spans.append((start, start + seconds))
        }
        guard values.allSatisfy(\.isFinite) else {
            throw Failure("\(path): its spectrogram holds values that are not finite", exitStatus: .badInput)
        }
        return Clips(values: values, rows: values.count / count / stored.bins, spans: spans, isPadded: isPadded)
    }
}

/// Keeps all samples of a pass.
private final class SampleCollector: DecodeConsumer {
    private(set) var samples: [Float] = []
    private let limit: Int
    private let path: String

    init(limit: Int, path: String) {
        self.limit = limit
        self.path = path
    }

    func consume(frame picture: PixelBuffer, index: Int) {}

    func consume(samples more: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        guard samples.count + more.count <= limit else {
            throw Failure(
                "\(path) has more than \(SoundClips.longestHours.shortText) hours of sound; cut it into parts",
                exitStatus: .badInput)
        }
        samples.append(contentsOf: more)
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) {}
    func consume(repair: AudioRepair, ofFrame index: Int) {}
}
