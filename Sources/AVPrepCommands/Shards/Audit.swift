package import ArgumentParser

/// `avprep audit`.
package struct Audit: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Measure whether the shards carry shortcuts that a network could learn instead of the content.",
        discussion: """
            Small classifiers ("probes") each see one aspect of the pairs that must be uninformative: the strips at the \
            picture's edges, camera motion, codec, timing, loudness, the picture alone, the sound alone, the row order. They \
            try to separate positives from negatives, and clips from the same clips played backwards. Every pair is classified \
            by a model that was not trained on its videos. A row is a leak when its accuracy is significantly above chance, at a \
            false alarm rate of 1 % for the whole audit, by more than --min-effect. "finds from" is the accuracy that would \
            have been detected in four audits out of five. The edges may show the direction of time because the whole picture \
            shows it: where strips from the middle of the picture are as informative, the row is "content", not a leak. Examples:

              avprep audit
              avprep audit --for mixed --limit 20000
              avprep audit --probe border --probe global-motion --ask direction
              avprep audit --json

            Exit codes: 0 all rows at chance, 65 a leak, 2 no leak, but some rows have too few videos to decide.
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Option(
        name: .customLong("for"), help: ArgumentHelp("A pair set; repeat for more. Default: all.", valueName: "set"))
    package var sets: [String] = []

    @Option(name: .customLong("split"), help: "train, val or test; repeat for more. Default: all.")
    package var splits: [String] = []

    @Option(
        name: .customLong("probe"),
        help: """
            border, global-motion, codec, picture-timing, sound-timing, loudness, picture, sound or order; repeat for more. \
            Default: all.
            """)
    package var probes: [String] = []

    @Option(help: "labels: positives against negatives; direction: forward against backward. Default: both.")
    package var ask: String?

    @Option(help: "Largest number of pairs taken from each set.")
    package var limit: Int?

    @Option(help: "Smallest excess over chance that counts as a leak, as a fraction. Default: 0.02.")
    package var minEffect: Double?

    @Option(help: "A row that could miss an excess above this is undecided. Default: 0.1.")
    package var resolution: Double?

    @Option(help: "Seed for the choice of pairs and folds.")
    package var seed: Int?

    @Option(name: [.short, .long], help: "Threads; 0: one per core.")
    package var workers: Int?

    package init() {}
}
