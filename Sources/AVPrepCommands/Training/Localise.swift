package import ArgumentParser

/// `avprep localise`.
package struct Localise: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show where in picture and sound a trained run's answers come from.",
        discussion: """
            For each video named, a heat-map video with its sound, a contact sheet and a JSON file; without a video, sheets of \
            the split's clips that most excite each unit, and of the surest clips of each label. L3-Net, Multisensory and T-CAM. The maps \
            are class activation maps: what is drawn speaks for the answer "in sync" or "forwards". Examples:

              avprep localise talk.mp4 --name l3          runs/l3/localise/talk.mp4, talk.png, talk.json
              avprep localise --name l3 --units 20        runs/l3/localise/units-picture.png, units-sound.png, categories.png
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "Videos, of the corpus or not.")
    package var videos: [String] = []

    @Option(name: .long, help: "The run's folder under runs.")
    package var name: String?

    @Option(name: .long, help: ArgumentHelp("Where to write; runs/NAME/localise if not given.", valueName: "folder"))
    package var out: String?

    @Option(name: .long, help: "Seconds from one clip to the next; a quarter of a clip if not given.")
    package var hop: Double?

    @Flag(name: .long, help: "Write no heat-map video, which takes longest.")
    package var noVideo = false

    @Flag(name: .long, help: "Write each clip's map into the JSON, too.")
    package var maps = false

    @Option(name: .long, help: "Without videos: train, val or test; test if not given, or else val or train.")
    package var split: String?

    @Option(name: .long, help: "Without videos: units a sheet.")
    package var units = 12

    @Option(name: .long, help: "Without videos: clips a unit or a label.")
    package var clips = 6

    package mutating func validate() throws {
        if let split, !["train", "val", "test"].contains(split) {
            throw ValidationError("--split takes train, val or test")
        }
        if let hop, !(hop > 0 && hop <= 3600) { throw ValidationError("--hop takes seconds, above 0") }
        if maps, videos.isEmpty { throw ValidationError("--maps goes with videos; name some") }
        guard (1...512).contains(units), (1...32).contains(clips) else {
            throw ValidationError("--units takes 1 to 512, --clips 1 to 32")
        }
    }

    package init() {}
}
