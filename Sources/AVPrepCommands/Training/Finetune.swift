package import ArgumentParser

/// `avprep finetune`.
package struct Finetune: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Learn the classes of videos on a trained network: UCF101, HMDB51, or your labels.",
        discussion: """
            The videos are in the shards, in whichever split: ingest and shard the data set first. The network of a run, or one \
            from scratch as train describes it, gets an answer a class; each test video is told by the mean of ten clips. \
            AVTS and L3-Net: what sees; Multisensory: with its sound; T-CAM: flow. Examples:

              avprep finetune --run avts --ucf101 ucfTrainTestlist     three splits, and their mean
              avprep finetune --run avts --learns last-layer           labels and splits of the shards
              avprep finetune --name scratch                           no run: random weights, for comparison
              avprep finetune --weights r3d_18.pth --set train.model.video.trunk=r3d-18
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Option(name: .long, help: "The folder under runs.")
    package var name: String?

    @Option(name: .long, help: "The run whose network is taken.")
    package var run: String?

    @Option(name: .long, help: "A file of weights that the network begins with: torchvision's, or safetensors.")
    package var weights: String?

    @Option(name: .long, help: ArgumentHelp("Folder of UCF101's lists.", valueName: "folder"))
    package var ucf101: String?

    @Option(name: .long, help: ArgumentHelp("Folder of HMDB51's lists.", valueName: "folder"))
    package var hmdb51: String?

    @Option(name: .long, help: "all, after-fusion or last-layer.")
    package var learns: String?

    @Option(name: .long, help: "Training videos a class, drawn by the seed; 0: all.")
    package var videosPerClass: Int?

    package mutating func validate() throws {
        if ucf101 != nil, hmdb51 != nil { throw ValidationError("--ucf101 and --hmdb51 are two data sets; name one") }
        if run != nil, weights != nil { throw ValidationError("--run and --weights both name a beginning; name one") }
        if let learns, !["all", "after-fusion", "last-layer"].contains(learns) {
            throw ValidationError("--learns takes all, after-fusion or last-layer")
        }
        if let videosPerClass, videosPerClass < 0 { throw ValidationError("--videos-per-class takes 0 or a number") }
    }

    package init() {}
}
