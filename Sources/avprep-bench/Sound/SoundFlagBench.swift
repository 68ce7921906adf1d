import AVPrepAudio
import AVPrepCases
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The quality of the audio flags and of the audio-visual skew estimate, on cases with known truth.
struct SoundFlagBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sound-flags",
        abstract: "Measure the audio flags and the skew estimate on generated cases.",
        discussion: """
            For each flag there are as many cases with the flaw as cases without it that come close. Skews are planted in \
            practice videos, which are ingested; every third has none. Clips given here are ingested too: their estimates \
            are printed, and how often the video of one seems to match the audio of another.
            """)

    @Argument(help: "Real clips whose skew is estimated.")
    var clips: [String] = []

    @Option(help: "Cases of each flag with the flaw, and as many without.")
    var cases = 200

    @Option(help: "Practice videos for skews.")
    var videos = 60

    func run() throws {
        print(try flags())
        let folder = NSTemporaryDirectory() + "avprep-sound-flags-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if videos > 0 { print(try skews(in: folder + "/planted")) }
        if clips.count > 1 { print(try MismatchedSkews(clips).table()) }
        for line in try estimates(in: folder + "/real") { print(line) }
    }

    // MARK: - Flags

    private func flags() throws -> String {
        var rows = [["flag", "cases", "found", "false", "F1", "period within 2 %"]]
        let flaws = try AudioQualityDetector(
            settings: AudioQualitySettings(), sampleRate: SoundCase.sampleRate, channels: 2)
        var seconds = 0.0
        let start = ProcessCost.cpuSeconds
        for kind in SoundCase.Kind.allCases {
            guard let bit = SegmentFlags.names.firstIndex(of: kind.rawValue) else { continue }
            let flag = SegmentFlags(rawValue: 1 << UInt32(bit))
            var (found, wrong, periods) = (0, 0, 0)
            for number in 0..<cases {
                for isFlawed in [true, false] {
                    let sound = SoundCase(kind, number: number, isFlawed: isFlawed)
                    let before = ProcessCost.cpuSeconds
                    var finding = sound.samples.withUnsafeBufferPointer { flaws.find(in: $0) }
                    seconds += ProcessCost.cpuSeconds - before
                    let level = sound.samples.withUnsafeBufferPointer { AudioLevel(of: $0) }
                    if level.isSilent(below: IngestSettings().silenceDecibels) { finding.flags.insert(.silent) }
                    guard finding.flags.contains(flag) else { continue }
                    if isFlawed { found += 1 } else { wrong += 1 }
                    if let period = sound.periodSeconds, let measured = finding.measures[.period],
                        abs(Double(measured) / period - 1) < 0.02
                    {
                        periods += 1
                    }
                }
            }
            rows.append([
                kind.rawValue, "\(cases) + \(cases)", "\(found)", "\(wrong)",
                String(format: "%.3f", 2 * Double(found) / Double(2 * found + wrong + cases - found)),
                kind == .periodicSound ? "\(periods)" : "",
            ])
        }
        let length = Double(2 * cases * SoundCase.Kind.allCases.count) * 8
        return TextTable.text(rows)
            + String(
                format: "\n%.2f ms of CPU per second of audio, of %.1f s in total\n", seconds / length * 1e3,
                ProcessCost.cpuSeconds - start)
    }

    // MARK: - Skews

    private func settings() -> PipelineSettings {
        var settings = PipelineSettings()
        settings.ingest.flow.method = .off
        settings.ingest.cameraMotion.enabled = false
        settings.ingest.video.shortSide = 128
        return settings
    }

    private func skews(in folder: String) throws -> String {
        var settings = settings()
        settings.synth.seconds = 10
        settings.synth.fps = 25
        settings.synth.width = 256
        settings.synth.height = 144
        try AtomicFile.makeFolder(folder + "/videos")
        var truth: [Double] = []
        var random = SeededRandom(seed: 1, for: "skews")
        for number in 0..<videos {
            let size = random.uniform(0.15...0.8)
            let skew = number % 3 == 0 ? 0 : number % 3 == 1 ? size : -size
            let plan = SynthVideo.plan(
                settings.synth, number: number,
                cues: skew == 0 ? [] : [.skew(.init(mode: .content, seconds: skew))])
            truth.append(skew)
            try SynthRenderer.render(plan, to: "\(folder)/videos/\(number).mp4")
        }
        var (sure, right, flagged, wrong) = (0, 0, 0, 0)
        var errors: [Double] = []
        for segment in try segments(folder, settings) {
            guard let number = Int(segment.source.split(separator: "/").last?.prefix { $0.isNumber } ?? "") else {
                continue
            }
            if segment.flags.contains(.skewed) {
                if truth[number] == 0 { wrong += 1 } else { flagged += 1 }
            }
            guard let estimate = segment.measures[.skewEstimate], let confidence = segment.measures[.skewConfidence],
                Double(confidence) >= settings.ingest.skew.minConfidence
            else { continue }
            let error = abs(Double(estimate) - truth[number])
            sure += 1
            if error < 0.06 { right += 1 }
            errors.append(error)
        }
        errors.sort()
        let rows = [
            ["videos", "skewed", "flagged", "falsely flagged", "sure", "of those within 60 ms", "median error"],
            [
                "\(videos)", "\(truth.count { $0 != 0 })", "\(flagged)", "\(wrong)", "\(sure)", "\(right)",
                errors.isEmpty ? "" : String(format: "%.0f ms", errors[errors.count / 2] * 1e3),
            ],
        ]
        return TextTable.text(rows)
    }

    private func estimates(in folder: String) throws -> [String] {
        guard !clips.isEmpty else { return [] }
        var settings = settings()
        settings.corpus.paths = clips
        return try segments(folder, settings).map { segment in
            let file = segment.source.split(separator: "/").last.map(String.init) ?? segment.source
            let measures = [SegmentMeasure.startSkew, .skewEstimate, .skewConfidence, .period, .periodConfidence]
                .compactMap { measure in
                    segment.measures[measure].map { "\(measure.rawValue) \(String(format: "%.3f", $0))" }
                }
            return "\(file) at \(String(format: "%.1f", segment.startSeconds)) s: "
                + (measures + segment.flags.setNames).joined(separator: ", ")
        }
    }

    /// Ingests the corpus and returns its segments.
    private func segments(_ folder: String, _ settings: PipelineSettings) throws -> [Segment] {
        try AtomicFile.makeFolder(folder)
        let workspace = Workspace(folder: folder, settings: settings)
        _ = try IngestStage.run(workspace, StageContext())
        let prepared = "\(folder)/\(settings.folders.prepared)"
        let files = (FileManager.default.enumerator(atPath: prepared)?.compactMap { $0 as? String } ?? []).sorted()
        return try files.filter { $0.hasSuffix(".h5") }.flatMap {
            try StoreReader(path: "\(prepared)/\($0)").segments.map(\.segment)
        }
    }
}
