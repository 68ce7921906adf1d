import AVPrepAudio
import AVPrepCases
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import AVPrepSynth
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// How often the audio-visual skew estimate is sure, and right, on recordings in sync and with planted offsets.
struct SkewBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skew",
        abstract: "Measure the audio-visual skew estimate in sync and at planted offsets.",
        discussion: """
            Parts of ten seconds, one every second, of the clips given here, which must be in sync; of films of actions \
            whose sound is not where the picture changes most; and of practice videos. Offsets are planted by moving \
            the sound. Parts of one clip are not independent, so clips are counted too. The clips' pictures are also \
            compared with the sound of other clips.
            """)

    @Argument(help: "Real clips in sync.")
    var clips: [String] = []

    @Option(help: "Films of each kind of action.")
    var actions = 100

    @Option(help: "Practice videos.")
    var videos = 60

    @Option(help: "Number of the first action and practice video: others than those used to choose thresholds.")
    var first = 1000

    /// Planted offsets, in seconds.
    private static let offsets = [0, -0.8, -0.4, -0.2, -0.1, 0.1, 0.2, 0.4, 0.8]

    private var settings: SkewSettings { SkewSettings() }

    func run() throws {
        var rows = [["recordings", "offset, ms", "parts", "sure", "of those within 80 ms", "flagged", "clips flagged"]]
        let recordings = try clips.map { try SkewRecording(path: $0) }
        if !recordings.isEmpty { rows += try table("real clips", recordings, inSyncEvery: 1) }
        if videos > 0 { rows += try table("practice videos", try practice(), inSyncEvery: 1) }
        if actions > 0 {
            for kind in ActionKind.allCases {
                let films = (first..<first + actions).map { SkewRecording(kind, number: $0) }
                rows += try table(kind.rawValue, films, inSyncEvery: 2)
            }
        }
        print(TextTable.text(rows))
        if recordings.count > 1 { print(try mismatched(recordings)) }
    }

    private func table(_ name: String, _ recordings: [SkewRecording], inSyncEvery step: Double) throws -> [[String]] {
        try Self.offsets.map { offset in
            var (parts, sure, right, flagged) = (0, 0, 0, 0)
            var wrong: Set<String> = []
            for recording in recordings {
                for part in recording.parts(every: offset == 0 ? step : 5, skew: offset) {
                    parts += 1
                    let skew = SkewRecording.estimate(
                        try recording.events(part), try recording.onsets(part), settings)
                    guard let skew, skew.confidence >= settings.minConfidence else { continue }
                    sure += 1
                    if abs(skew.seconds - offset) <= 0.08 { right += 1 }
                    guard abs(skew.seconds) > settings.maxSeconds else { continue }
                    flagged += 1
                    wrong.insert(recording.source)
                }
            }
            var clips = "\(wrong.count) of \(recordings.count)"
            if offset == 0 {
                clips += String(format: ", at most %.1f %%", 100 * Self.upperBound(wrong.count, of: recordings.count))
            }
            return [
                name, String(format: "%.0f", offset * 1e3), "\(parts)", "\(sure)", "\(right)", "\(flagged)", clips,
            ]
        }
    }

    /// The largest share of which at most `count` of `total` would be seen in one trial of twenty: where none was seen,
    /// the rule of three.
    private static func upperBound(_ count: Int, of total: Int) -> Double {
        guard count < total else { return 1 }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
            let share = (low + high) / 2
            let sum = (0...count).reduce(0.0) { sum, seen in
                let ways = lgamma(Double(total + 1)) - lgamma(Double(seen + 1)) - lgamma(Double(total - seen + 1))
                return sum + exp(ways + Double(seen) * log(share) + Double(total - seen) * log1p(-share))
            }
            if sum > 0.05 { low = share } else { high = share }
        }
        return high
    }

    private func practice() throws -> [SkewRecording] {
        let folder = NSTemporaryDirectory() + "avprep-skew-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var synth = SynthSettings()
        (synth.seconds, synth.fps, synth.width, synth.height) = (12, 25, 256, 144)
        return try (first..<first + videos).map { number in
            let path = "\(folder)/\(number).mp4"
            try SynthRenderer.render(SynthVideo.plan(synth, number: number, cues: []), to: path)
            return try SkewRecording(path: path)
        }
    }

    /// The video of each clip with the audio of every other one: any skew estimated for them is due to chance.
    private func mismatched(_ recordings: [SkewRecording]) throws -> String {
        let parts = try recordings.flatMap { recording in
            try recording.parts(every: 5).map { part in
                (source: recording.source, events: try recording.events(part), onsets: try recording.onsets(part))
            }
        }
        var (count, estimated, sure) = (0, 0, 0)
        for picture in parts {
            for sound in parts where sound.source != picture.source {
                count += 1
                guard let skew = SkewRecording.estimate(picture.events, sound.onsets, settings) else { continue }
                estimated += 1
                if skew.confidence >= settings.minConfidence { sure += 1 }
            }
        }
        return TextTable.text([
            ["video and audio of different clips", "estimates", "confident"], ["\(count)", "\(estimated)", "\(sure)"],
        ])
    }
}
