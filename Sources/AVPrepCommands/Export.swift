package import ArgumentParser

/// `avprep export`.
package struct Export: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Export the shards for other tools: WebDataset tars, a Hugging Face folder.",
        discussion: """
            One tar a shard, one sample a segment, the same members in every sample: frames, spectrograms, flow and motion \
            as NumPy arrays, sound as WAVE, pair sets as CSV. Stored pictures are copied as they are, one after another, \
            beside the places where they begin. Examples:

              avprep export out
              avprep export out --only frames --only pcm
              avprep export out --format huggingface --license cc-by-4.0 --title "Street sounds"
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "The folder to write: empty, or of an earlier export.")
    package var folder: String

    @Option(name: .long, help: "webdataset, or huggingface: the same with a dataset card.")
    package var format = "webdataset"

    @Option(name: .long, help: "frames, flow, motion, pcm, waveforms or spectrograms; again for more. Without it: all.")
    package var only: [String] = []

    @Option(name: .long, help: "The dataset card's licence, in the hub's words.")
    package var license = "unknown"

    @Option(name: .long, help: "The dataset card's title.")
    package var title: String?

    @Option(name: [.short, .long], help: "Shards exported at a time; 0: one a core.")
    package var workers: Int?

    package init() {}
}
