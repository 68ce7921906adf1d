import AVPrepDecoder
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The cost of decoding in sandboxed processes: the same clips with and without them, alternating.
struct IsolationCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isolation",
        abstract: "Compare ingest with and without decoder processes.",
        discussion: """
            CPU time of this process and of those it started, the minimum of each candidate. Without files a practice \
            corpus is made.
            """)

    @Argument(help: "Clips, of seconds rather than minutes.")
    var files: [String] = []

    @Option(help: "Number of turns.")
    var repeats = 5

    func run() throws {
        try PracticeClips.with(files, measure)
    }

    private func measure(_ clips: PracticeClips) throws {
        var settings = clips.settings
        var start = Double.infinity
        var decode = Pair()
        var ingest = Pair()
        for _ in 0..<max(1, repeats) {
            start = min(start, try seconds { _ = try DecoderClient().protection() })
            decode.within = min(decode.within, try seconds { try decodeAll(clips.paths, settings.ingest, on: nil) })
            decode.apart = min(
                decode.apart, try seconds { try decodeAll(clips.paths, settings.ingest, on: DecoderClient()) })
            for isolation in IngestSettings.Isolation.allCases {
                settings.ingest.isolation = isolation
                let cost = try clips.ingest(settings)
                switch isolation {
                case .none: ingest.within = min(ingest.within, cost)
                case .process: ingest.apart = min(ingest.apart, cost)
                }
            }
        }
        func row(_ name: String, _ pair: Pair) -> [String] {
            [name] + [pair.within, pair.apart].map { String(format: "%.3f", $0) }
                + [String(format: "%.3f", pair.apart / pair.within)]
        }
        print(
            TextTable.text([
                ["\(clips.paths.count) clips", "in this process, CPU s", "in decoder processes", "ratio"],
                row("probe and decode", decode), row("ingest", ingest),
            ]))
        print(String(format: "\nstarting avprep-decode, once per worker: %.3f CPU s, included in the above", start))
    }

    /// CPU seconds of one candidate, each way.
    private struct Pair {
        var within = Double.infinity
        var apart = Double.infinity
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let before = ProcessCost.cpuSeconds
        try body()
        return ProcessCost.cpuSeconds - before
    }

    private func decodeAll(_ clips: [String], _ settings: IngestSettings, on host: DecoderClient?) throws {
        for clip in clips {
            let media: any MediaSource =
                if let host { try SandboxedMediaSource(path: clip, on: host) } else { try MediaFile(path: clip) }
            _ = try media.spreadFrames(count: settings.borders.frames)
            let request = DecodeRequest(
                fps: settings.video.fps, shortSide: settings.video.shortSide, audio: settings.audioFormats)
            _ = try media.decode(request, to: Discarder())
        }
    }
}
