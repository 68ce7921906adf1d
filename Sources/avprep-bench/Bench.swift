import ArgumentParser

/// Benchmarks that test claims about speed or quality, as ratios of candidates that alternate in one run.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "avprep-bench", abstract: "Compare avprep with its kernels, with other programs and with itself.",
        subcommands: [
            IngestBench.self, LongVideoBench.self, IsolationCost.self, BorderBench.self, SpectrogramBench.self,
            ScaleBench.self, RefreshBench.self, PackBench.self, DuplicateBench.self, SoundFlagBench.self,
            SkewBench.self, SkewFixBench.self, CutBench.self, StillBench.self, CameraBench.self, CueBench.self,
            FlowBench.self, AuditBench.self, LoaderBench.self, StepBench.self,
        ],
        defaultSubcommand: IngestBench.self)
}
