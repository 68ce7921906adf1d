package import ArgumentParser

/// `avprep classify`.
package struct Classify: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Tell classes of recordings by a linear SVM on their features: ESC-50, ESC-10, DCASE, or your folds.",
        discussion: """
            Takes a run, whose network and the same untrained hear the recordings of a manifest with folds, or features files of \
            avprep embed. Manifests: the folder of ESC-50, ESC-10 or DCASE 2014, ESC-50's meta/esc50.csv, or a table with the \
            columns path, label, fold and perhaps recording. Each fold is tested by what the \
            others teach: scaled by their mean and deviation, one machine a class, the penalty C chosen inside them, and a \
            recording's class by the mean of its clips. Folds named train and test: test alone is tested. A recording in two \
            folds is refused. Writes result.json, predictions.csv and confusion.png; what was stopped goes on. Examples:

              avprep classify --run avts --manifest ESC-50
              avprep classify --features esc50.h5 --manifest ESC-50/meta/esc50.csv --control random.h5
              avprep classify --features esc50.h5 --manifest ESC-50 --esc10
              avprep classify --features mine.h5 --manifest folds.csv --c 0.001,0.01,0.1 --out mine-result
            """)

    @OptionGroup package var options: PipelineOptions

    @Option(name: .long, help: "The run whose network hears the manifest's recordings.")
    package var run: String?

    @OptionGroup package var embedding: FeatureOptions

    @Flag(name: .long, help: "With --run: replace features that are there.")
    package var overwrite = false

    @Option(name: .long, help: ArgumentHelp("The features file, in place of a run.", valueName: "file.h5"))
    package var features: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A table with folds, or a data set's folder. Default: labels and folds of the features file.",
            valueName: "path")
    )
    package var manifest: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The same recordings' features by a network of random weights.", valueName: "random.h5"))
    package var control: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder to write to. Default: RUN.classified or FEATURES.classified, here.", valueName: "folder"))
    package var out: String?

    @Flag(name: .customLong("esc10"), help: "Take the ten classes of ESC-10 alone.")
    package var isESC10 = false

    @Option(
        name: .long,
        help: ArgumentHelp("Penalties to choose from, or one. Default: 1e-5 to 100 by tens.", valueName: "numbers"))
    package var c: String?

    @Option(name: .long, help: "How exact the final machines are. Default: 1e-4.")
    package var tolerance: Double?

    @Option(name: .long, help: "Of folds that have to be drawn. Default: 1.")
    package var seed: UInt64?

    /// The penalties, ascending; nil for the default.
    package var costs: [Double]? {
        c.map { text in
            Set(text.split(separator: ",", omittingEmptySubsequences: false).map { Self.number($0) }).sorted()
        }
    }

    private static func number(_ text: Substring) -> Double { Double(text.filter { $0 != " " }) ?? .nan }

    package mutating func validate() throws {
        if (run == nil) == (features == nil) { throw ValidationError("give --run, or --features with a file") }
        if run != nil, manifest == nil { throw ValidationError("--run goes with --manifest") }
        if run != nil, control != nil {
            throw ValidationError(
                "with --run the control is the same network untrained; --control goes with --features")
        }
        if let costs, !costs.allSatisfy({ $0 > 0 && $0 < 1e9 }) {
            throw ValidationError("--c takes positive numbers with commas between, as 0.001,0.01")
        }
        if let tolerance, !(tolerance > 0 && tolerance < 1) {
            throw ValidationError("--tolerance takes a number above 0 and below 1")
        }
    }

    package init() {}
}
