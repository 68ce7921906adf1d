package import ArgumentParser

/// `avprep separate`.
package struct Separate: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Separate a film's sound: what belongs to the picture, and what does not.",
        discussion: """
            Takes a run of the recipe separation. Writes on.wav and off.wav (mono, at the rate that the run has learnt from), and \
            the film with either sound: its pictures are copied, not encoded again; as mp4 with AAC where mp4 takes them, else \
            as Matroska with PCM. A film of any length is separated clip by clip, in bounded memory. Examples:

              avprep separate talk.mp4
              avprep separate talk.mp4 --run quick-separate --into talk --no-films
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "A film with picture and sound.")
    package var film: String

    @Option(name: .long, help: "The run: its folder under runs, or a path with a slash. Default: train.name.")
    package var run: String?

    @Option(
        name: .long, help: ArgumentHelp("The folder to write to. Default: FILM.separated, here.", valueName: "folder"))
    package var into: String?

    @Flag(name: .long, help: "Overwrite results that are there.")
    package var overwrite = false

    @Flag(name: .long, help: "Write the sounds alone.")
    package var noFilms = false

    @Option(name: .long, help: "auto, cpu or cuda.")
    package var device: String?

    package init() {}
}
