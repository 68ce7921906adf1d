package import ArgumentParser

/// `avprep classify`.
package struct Classify: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Tell classes of recordings by a linear SVM on their features: ESC-50, ESC-10, DCASE, or your folds.",
        discussion: """
            Takes a features file of avprep embed and a manifest with folds: ESC-50's meta/esc50.csv, a folder with DCASE's \
            scenes_stereo, or a table with the columns path, label, fold and perhaps recording. Each fold is tested by what the \
            others teach: scaled by their mean and deviation, one machine a class, the penalty C chosen inside them, and a \
            recording's class by the mean of its clips. Folds named train and test: test alone is tested. A recording in two \
            folds is refused. Writes result.json, predictions.csv and confusion.png. Examples:

              avprep classify --features esc50.h5 --manifest ESC-50/meta/esc50.csv --control random.h5
              avprep classify --features esc50.h5 --manifest ESC-50 --esc10
              avprep classify --features mine.h5 --manifest folds.csv --c 0.001,0.01,0.1 --out mine-result
            """)

    @OptionGroup package var options: PipelineOptions

    @Option(name: .long, help: ArgumentHelp("The features file.", valueName: "file.h5"))
    package var features: String

    @Option(name: .long, help: ArgumentHelp("A table with folds, or ESC-50's or DCASE's folder.", valueName: "path"))
    package var manifest: String

    @Option(
        name: .long,
        help: ArgumentHelp("The same recordings' features by a network of random weights.", valueName: "random.h5"))
    package var control: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The folder to write to. Default: FEATURES.classified, here.", valueName: "folder"))
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
        if let costs, !costs.allSatisfy({ $0 > 0 && $0 < 1e9 }) {
            throw ValidationError("--c takes positive numbers with commas between, as 0.001,0.01")
        }
        if let tolerance, !(tolerance > 0 && tolerance < 1) {
            throw ValidationError("--tolerance takes a number above 0 and below 1")
        }
    }

    package init() {}
}
