package import ArgumentParser

/// `avprep export`.
package struct Export: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Export the shards for other tools: WebDataset tars, a Hugging Face folder.",
        discussion: """
            Writes one tar per shard and one sample per segment, with the same members in every sample: frames, \
            spectrograms, flow and motion as NumPy arrays, sound as WAVE; and the pair sets as CSV. Stored pictures are \
            copied without re-encoding, joined, beside the offsets at which they begin. Examples:

              avprep export out
              avprep export out --only frames --only pcm
              avprep export out --format huggingface --license cc-by-4.0 --title "Street sounds"
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Argument(help: "The folder to write: empty, or an earlier export.")
    package var folder: String

    @Option(name: .long, help: "webdataset, or huggingface: the same with a dataset card.")
    package var format = "webdataset"

    @Option(name: .long, help: "frames, flow, motion, pcm, waveforms or spectrograms; repeat for more. Default: all.")
    package var only: [String] = []

    @Option(name: .long, help: "The dataset card's licence, in the hub's words.")
    package var license = "unknown"

    @Option(name: .long, help: "The dataset card's title.")
    package var title: String?

    @Option(name: [.short, .long], help: "Shards exported at a time; 0: one per core.")
    package var workers: Int?

    package init() {}
}
