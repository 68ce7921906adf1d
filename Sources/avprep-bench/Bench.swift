import ArgumentParser

/// Measures that say whether a claim about speed or quality holds, as ratios of candidates that take turns in one run.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "avprep-bench", abstract: "Compare avprep with its kernels, with others and with itself.",
        subcommands: [
            IngestBench.self, IsolationCost.self, BorderBench.self, SpectrogramBench.self,
            ScaleBench.self, PackBench.self, DuplicateBench.self, SoundFlagBench.self, CutBench.self, StillBench.self,
            CameraBench.self,
            CueBench.self, FlowBench.self, AuditBench.self,
        ],
        defaultSubcommand: IngestBench.self)
}
