package import ArgumentParser

/// `avprep inspect`.
package struct Inspect: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show everything known about one file, and draw it.",
        discussion: """
            Of a video: container, streams, rates, start skew, gaps, and what ingest would see: border, cuts, segments and \
            their flags, still and silent stretches, level. Of a prepared file or a shard: what it holds. The settings of \
            avprep.yaml count where there is one. Ends with 65 when the file is none of these, or cannot be decoded. \
            Examples:

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
