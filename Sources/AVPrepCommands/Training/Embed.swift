package import ArgumentParser

/// `avprep embed`.
package struct Embed: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Write what a layer of a trained network makes of recordings: features for other tools.",
        discussion: """
            Recordings and the sound of films, in clips at equal steps, decoded and transformed as the run's training data were. \
            The layer and its pooling are the paper's if not given: conv5 of AVTS, its maximum; conv4_2 of L3-Net before the \
            last ReLU, the maximum over 3 x 4 cells of time and frequency. The folder of ESC-50, ESC-10 or DCASE 2014, and a \
            table with the columns path, label, fold (and recording), give labels and folds to the file, too. What was stopped \
            goes on. Examples:

              avprep embed ESC-50 --name avts --out esc50.h5 --npz esc50.npz
              avprep embed ESC-50 --name avts --random --out random.h5     the control: the same network, untrained
              avprep embed talk.wav --layer conv4 --pool mean --grid 4x2
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "Recordings, films, folders of them, lists (.txt) and manifests; or the folder of a data set.")
    package var paths: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("A table with folds, or ESC-50's, ESC-10's or DCASE's folder.", valueName: "path"))
    package var manifest: String?

    @Flag(name: .customLong("esc10"), help: "Of ESC-50, take the ten classes of ESC-10 alone.")
    package var isESC10 = false

    @Option(name: .long, help: "The run's folder under runs.")
    package var name: String?

    @Option(name: .long, help: ArgumentHelp("Where to write.", valueName: "file"))
    package var out = "features.h5"

    @Option(name: .long, help: ArgumentHelp("The same for numpy.load, too.", valueName: "file.npz"))
    package var npz: String?

    @Option(name: .long, help: "One of the trunk's layers; a wrong one lists them.")
    package var layer: String?

    @Option(name: .long, help: "max or mean.")
    package var pool = "max"

    @Option(name: .long, help: ArgumentHelp("Cells of time and of frequency.", valueName: "rows x columns"))
    package var grid: String?

    @Option(name: .long, help: "Clips of a file. Default: 10; of DCASE 2014 60.")
    package var clips: Int?

    @Option(name: .long, help: "Length of a clip; that of the pairs' sound if not given.")
    package var clipSeconds: Double?

    @Flag(name: .long, help: "Weights drawn by the seed in place of the run's.")
    package var random = false

    @Flag(name: .long, help: "Replace the file if it is there.")
    package var overwrite = false

    /// ``grid`` as numbers.
    package var cells: [Int]? {
        guard let numbers = grid?.lowercased().split(separator: "x").map({ Int($0.trimmingPrefix(" ")) }) else {
            return nil
        }
        let cells = numbers.compactMap(\.self)
        return cells.count == 2 && numbers.count == 2 && cells.allSatisfy { (1...4096).contains($0) } ? cells : []
    }

    package mutating func validate() throws {
        if cells == [] { throw ValidationError("--grid takes two numbers, such as 3x4") }
        if !["max", "mean"].contains(pool) { throw ValidationError("--pool takes max or mean") }
        if paths.isEmpty == (manifest == nil) {
            throw ValidationError("embed takes recordings, or --manifest with a table or a data set's folder")
        }
        if isESC10, manifest == nil { throw ValidationError("--esc10 goes with --manifest") }
        guard (1...100_000).contains(clips ?? 1) else { throw ValidationError("--clips takes 1 to 100000") }
        if let clipSeconds, !(clipSeconds > 0 && clipSeconds <= 3600) {
            throw ValidationError("--clip-seconds takes seconds, above 0")
        }
    }

    package init() {}
}
