import AVPrepCore
package import ArgumentParser

/// The command line as a whole.
package struct Avprep: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "avprep",
        abstract:
            "Make training sets for self-supervised audio-visual learning from folders of video, and train on them.",
        discussion: """
            Each command reads avprep.yaml in the working directory. From a folder of videos to a trained network:

              avprep init                       write a commented avprep.yaml here
              avprep ingest ~/videos            decode once: frames, flow, camera motion, spectrograms
              avprep shard --hard-ratio 0.25    pack shards, sample positive / easy / hard pairs
              avprep train                      AVTS: easy negatives first, then a share of hard ones

            Exit codes: 0 done, 1 failed, 2 done with failed items, 64 usage, 65 bad input or settings,
            75 busy (another avprep uses this workspace, or a merge waits for tasks), 129, 130 and 143 ended by a signal
            (SIGHUP, SIGINT, and SIGTERM or SIGUSR1): the same command goes on.
            """,
        version: Version.text,
        subcommands: [
            Init.self, Download.self, Ingest.self, Shard.self, Train.self, Evaluate.self, Finetune.self, Embed.self,
            Classify.self, Localise.self, Separate.self,
            Run.self, Refresh.self,
            Merge.self, Slurm.self, Status.self, Retry.self, Why.self, Forget.self,
            Inspect.self, Verify.self, Audit.self, Pairs.self, Export.self, Synth.self, Wisdom.self,
            Schedule.self, Doctor.self,
        ])

    package init() {}
}
