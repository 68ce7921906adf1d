import AVPrepCore
import AVPrepPipeline
import ArgumentParser
import Foundation

struct Synth: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a practice corpus: real videos whose moving objects make sounds at visible moments.",
        discussion: """
            What is in each video, and when, stands in truth.json beside them. The pipeline file is not needed. Examples:

              avprep synth videos --videos 80 --seed 7
              avprep synth cues --cues 1 --seconds 10     every video with a planted cue
            """)

    @OptionGroup var options: PipelineOptions

    @Argument(help: "The folder to make; default: the first of corpus.paths.")
    var folder: String?

    @Option(name: .long, help: "Videos to make.")
    var videos: Int?

    @Option(name: .long, help: "Length of each.")
    var seconds: Double?

    @Option(name: .long, help: "0: few objects, plain and loud; 1: many, textured, noisy.")
    var difficulty: Double?

    @Option(name: .long, help: "Share of videos with planted cues.")
    var cues: Double?

    @Option(name: .long, help: "Everything is determined by this.")
    var seed: Int?

    @Option(name: [.short, .long], help: "Videos made at a time; 0: one a core.")
    var workers: Int?

    func run() throws {
        var overrides: [String] = []
        if let videos { overrides.append("synth.videos=\(videos)") }
        if let seconds { overrides.append("synth.seconds=\(seconds)") }
        if let difficulty { overrides.append("synth.difficulty=\(difficulty)") }
        if let cues { overrides.append("synth.cues=\(cues)") }
        if let seed { overrides.append("seed=\(seed)") }
        if let workers { overrides.append("workers=\(workers)") }
        let hasFile = FileManager.default.fileExists(atPath: options.pipeline)
        let isNamed = options.pipeline != PipelineFile.defaultName
        let workspace =
            hasFile || isNamed
            ? try options.workspace(overrides)
            : Workspace(
                folder: ".",
                settings: try PipelineFile.parse("", name: "defaults", overrides: options.overrides + overrides))
        let report = try SynthStage.run(workspace, folder: folder.map(Paths.absolute), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
