package import ArgumentParser

/// `avprep embed`.
package struct Embed: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Write what a layer of a trained network makes of recordings or videos: features for other tools.",
        discussion: """
            Recordings and the sound of films, in clips at equal steps, decoded and transformed as the run's training data were. \
            The layer and its pooling are the paper's if not given: conv5 of AVTS, its maximum; conv4_2 of L3-Net before the \
            last ReLU, the maximum over 3 x 4 cells of time and frequency. The folder of ESC-50, ESC-10 or DCASE 2014, and a \
            table with the columns path, label, fold (and recording), give labels and folds to the file, too. What was stopped \
            goes on. Examples:

              avprep embed ESC-50 --name avts --out esc50.h5 --npz esc50.npz
              avprep embed ESC-50 --name avts --random --out random.h5     the control: the same network, untrained
              avprep embed talk.wav --layer conv4 --pool mean --grid 4x2
              avprep embed --of picture --layer layer3 clips/*.mp4     what sees; fused: picture and sound of Multisensory
              avprep embed --of picture --shards --split test          the videos of the shards, with their labels
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "Recordings, films, folders of them, lists (.txt) and manifests; or the folder of a data set.")
    package var paths: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("A table with folds, or ESC-50's, ESC-10's or DCASE's folder.", valueName: "path"))
    package var manifest: String?

    @Flag(name: .long, help: "The videos of the shards.")
    package var shards = false

    @Option(name: .long, help: "Of the shards: train, val or test. Default: all.")
    package var split: String?

    @Option(
        name: .customLong("of"),
        help: "picture, sound or fused. Default: of AVTS and L3-Net sound, of Multisensory fused, of T-CAM picture.")
    package var side: String?

    @Flag(name: .customLong("esc10"), help: "Of ESC-50, take the ten classes of ESC-10 alone.")
    package var isESC10 = false

    @Option(name: .long, help: "The run's folder under runs.")
    package var name: String?

    @Option(name: .long, help: ArgumentHelp("Where to write.", valueName: "file"))
    package var out = "features.h5"

    @Option(name: .long, help: ArgumentHelp("The same for numpy.load, too.", valueName: "file.npz"))
    package var npz: String?

    @OptionGroup package var features: FeatureOptions

    @Flag(name: .long, help: "Weights drawn by the seed in place of the run's.")
    package var random = false

    @Flag(name: .long, help: "Replace the file if it is there.")
    package var overwrite = false

    package mutating func validate() throws {
        if [!paths.isEmpty, manifest != nil, shards].filter(\.self).count != 1 {
            throw ValidationError(
                "embed takes recordings or videos, or --manifest with a table or a data set's folder, or --shards")
        }
        if let split, !shards || !["train", "val", "test"].contains(split) {
            throw ValidationError("--split goes with --shards, and takes train, val or test")
        }
        if let side, !["picture", "sound", "fused"].contains(side) {
            throw ValidationError("--of takes picture, sound or fused")
        }
        if isESC10, manifest == nil { throw ValidationError("--esc10 goes with --manifest") }
    }

    package init() {}
}
