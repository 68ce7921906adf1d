package import AVPrepCore
import AVPrepDecoder
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
package import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Separates the sound of a film into what belongs to the picture and what does not: `avprep separate`.
package enum SeparateStage {
    /// What is asked for besides the film.
    package struct Request: Sendable {
        /// The folder for the results; nil: the film's name with `.separated`, in the working directory.
        package var folder: String?
        package var overwrites = false
        /// Whether the film is written with either sound, too.
        package var writesFilms = true
        /// Whether to compute where `train.device` says; else where the run did.
        package var takesDevice = false

        package init() {}
    }

    /// What was written.
    package struct Report: Sendable, Codable {
        package var film: String
        package var run: String
        package var weights: RunFolder.Weights
        /// Seconds of sound, and the clips that it was separated in.
        package var seconds: Double
        package var clips: Int
        package var sampleRate: Int
        package var files: [String]
        /// Why the films' pictures were encoded again; nil where they were copied.
        package var encoded: String?

        private enum CodingKeys: String, CodingKey {
            case film, run, weights, seconds, clips, files, encoded
            case sampleRate = "sample_rate"
        }

        package var text: String {
            let length = String(format: "%.1f", seconds)
            return
                (["\(film): \(length) s in \(clips) clips, \(weights.rawValue) weights of \(run)"] + files
                + (encoded.map { ["the pictures were encoded again: \($0)"] } ?? [])).joined(separator: "\n")
        }
    }

    /// Decodes the film once, in bounded memory; before, some pictures of it for its borders, which are cropped for the network
    /// as ingest crops them. The films that are written keep theirs.
    ///
    /// - Parameters:
    ///   - folder: the run's; nil for that of the settings.
    ///   - workspace: its settings say how decoding is isolated and limited, and how large pictures are.
    /// - Throws: `MediaError`, `TrainingError` and ``Failure`` in one line each; `CancellationError`. No file is left half
    ///   written, and none is left of a film that fails.
    package static func run(
        _ film: BytePath, run folder: String?, _ workspace: Workspace, _ request: Request, _ context: StageContext
    ) throws -> Report {
        let settings = workspace.settings.ingest
        let train = workspace.settings.train
        let folder = folder ?? "\(workspace.runs)/\(train.name)"
        let media = try LocalFile(path: film)
        let name = film.escaped
        let target = request.folder ?? "\((name as NSString).lastPathComponent).separated"
        let source = try open(media, settings, context)
        guard let video = source.info.video else {
            throw Failure(
                "\(name) has no picture, and what belongs to it cannot be told without; give a film",
                exitStatus: .badInput)
        }
        guard source.info.audio != nil else {
            throw Failure("\(name) has no sound: there is nothing to separate", exitStatus: .badInput)
        }
        let container = FilmCopy.container(forCodec: video.codec)
        let names = ["on.wav", "off.wav"] + (request.writesFilms ? ["on.\(container)", "off.\(container)"] : [])
        let files = names.map { "\(target)/\($0)" }
        if !request.overwrites {
            // The second two where pictures cannot be copied.
            for file in files + (request.writesFilms ? ["\(target)/on.mkv", "\(target)/off.mkv"] : [])
            where try ExistingFile.isThere(file) {
                throw Failure(
                    "\(file) is there already; give --overwrite, or another folder with --into", exitStatus: .badInput)
            }
        }
        let network = try Separator(run: folder, device: request.takesDevice ? train.device : nil)
        let probe = try BorderProbe(of: source, settings: settings.borders, policy: settings.policy)
        guard
            let plan = CropPlan(
                probe, of: source, shortSide: settings.video.shortSide > 0 ? settings.video.shortSide : nil)
        else { throw Failure("\(name) has no picture left after cropping", exitStatus: .badInput) }
        let separator = NetworkSeparator(network, plan)
        try AtomicFile.makeFolder(target)
        let report = try write(media, source, separator, files, container, context)
        return Report(
            film: name, run: folder, weights: separator.network.weights,
            seconds: Double(report.samples) / Double(separator.sampleRate), clips: report.clips,
            sampleRate: separator.sampleRate, files: report.files, encoded: report.encoded)
    }

    /// Writes all files under temporary names, and renames them when all are complete.
    private static func write(
        _ media: LocalFile, _ source: any MediaSource, _ separator: NetworkSeparator, _ files: [String],
        _ container: String, _ context: StageContext
    ) throws -> (samples: Int, clips: Int, files: [String], encoded: String?) {
        var files = files
        let temporary = files.map(AtomicFile.temporaryPath)
        do {
            let sounds = try (0..<2).map {
                try SoundFile(path: temporary[$0], name: files[$0], sampleRate: separator.sampleRate)
            }
            let progress = ProgressReporter("separate", unit: "s", style: context.progress)
            let length = Int((source.info.askedSeconds ?? 0).rounded(.up))
            let consumer = WindowedSeparation(separator, startSeconds: source.info.commonStartSeconds) { on, off in
                try sounds[0].write(on)
                try sounds[1].write(off)
            } progress: { seconds in
                let done = Int(seconds)
                progress.update(done: min(done, max(length, 1) - 1), total: max(length, 1))
            }
            let format = AudioFormat(sampleRate: separator.sampleRate, channels: separator.channels)
            _ = try source.decode(
                DecodeRequest(
                    fps: separator.fps, crop: separator.plan.crop, shortSide: separator.plan.shortSide, audio: [format]),
                to: consumer)
            try context.cancellation.check()
            try consumer.finish()
            guard consumer.sampleTotal > 0 else {
                throw Failure(
                    "\(media.path): picture and sound have not one frame in common; there is nothing to separate",
                    exitStatus: .badInput)
            }
            for sound in sounds { try sound.finish() }
            var encoded: String?
            for (place, file) in temporary.enumerated().dropFirst(2) {
                let sound = sounds[place - 2]
                do {
                    try copy(media, source, sound, separator.sampleRate, to: file, container, context)
                } catch let error as MediaError where error.code == .encode {
                    encoded = error.description
                    files[place] = (files[place] as NSString).deletingPathExtension + ".mkv"
                    try sound.rewindToSamples()
                    try encode(source, sound, separator.sampleRate, to: file)
                }
            }
            for (file, name) in zip(temporary, files) { try AtomicFile.commit(file, to: name) }
            progress.update(done: max(length, 1), total: max(length, 1))
            progress.finish()
            return (consumer.sampleTotal, consumer.clips, files, encoded)
        } catch {
            for file in temporary { _ = unlink(file) }
            throw error
        }
    }

    private static func copy(
        _ media: LocalFile, _ source: any MediaSource, _ sound: SoundFile, _ sampleRate: Int, to file: String,
        _ container: String, _ context: StageContext
    ) throws {
        let cancellation = context.cancellation
        try FilmCopy.write(
            media, stream: source.info.video?.index ?? 0, sampleRate: sampleRate,
            startSeconds: source.info.commonStartSeconds, filmStart: source.info.filmStartSeconds, to: file,
            container: container,
            isCancelled: { cancellation.isCancelled }, samples: sound.read)
    }

    private static func encode(_ source: any MediaSource, _ sound: SoundFile, _ sampleRate: Int, to file: String) throws
    {
        guard let size = source.outputSize(crop: .none, shortSide: nil) else { return }
        let stated = source.info.video?.averageFrameRate ?? 25
        let fps = stated >= 1 && stated <= 240 ? stated : 25
        let encoder = try FilmEncoder(
            path: file, size: size, fps: fps, startSeconds: source.info.commonStartSeconds, sound: sound,
            sampleRate: sampleRate)
        _ = try source.decode(DecodeRequest(fps: fps, shortSide: nil, audio: []), to: encoder)
        try encoder.finish()
    }

    private static func open(_ file: LocalFile, _ settings: IngestSettings, _ context: StageContext) throws
        -> any MediaSource
    {
        let cancellation = context.cancellation
        switch settings.isolation {
        case .process:
            return try SandboxedMediaSource(file, on: DecoderClient(), limits: settings.limits) {
                cancellation.isCancelled
            }
        case .none: return try MediaFile(file, limits: settings.limits) { cancellation.isCancelled }
        }
    }
}

/// A trained run as what separates clips.
private final class NetworkSeparator: ClipSeparator {
    let network: Separator
    let plan: CropPlan
    private let pictures: FramedPictures

    init(_ network: Separator, _ plan: CropPlan) {
        self.network = network
        self.plan = plan
        pictures = FramedPictures(plan)
    }

    var sampleCount: Int { network.settings.sampleCount }
    var sampleRate: Int { network.settings.sampleRate }
    var fps: Double { network.settings.fps }
    var channels: Int { network.channels }

    var spanFrames: Int {
        let heard = Int((Double(sampleCount) / Double(sampleRate) * fps).rounded(.up))
        return max(1, network.frames > 0 ? (network.frames - 1) * network.frameStep + 1 : heard)
    }

    func kept(_ picture: PixelBuffer, at seconds: Double) throws -> [UInt8] {
        network.frames > 0 ? network.square(of: try pictures.picture(in: picture, at: seconds)) : []
    }

    func separate(_ pictures: [[UInt8]], _ sound: [Float]) throws -> (on: [Float], off: [Float]) {
        let seen = (0..<network.frames).flatMap { pictures[$0 * network.frameStep] }
        return try network.separate(pictures: seen, sound: sound)
    }
}
