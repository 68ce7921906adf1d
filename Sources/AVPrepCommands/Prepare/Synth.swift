package import ArgumentParser

/// `avprep synth`.
package struct Synth: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Make a practice corpus: real videos whose moving objects make sounds at visible moments.",
        discussion: """
            truth.json beside the videos says what each of them shows, and when. No pipeline file is needed. Examples:

              avprep synth videos --videos 80 --seed 7
              avprep synth cues --cues 1 --seconds 10     every video with a planted cue
              avprep synth arrow --set synth.kind=arrow   silent things that fall, bounce, break and spread
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Argument(help: "The folder to make; default: the first of corpus.paths.")
    package var folder: String?

    @Option(name: .long, help: "Videos to make.")
    package var videos: Int?

    @Option(name: .long, help: "Length of each, in seconds.")
    package var seconds: Double?

    @Option(name: .long, help: "0: few objects, plain and loud; 1: many, textured, noisy.")
    package var difficulty: Double?

    @Option(name: .long, help: "Fraction of videos with planted cues.")
    package var cues: Double?

    @Option(name: .long, help: "Seed of everything random.")
    package var seed: Int?

    @Option(name: [.short, .long], help: "Videos made at a time; 0: one per core.")
    package var workers: Int?

    package init() {}
}
