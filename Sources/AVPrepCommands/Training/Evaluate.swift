package import ArgumentParser

/// `avprep evaluate`.
package struct Evaluate: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Measure a trained run on videos it never saw.",
        discussion: """
            Reports the accuracy of the decision "in sync or not" on easy and on hard negatives (of L3-Net, on its own set), \
            with the threshold chosen on the validation split, and the area under the ROC curve; intervals draw test videos \
            with replacement. For AVTS it then moves the sound of test clips by up to 15 frames and shows at which offset \
            they score best. Examples:

              avprep evaluate --name avts
              avprep evaluate --offset-clips 0      no moved clips: quicker
              avprep evaluate --scores scores.csv   what the run says of each test pair
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Option(name: .long, help: "The run's folder under runs.")
    package var name: String?

    @Option(name: .long, help: "Test clips whose sound is moved to 31 offsets; 0: none.")
    package var offsetClips = 64

    @Option(name: .long, help: "A CSV file to write: set, video, label (1: in sync) and score of each test pair.")
    package var scores: String?

    package mutating func validate() throws {
        if offsetClips < 0 { throw ValidationError("--offset-clips takes 0 or a number of clips") }
    }

    package init() {}
}
