package import ArgumentParser

/// `avprep ingest`.
package struct Ingest: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Prepare videos: one decode pass and one HDF5 file per video.",
        discussion: """
            The catalog records for every file whether it is done, skipped or failed, and why. What is already done for \
            this content and these settings is not repeated. Examples:

              avprep ingest                     the paths of avprep.yaml
              avprep ingest ~/videos list.txt   these instead
              avprep ingest --set ingest.flow.method=off
              avprep ingest --part 3/16         one of 16 tasks, on as many machines; then avprep merge

            A path may be given as avprep shows it, with escapes such as \\xff and \\n, or as it is. A list has one path a line, \
            or paths separated by NUL, as find -print0 writes them.

            With --part, tasks on any number of machines divide the work in a folder that all of them see (folders.parts). Each \
            does its own part first and then what others have not begun or were killed at; --part slurm takes I and N from \
            the job array. They hold no lock and write no catalog: avprep merge brings what they did into it. avprep slurm \
            prints the job files; without Slurm: parallel avprep ingest --part {}/16 ::: $(seq 16); avprep merge.
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Argument(help: "Files, folders and list files (.txt, one path per line) instead of corpus.paths.")
    package var paths: [String] = []

    @Option(name: [.short, .long], help: "Videos prepared at a time; 0: one per core.")
    package var workers: Int?

    @Flag(name: .long, help: "Try all failed files again; those that could not be read always are.")
    package var retry = false

    @Flag(
        name: .long,
        help: "Read known files again: finds a content that changed while size and time stayed the same.")
    package var rehash = false

    @OptionGroup package var scan: ScanOptions

    @Flag(
        name: .long,
        help: "Make these paths the whole corpus: videos elsewhere leave it. Without it, only missing files in them do."
    )
    package var only = false

    @Option(name: .long, help: ArgumentHelp("Do part I of N, beside other tasks.", valueName: "I/N|slurm"))
    package var part: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --part: after so many seconds without a sign of life others take over what this task is at.",
            valueName: "seconds"))
    package var lease: Double?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --part: a disk of this machine alone, for what of a video does not fit into memory.",
            valueName: "folder"))
    package var scratch: String?

    package init() {}

    package func validate() throws {
        if part != nil, rehash {
            throw ValidationError("--rehash reads every file in one process: run it without --part")
        }
        if part == nil, scratch != nil { throw ValidationError("--scratch goes with --part") }
        guard let lease else { return }
        if part == nil { throw ValidationError("--lease goes with --part") }
        guard lease.isFinite, (0.5...86_400).contains(lease) else {
            throw ValidationError("--lease must be from 0.5 to 86400 seconds")
        }
    }
}
