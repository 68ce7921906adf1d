import AVPrepAudio
import AVPrepDuplicates
import AVPrepSettings
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The cost of cue detection: ingest with all detectors, without each one, and without any.
struct CueBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cues",
        abstract: "Compare ingest's CPU time with and without cue detection.",
        discussion: """
            Without files a practice corpus is made. The candidates alternate, and the minimum time of each counts. A \
            part's share is the time that ingest saves without it.
            """)

    @Argument(help: "Clips, of seconds rather than minutes.")
    var files: [String] = []

    @Option(help: "Number of turns.")
    var repeats = 5

    /// Ingest without some detectors.
    private struct Candidate {
        let name: String
        /// Disables the detectors.
        let change: (inout PipelineSettings) -> Void
        var seconds = Double.infinity
    }

    func run() throws { try PracticeClips.with(files, measure) }

    private func measure(_ clips: PracticeClips) throws {
        let parts = [
            Candidate(name: "borders") { $0.ingest.borders.method = .off },
            Candidate(name: "cuts, fades, dissolves") { $0.ingest.cuts.enabled = false },
            Candidate(name: "camera motion") { $0.ingest.cameraMotion.enabled = false },
            Candidate(name: "audio-visual skew") { $0.ingest.skew.searchSeconds = 0 },
            Candidate(name: "near-duplicates") { $0.duplicates.enabled = false },
        ]
        var all = Candidate(name: "ingest") { _ in }
        var none = Candidate(name: "all of them") { settings in for part in parts { part.change(&settings) } }
        var without = parts
        func time(_ candidate: inout Candidate) throws {
            var settings = clips.settings
            candidate.change(&settings)
            candidate.seconds = min(candidate.seconds, try clips.ingest(settings))
        }
        for _ in 0..<max(1, repeats) {
            try time(&all)
            for index in without.indices { try time(&without[index]) }
            try time(&none)
        }
        var rows = [["cue", "ingest without, CPU s", "share of ingest"]]
        for candidate in [all] + without + [none] {
            let share = 100 * (all.seconds - candidate.seconds) / all.seconds
            rows.append([
                candidate.name, String(format: "%.3f", candidate.seconds), String(format: "%.1f %%", share),
            ])
        }
        print(TextTable.text(rows))
    }
}
