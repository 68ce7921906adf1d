import AVPrepCore
import Foundation

/// Job files for Slurm: an array that ingests, a merge, the shards, and a training, each after the one before.
///
/// A job is requeued by Slurm when it is preempted or its node fails (`--requeue`). When its time is nearly over, Slurm signals
/// the batch shell alone (`--signal=B:USR1`), which passes that on to avprep, waits until avprep has saved what it did, and
/// requeues the job itself: Slurm does not do that.
///
/// A training by several tasks is started by `srun` where Slurm knows MPI, else by `mpirun`. Both pass SIGUSR1 on to all ranks;
/// after a SIGTERM they would leave them a moment only, so that is passed on as SIGUSR1, too.
package struct SlurmJobs: Sendable {
    /// What each job asks for, as sbatch takes it.
    package struct Resources: Sendable {
        package let cpus: Int
        package let memory: String
        package let time: String
        package let partition: String?
        package let account: String?
        package let trainPartition: String?
        package let gres: String?
        /// Processes that train together, and the nodes that they are spread over.
        package let trainTasks: Int
        package let trainNodes: Int

        package init(
            cpus: Int, memory: String, time: String, partition: String? = nil, account: String? = nil,
            trainPartition: String? = nil, gres: String? = nil, trainTasks: Int = 1, trainNodes: Int = 1
        ) {
            (self.cpus, self.memory, self.time) = (cpus, memory, time)
            (self.partition, self.account, self.trainPartition, self.gres) = (partition, account, trainPartition, gres)
            (self.trainTasks, self.trainNodes) = (trainTasks, trainNodes)
        }
    }

    /// Which jobs there are.
    package enum Parts: Sendable {
        case everything
        /// Ingest, merge and shards.
        case withoutTraining
        /// The shards are there already.
        case trainingAlone
    }

    /// A file to write.
    package struct File: Sendable {
        package let name: String
        package let text: String
        package let isProgram: Bool
    }

    private let program: String
    private let pipeline: String
    private let overrides: [String]
    private let tasks: Int
    private let parts: Parts
    private let resources: Resources
    private let folder: String?

    /// - Parameters:
    ///   - program: the absolute path of `avprep`.
    ///   - pipeline: the absolute path of the pipeline file.
    ///   - overrides: `KEY=VALUE` to pass on.
    ///   - folder: where the files will lie, and the jobs write what they say; nil: where `submit.sh` lies.
    /// - Throws: ``Failure`` when something cannot be written in a job file.
    package init(
        program: String, pipeline: String, overrides: [String], tasks: Int, parts: Parts = .everything,
        resources: Resources, folder: String?
    ) throws {
        guard (1...4_000_000).contains(tasks) else {
            throw Failure("--tasks \(tasks) is no number of tasks: at least 1", exitStatus: .usage)
        }
        guard (1...4096).contains(resources.cpus) else {
            throw Failure("--cpus \(resources.cpus) is no number of cores: at least 1", exitStatus: .usage)
        }
        guard (1...4096).contains(resources.trainTasks), (1...resources.trainTasks).contains(resources.trainNodes)
        else {
            throw Failure(
                "--train-tasks \(resources.trainTasks) on --train-nodes \(resources.trainNodes): give 1 task or more, and no more nodes than tasks",
                exitStatus: .usage)
        }
        for path in [program, pipeline, folder].compactMap({ $0 }) + overrides where Self.hasControls(path) {
            throw Failure(
                "a job file cannot hold \(path.debugDescription): it has a control character; rename the folder, or go through a link to it",
                exitStatus: .badInput)
        }
        // In a line of #SBATCH there is no way to quote what sbatch would split.
        let words = [
            ("--mem", resources.memory), ("--time", resources.time), ("--partition", resources.partition),
            ("--account", resources.account), ("--train-partition", resources.trainPartition),
            ("--gres", resources.gres),
        ]
        for case (let name, let word?) in words where word.isEmpty || word.contains(where: { !Self.isPlain($0) }) {
            throw Failure(
                "\(name) \(word.debugDescription) is none: it may have letters, digits and any of -_.:,=+@",
                exitStatus: .usage)
        }
        (self.program, self.pipeline, self.overrides, self.tasks) = (program, pipeline, overrides, tasks)
        (self.parts, self.resources, self.folder) = (parts, resources, folder)
    }

    private static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }

    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-_.:,=+@".contains(character))
    }

    /// In the order in which they are run, and the script that submits them.
    package var files: [File] {
        var files =
            parts == .trainingAlone
            ? []
            : [
                job("ingest", ["ingest", "--part", "slurm"], extra: ["array=1-\(tasks)"], mayHaveFailures: true),
                job("merge", ["merge"], mayHaveFailures: true), job("shard", ["shard"], mayHaveFailures: true),
            ]
        if parts != .withoutTraining {
            var extra: [String] = []
            if let partition = resources.trainPartition { extra.append("partition=\(partition)") }
            if let gres = resources.gres { extra.append("gres=\(gres)") }
            files.append(job("train", ["train"], extra: extra, ranks: resources.trainTasks))
        }
        files.append(File(name: "submit.sh", text: submission, isProgram: true))
        return files
    }

    // MARK: - Texts

    /// In single quotes, where a shell takes every character as it is.
    package static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    private func job(
        _ name: String, _ command: [String], extra: [String] = [], mayHaveFailures: Bool = false, ranks: Int = 1
    ) -> File {
        var options = [
            "job-name=avprep-\(name)", "nodes=\(ranks > 1 ? resources.trainNodes : 1)", "ntasks=\(ranks)",
            "cpus-per-task=\(resources.cpus)",
            "mem=\(resources.memory)", "time=\(resources.time)", "requeue", "open-mode=append", "signal=B:USR1@120",
        ]
        if let account = resources.account { options.append("account=\(account)") }
        let hasPartition = extra.contains { $0.hasPrefix("partition=") }
        if !hasPartition, let partition = resources.partition { options.append("partition=\(partition)") }
        options += extra
        let words = [program] + command + ["--pipeline", pipeline] + overrides.flatMap { ["--set", $0] } + ["--quiet"]
        let scratch = command.contains("--part") ? " --scratch \"$TMPDIR\"" : ""
        let failures =
            mayHaveFailures
            ? """

            # 2: some videos failed, and avprep status names them; the jobs that wait for this one go on with the others.
            [ "$status" -ne 2 ] || status=0
            """ : ""
        return File(
            name: name + Self.ending,
            text: """
                #!/bin/bash
                \(options.map { "#SBATCH --" + $0 }.joined(separator: "\n"))

                # A disk of this node alone, for what does not fit into memory; the cluster may have set one.
                export TMPDIR="${SLURM_TMPDIR:-${TMPDIR:-/tmp}}"

                stopped=
                \(ranks > 1 ? Self.launch : "")\(words.map(Self.quoted).joined(separator: " "))\(scratch) &
                avprep=$!
                # The shell gets the signals; avprep saves what it has done, and ends with 143.
                trap 'stopped=time; kill -USR1 "$avprep" 2>/dev/null' USR1
                trap 'stopped=term; kill -\(ranks > 1 ? "USR1" : "TERM") "$avprep" 2>/dev/null' TERM
                # A signal ends a wait: wait again until avprep has ended.
                wait "$avprep"; status=$?
                while kill -0 "$avprep" 2>/dev/null; do wait "$avprep"; status=$?; done
                echo "$(date -u +%FT%TZ) avprep \(command[0]) ended with $status on ${SLURMD_NODENAME:-$(hostname)}" >&2

                # The time was over before the work was: the same job goes on later. (Slurm itself requeues a job that is preempted,
                # or whose node fails.)
                if [ "$stopped" = time ] && [ "$status" -eq 143 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then
                    # (Of an array's last task, SLURM_JOB_ID names the whole array.)
                    task=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
                    scontrol requeue "${task:-$SLURM_JOB_ID}" && sleep 60
                fi\(failures)
                exit "$status"

                """, isProgram: false)
    }

    /// Starts what follows as one process a task.
    private static let launch = """
        # Each task is a process of one training. srun has to know the MPI that avprep was built with; mpirun asks Slurm for the nodes.
        export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
        if srun --mpi=list 2>&1 | grep -qw pmix; then
            launch=(srun --mpi=pmix --kill-on-bad-exit=1)
        else
            launch=(mpirun --bind-to none -n "$SLURM_NTASKS")
        fi
        "${launch[@]}"\u{20}
        """

    /// What the names of job files end with.
    private static let ending = ".sbatch"

    private var submission: String {
        let place = folder.map(Self.quoted) ?? #""$(dirname "$(readlink -f "$0")")""#
        let preparation = """
            ingest=$(sbatch --parsable --output=ingest-%A_%a.log ingest\(Self.ending))
            ingest=${ingest%%;*}
            # afterany: what a task that failed has left undone, others have done, or the merge says so.
            merge=$(sbatch --parsable --dependency=afterany:"$ingest" --output=merge-%j.log merge\(Self.ending))
            merge=${merge%%;*}
            # afterok: no shards of a corpus of which parts are missing, and no training on shards that are not there.
            shard=$(sbatch --parsable --dependency=afterok:"$merge" --output=shard-%j.log shard\(Self.ending))
            shard=${shard%%;*}

            """
        let after = parts == .trainingAlone ? "" : #" --dependency=afterok:"$shard""#
        let train = "train=$(sbatch --parsable\(after) --output=train-%j.log train\(Self.ending))\n"
        let list =
            switch parts {
            case .everything: "$ingest $merge $shard $train"
            case .withoutTraining: "$ingest $merge $shard"
            case .trainingAlone: "$train"
            }
        return """
            #!/bin/bash
            # Submits the jobs, each after the one before.
            set -e
            cd \(place)
            \(parts == .trainingAlone ? "" : preparation)\(parts == .withoutTraining ? "" : train)echo "submitted \(list)"

            """
    }
}
