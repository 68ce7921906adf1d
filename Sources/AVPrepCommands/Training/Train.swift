package import ArgumentParser

/// `avprep train`.
package struct Train: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Train on the shards, stage by stage.",
        discussion: """
            A run that was stopped or killed resumes from its last checkpoint when the command is repeated. Examples:

              avprep train
              avprep train --name small --device cpu --set train.model.video.width=16
              mpirun -n 4 --bind-to none avprep train     (four processes, one run; srun and torchrun work too)
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Option(name: .long, help: "The run's folder under runs.")
    package var name: String?

    @Option(name: .long, help: "auto, cpu or cuda.")
    package var device: String?

    package init() {}
}
