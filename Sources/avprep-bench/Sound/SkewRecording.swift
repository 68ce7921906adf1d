import AVPrepAudio
import AVPrepCases
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepVision

/// Pictures and sound of a recording in sync, of which parts are taken with the sound moved.
struct SkewRecording {
    /// What must not be compared as if it were another recording.
    let source: String
    private let greys: [PixelBuffer]
    private let samples: [Float]
    private let settings = IngestSettings()

    private static let sampleRate = 16_000
    /// Length of the shortest part, in seconds.
    private static let leastSeconds = 4.0

    /// Decodes a file.
    init(path: String) throws {
        let collector = Collector()
        let fps = IngestSettings().video.fps
        _ = try MediaFile(path: path).decode(
            DecodeRequest(
                fps: fps, shortSide: 128, audio: [AudioFormat(sampleRate: Self.sampleRate, channels: 1)]),
            to: collector)
        source = path.split(separator: "/").last.map(String.init) ?? path
        (greys, samples) = (collector.greys, collector.samples)
    }

    init(_ action: ActionKind, number: Int) {
        let film = ActionCase(action, number: number, seconds: 12, fps: IngestSettings().video.fps)
        source = "\(action.rawValue) \(number)"
        (greys, samples) = (film.frames, film.samples)
    }

    /// A segment: its frames, and its sound.
    struct Part {
        let frames: Range<Int>
        let samples: Range<Int>
    }

    /// Parts of at most a segment's length, one every `step` seconds, whose sound is `skew` seconds later than recorded.
    func parts(every step: Double, skew: Double = 0) -> [Part] {
        let (fps, rate) = (settings.video.fps, Double(Self.sampleRate))
        let seconds = Double(greys.count) / fps
        let length = min(settings.segmentSeconds, seconds - abs(skew))
        let end = min(seconds, Double(samples.count) / rate + skew)
        guard length >= Self.leastSeconds else { return [] }
        return stride(from: max(0, skew), through: end - length + 1e-6, by: step).map { start in
            let frame = Int((start * fps).rounded())
            let sample = max(0, Int(((Double(frame) / fps - skew) * rate).rounded()))
            return Part(
                frames: frame..<min(greys.count, frame + Int(length * fps)),
                samples: sample..<min(samples.count, sample + Int(length * rate)))
        }
    }

    func events(_ part: Part) throws -> MotionEvents {
        try MotionEventDetector.events(in: Array(greys[part.frames]), fps: settings.video.fps)
    }

    func onsets(_ part: Part) throws -> [Float] {
        try OnsetEnvelope(sampleRate: Self.sampleRate).envelope(of: Array(samples[part.samples]))
    }

    /// The estimate for pictures and sound that need not belong together.
    static func estimate(_ events: MotionEvents, _ onsets: [Float], _ settings: SkewSettings) -> OnsetSkew? {
        OnsetSkew(
            events: events, onsets: onsets, onsetRate: Double(OnsetEnvelope.rate),
            searchSeconds: settings.searchSeconds)
    }
}

/// Keeps grey pictures and sound.
private final class Collector: DecodeConsumer {
    private(set) var greys: [PixelBuffer] = []
    private(set) var samples: [Float] = []

    func consume(frame picture: PixelBuffer, index: Int) throws {
        let grey = PixelBuffer(width: picture.width, height: picture.height, channels: 1)
        try Grey.convert(picture, into: grey)
        greys.append(grey)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {
        self.samples.append(contentsOf: samples)
    }
}
