import AVPrepAudio
import AVPrepCases
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The quality of the audio flags, on cases with known truth.
struct SoundFlagBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sound-flags",
        abstract: "Measure the audio flags on generated cases.",
        discussion: """
            For each flag there are as many cases with the flaw as cases without it that come close. Clips given here \
            are ingested: their measures of sound and sync are printed.
            """)

    @Argument(help: "Real clips.")
    var clips: [String] = []

    @Option(help: "Cases of each flag with the flaw, and as many without.")
    var cases = 200

    func run() throws {
        print(try flags())
        let folder = NSTemporaryDirectory() + "avprep-sound-flags-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
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

    // MARK: - Clips

    private func settings() -> PipelineSettings {
        var settings = PipelineSettings()
        settings.ingest.flow.method = .off
        settings.ingest.cameraMotion.enabled = false
        settings.ingest.video.shortSide = 128
        return settings
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
