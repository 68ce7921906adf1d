import AVPrepAudio
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import Foundation

/// The cost of the libraries' own work on a clip, each kernel by itself: a lower bound for ingest.
struct KernelCosts {
    /// CPU seconds by kernel, in the order of the data flow.
    private(set) var seconds: [(kernel: String, seconds: Double)] = []
    private(set) var videoSeconds = 0.0

    var total: Double { seconds.reduce(0) { $0 + $1.seconds } }

    /// Adds the cost of one clip under `settings`.
    mutating func add(_ path: String, _ settings: IngestSettings) throws {
        let media = try measure("decode, scale, resample") { try MediaFile(path: path) { false } }
        let collector = Collector(formats: settings.audioFormats)
        // The timed pass discards its pictures; another pass keeps them for the kernels below.
        let request = DecodeRequest(
            fps: settings.video.fps, shortSide: settings.video.shortSide, audio: settings.audioFormats)
        let summary = try measure("decode, scale, resample") { try media.decode(request, to: Discarder()) }
        videoSeconds += Double(summary.frameCount) / settings.video.fps
        _ = try MediaFile(path: path) { false }.decode(request, to: collector)
        let frames = try measure("border probe") {
            try MediaFile(path: path) { false }.spreadFrames(count: settings.borders.frames)
        }
        _ = measure("border probe") { BlackBorder.detect(in: frames.map(\.picture), settings: settings.borders) }
        guard let first = collector.frames.first else { return }

        let encoder = try JPEGEncoder(quality: settings.video.quality)
        try measure("frame JPEG") { for frame in collector.frames { try encoder.withEncoded(frame) { _ in } } }
        let greys = collector.frames.map { _ in PixelBuffer(width: first.width, height: first.height, channels: 1) }
        try measure("grey") {
            for (frame, grey) in zip(collector.frames, greys) { try Grey.convert(frame, into: grey) }
        }
        try addFlow(greys, settings, encoder)
        if settings.cameraMotion.enabled {
            let length = Int(settings.segmentSeconds * settings.video.fps)
            let estimator = CameraMotionEstimator(
                settings: settings.cameraMotion, fps: settings.video.fps, width: first.width, height: first.height)
            for start in stride(from: 0, to: greys.count, by: length) {
                let segment = Array(greys[start..<min(start + length, greys.count)])
                _ = try measure("camera motion") { try estimator.estimate(greys: segment) }
            }
        }
        for kind in settings.spectrograms { try addSpectrogram(kind, collector, settings) }
    }

    private mutating func addFlow(_ greys: [PixelBuffer], _ settings: IngestSettings, _ encoder: JPEGEncoder) throws {
        guard settings.flow.method != .off, let first = greys.first else { return }
        let estimator = try FlowEstimator(settings: settings.flow, width: first.width, height: first.height)
        let quantiser = FlowQuantiser(bound: settings.flow.bound)
        let field = FlowField(width: first.width, height: first.height)
        let planes = PixelBuffer(width: first.width, height: 2 * first.height, channels: 1)
        for (from, to) in zip(greys, greys.dropFirst()) {
            try measure("flow") { try estimator.compute(from: from, to: to, into: field) }
            try measure("flow to JPEG") {
                quantiser.encode(field, into: planes)
                try encoder.withEncoded(planes) { _ in }
            }
        }
    }

    private mutating func addSpectrogram(
        _ kind: SpectrogramSettings, _ collector: Collector, _ settings: IngestSettings
    ) throws {
        let transform = try Spectrogram(kind)
        let workspace = transform.makeWorkspace()
        let format = AudioFormat(sampleRate: kind.sampleRate, channels: 1)
        guard let samples = settings.audioFormats.firstIndex(of: format).map({ collector.samples[$0] }) else { return }
        var values = [Float](repeating: 0, count: transform.frameCount(samples: samples.count) * transform.bins)
        measure("spectrograms") {
            samples.withUnsafeBufferPointer { samples in
                values.withUnsafeMutableBufferPointer { transform.compute(samples, into: $0, workspace) }
            }
        }
    }

    @discardableResult
    private mutating func measure<Result>(_ kernel: String, _ body: () throws -> Result) rethrows -> Result {
        let start = ProcessCost.cpuSeconds
        let result = try body()
        let cost = ProcessCost.cpuSeconds - start
        if let index = seconds.firstIndex(where: { $0.kernel == kernel }) {
            seconds[index].seconds += cost
        } else {
            seconds.append((kernel, cost))
        }
        return result
    }
}

/// Resources used by this process and by its ended child processes.
enum ProcessCost {
    /// CPU seconds of all threads, in user and system mode.
    static var cpuSeconds: Double {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { preconditionFailure("no CPU clock") }
        var children = rusage()
        getrusage(RUSAGE_CHILDREN.rawValue, &children)
        let elsewhere = [children.ru_utime, children.ru_stime].reduce(0.0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 + elsewhere
    }

    /// Resets the peak of resident memory (Linux, proc(5): clear_refs).
    static func resetPeak() {
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
        file.write(Data("5".utf8))
    }

    /// Peak of resident memory since ``resetPeak()``, in MiB; NaN where the system does not report it.
    static var peakMegabytes: Double {
        let text = String(decoding: FileManager.default.contents(atPath: "/proc/self/status") ?? Data(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map { $0 / 1024 }
            ?? .nan
    }
}

/// Consumes a decode pass and discards everything.
final class Discarder: DecodeConsumer {
    func consume(frame picture: PixelBuffer, index: Int) {}
    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
}

/// Consumes a decode pass and keeps everything.
private final class Collector: DecodeConsumer {
    private(set) var frames: [PixelBuffer] = []
    /// By format, interleaved.
    private(set) var samples: [[Float]]

    init(formats: [AudioFormat]) { samples = formats.map { _ in [] } }

    func consume(frame picture: PixelBuffer, index: Int) {
        let copy = PixelBuffer(width: picture.width, height: picture.height, channels: picture.channels)
        copy.copyPixels(from: picture)
        frames.append(copy)
    }

    func consume(samples piece: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {
        samples[format].append(contentsOf: piece)
    }
}
