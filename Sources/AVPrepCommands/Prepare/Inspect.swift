package import ArgumentParser

/// `avprep inspect`.
package struct Inspect: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show all measurements of one file, and draw them.",
        discussion: """
            For a video: container, streams, rates, start skew, gaps, and what ingest would find: borders, cuts, segments \
            with their flags, frozen and silent stretches, loudness. For a prepared file or a shard: its content. Uses the \
            settings of avprep.yaml if there is one. The exit code is 65 when the file is none of these or cannot be \
            decoded. Examples:

              avprep inspect talk.mp4
              avprep inspect talk.mp4 --image talk.png     frames, flow, waveform, spectrogram on one time axis
              avprep inspect shards/train-00000.h5 --json
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "A video, a prepared file or a shard.")
    package var file: String

    @Option(name: .long, help: ArgumentHelp("Draw a contact sheet.", valueName: "out.png"))
    package var image: String?

    @Option(name: .long, help: ArgumentHelp("Draw the optical flow in the Middlebury colours.", valueName: "out.png"))
    package var flow: String?

    package init() {}
}
