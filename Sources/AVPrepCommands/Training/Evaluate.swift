package import ArgumentParser

/// `avprep evaluate`.
package struct Evaluate: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Measure a trained run on videos it never saw.",
        discussion: """
            Reports the accuracy of the decision "in sync or not" on easy and on hard negatives, with the threshold chosen \
            on the validation split, and the area under the ROC curve. Example:

              avprep evaluate --name avts
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Option(name: .long, help: "The run's folder under runs.")
    package var name: String?

    package init() {}
}
