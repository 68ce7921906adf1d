package import ArgumentParser

/// `avprep audit`.
package struct Audit: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Ask by measurement whether the shards carry cues by which a network could cheat.",
        discussion: """
            Small probes, each with a view of the pairs that must not tell anything (the strips at the edges, the camera's \
            motion, codec, timing, loudness, picture alone, sound alone, row order), try to tell positives from negatives, and \
            clips from the same clips played backwards. Every pair is told by a model that has not seen its videos. A row \
            leaks when it is right for certain, at a false alarm rate of 1 % for the whole audit, and by more than \
            --min-effect. "finds from" is the accuracy that would have been found, four times out of five. What shows at the edges \
            may tell the direction of time because it shows everywhere; where strips in the middle of the picture tell as much, \
            the row is "content" and no leak. Examples:

              avprep audit
              avprep audit --for mixed --limit 20000
              avprep audit --probe border --probe global-motion --ask direction
              avprep audit --json

            Exit codes: 0 at chance, 65 something leaks, 2 nothing leaks, but some rows have too few videos to tell.
            """)

    @OptionGroup package var options: PipelineOptions

    @Option(
        name: .customLong("for"), help: ArgumentHelp("A pair set; again for more. Without it: all.", valueName: "set"))
    package var sets: [String] = []

    @Option(name: .customLong("split"), help: "train, val or test; again for more. Without it: all.")
    package var splits: [String] = []

    @Option(
        name: .customLong("probe"),
        help: """
            border, global-motion, codec, picture-timing, sound-timing, loudness, picture, sound or order; again for more. \
            Without it: all.
            """)
    package var probes: [String] = []

    @Option(help: "labels: positives from negatives; direction: forward from backward. Without it: both.")
    package var ask: String?

    @Option(help: "Pairs of each set that are looked at.")
    package var limit: Int?

    @Option(help: "Smallest excess over chance that is a leak, as a share. Default: 0.02.")
    package var minEffect: Double?

    @Option(help: "A row that would miss a larger excess than this cannot tell. Default: 0.1.")
    package var resolution: Double?

    @Option(help: "Chooses pairs and folds.")
    package var seed: Int?

    @Option(name: [.short, .long], help: "Threads; 0: one a core.")
    package var workers: Int?

    package init() {}
}
