package import ArgumentParser

/// `avprep slurm`.
package struct Slurm: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Print Slurm's job files for this workspace: ingest by many tasks, merge, shard, train.",
        discussion: """
            Nothing is submitted: look at what is printed, and change it as your cluster wants it. Examples:

              avprep slurm --tasks 64                          look at the files
              avprep slurm --tasks 64 --into jobs && jobs/submit.sh
              avprep slurm --tasks 64 --partition cpu --time 12:00:00 --train-partition gpu --gres gpu:1 --into jobs
              avprep slurm --only-train --train-tasks 4 --gres gpu:4 --into jobs

            Jobs are requeued after preemption, after a node failed, and when their time is over; each goes on where it was.
            """)

    @OptionGroup package var options: PipelineOptions

    @Option(name: .long, help: "Tasks of the array that ingests.")
    package var tasks = 16

    @Option(name: .long, help: "Cores of each task; avprep starts a worker on each.")
    package var cpus = 4

    @Option(name: .long, help: ArgumentHelp("Memory of each job, as sbatch takes it.", valueName: "size"))
    package var mem = "8G"

    @Option(name: .long, help: ArgumentHelp("Time limit of each job, as sbatch takes it.", valueName: "time"))
    package var time = "24:00:00"

    @Option(name: .long, help: "Partition of all jobs; none: the cluster's default.")
    package var partition: String?

    @Option(name: .long, help: "Account of all jobs.")
    package var account: String?

    @Option(name: .long, help: "Partition of the training job instead.")
    package var trainPartition: String?

    @Option(name: .long, help: "Generic resources of the training job, such as gpu:1.")
    package var gres: String?

    @Option(name: .long, help: "Processes that train together, each with --cpus cores.")
    package var trainTasks = 1

    @Option(name: .long, help: "Nodes that these are spread over.")
    package var trainNodes = 1

    @Flag(name: .long, help: "Without training.")
    package var noTrain = false

    @Flag(name: .long, help: "The training alone, on shards that are there.")
    package var onlyTrain = false

    @Option(name: .long, help: ArgumentHelp("Write the files into this folder.", valueName: "folder"))
    package var into: String?

    package init() {}

    package mutating func validate() throws {
        if noTrain, onlyTrain { throw ValidationError("--no-train and --only-train leave nothing to do") }
    }
}
