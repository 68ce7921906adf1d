import AVPrepCore
import AVPrepPipeline
import Foundation
import TestSupport
import Testing

@Suite struct SlurmJobsTests {
    private func jobs(
        program: String = "/opt/avprep", pipeline: String = "/data/avprep.yaml", overrides: [String] = [],
        tasks: Int = 4, parts: SlurmJobs.Parts = .everything, time: String = "1:00:00", ranks: Int = 1,
        nodes: Int = 1, folder: String? = nil
    ) throws -> SlurmJobs {
        try SlurmJobs(
            program: program, pipeline: pipeline, overrides: overrides, tasks: tasks, parts: parts,
            resources: SlurmJobs.Resources(
                cpus: 2, memory: "4G", time: time, partition: "cpu", trainPartition: "gpu", gres: "gpu:1",
                trainTasks: ranks, trainNodes: nodes),
            folder: folder)
    }

    private func text(_ name: String, of jobs: SlurmJobs) throws -> String {
        try #require(jobs.files.first { $0.name.hasPrefix(name) }).text
    }

    @Test func jobsAreRequeuedAndWarned() throws {
        let jobs = try jobs()
        #expect(
            jobs.files.map(\.name).map { $0.prefix { $0 != "." } } == ["ingest", "merge", "shard", "train", "submit"])
        for name in ["ingest", "merge", "shard", "train"] {
            let text = try text(name, of: jobs)
            for line in ["--requeue", "--signal=B:USR1@120", "--open-mode=append", "--cpus-per-task=2", "--mem=4G"] {
                #expect(text.contains("#SBATCH \(line)\n"), "\(name): \(line)")
            }
            #expect(text.contains(name == "train" ? "--partition=gpu\n" : "--partition=cpu\n"))
            #expect(text.components(separatedBy: "--partition").count == 2)
        }
        #expect(try text("ingest", of: jobs).contains("#SBATCH --array=1-4\n"))
        #expect(try !text("merge", of: jobs).contains("--array"))
    }

    /// The scripts are run with a program and a `scontrol` that write down what they are called with.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            (signal: "", status: Int32(0), requeued: false), (signal: "USR1", status: 143, requeued: true),
            (signal: "TERM", status: 143, requeued: false),
        ])
    func theBatchShellPassesSignalsOn(run: (signal: String, status: Int32, requeued: Bool)) throws {
        try withTemporaryFolder { place in
            let folder = place + "/wei rd's $HOME `x` \"q\" \\ %"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let program = folder + "/avprep"
            let fake = """
                #!/bin/bash
                printf '%s\\n' "$@" > "$(dirname "$0")/arguments"
                trap 'exit 143' USR1 TERM
                [ -n "$HOLD" ] || exit 0
                touch "$(dirname "$0")/ready"
                while :; do sleep 0.05; done
                """
            try Data(fake.utf8).write(to: URL(fileURLWithPath: program))
            let scontrol = "#!/bin/bash\necho \"$@\" > '\(place)/requeued'\n"
            try Data(scontrol.utf8).write(to: URL(fileURLWithPath: place + "/scontrol"))
            for path in [program, place + "/scontrol"] { #expect(chmod(path, 0o755) == 0) }
            let jobs = try jobs(
                program: program, pipeline: folder + "/avprep.yaml", overrides: ["train.name=it's"], folder: folder)
            // Not to wait a minute for Slurm, which would end the job.
            let script = try text("ingest", of: jobs).replacing("sleep 60", with: "true")
            try Data(script.utf8).write(to: URL(fileURLWithPath: place + "/job.sh"))
            let driver = """
                export PATH="$1:$PATH" SLURM_TMPDIR="$1/local disk" SLURM_JOB_ID=70 SLURM_ARRAY_JOB_ID=70 SLURM_ARRAY_TASK_ID=3 HOLD="$3"
                bash "$1/job.sh" & pid=$!
                if [ -n "$3" ]; then
                    while [ ! -e "$2/ready" ]; do sleep 0.05; done
                    sleep 0.3; kill -"$3" $pid
                fi
                wait $pid
                """
            // The threads of tests have signals blocked, which programs inherit.
            let unblock =
                "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
            let result = try Command.run(
                try #require(Oracle.python),
                ["-c", unblock, "/bin/bash", "-c", driver, "bash", place, folder, run.signal])
            #expect(result.status == run.status, "\(result.standardError)")
            let arguments = try String(contentsOfFile: folder + "/arguments", encoding: .utf8).split(separator: "\n")
            #expect(
                arguments == [
                    "ingest", "--part", "slurm", "--pipeline", Substring(folder + "/avprep.yaml"), "--set",
                    "train.name=it's", "--quiet", "--scratch", Substring(place + "/local disk"),
                ])
            #expect(FileManager.default.fileExists(atPath: place + "/requeued") == run.requeued)
            guard run.requeued else { return }
            // Of an array's last task SLURM_JOB_ID is the number of the whole array: requeued by it, all tasks would begin again.
            let requeued = try String(contentsOfFile: place + "/requeued", encoding: .utf8)
            #expect(requeued == "requeue 70_3\n")
        }
    }

    /// A training by several tasks: the launcher gets SIGUSR1, whichever signal the shell got, and passes it on to all ranks.
    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [
            ("srun", "USR1", true), ("srun", "TERM", false), ("mpirun", "USR1", true), ("mpirun", "TERM", false),
        ])
    func severalTasksTrainTogetherAndAreWarnedTogether(
        launcher: String, signal: String, requeued: Bool
    ) throws {
        try withTemporaryFolder { place in
            let program = """
                #!/bin/bash
                printf '%s\\n' "$@" > "\(place)/arguments"
                trap 'echo >> "\(place)/saved"; exit 143' USR1
                echo >> "\(place)/ready"
                while :; do sleep 0.05; done
                """
            // Starts as many as it is told to, passes SIGUSR1 on, and ends with the code of the last.
            let launch = """
                #!/bin/bash
                [ "$*" != --mpi=list ] || { echo "MPI plugin types are..." >&2; [ \(launcher) = mpirun ] || echo pmix >&2; exit 0; }
                printf '%s\\n' "$(basename "$0")" > "\(place)/launcher"
                count=$SLURM_NTASKS
                while [ "${1#-}" != "$1" ]; do
                    case $1 in -n) count=$2; shift ;; --bind-to) shift ;; esac
                    shift
                done
                ranks=()
                trap 'kill -USR1 "${ranks[@]}"' USR1
                for _ in $(seq "$count"); do "$@" & ranks+=($!); done
                for rank in "${ranks[@]}"; do
                    wait "$rank"; status=$?
                    while kill -0 "$rank" 2>/dev/null; do wait "$rank"; status=$?; done
                done
                exit $status
                """
            for (name, text) in [
                ("avprep", program), ("srun", launch), ("mpirun", launch),
                ("scontrol", "#!/bin/bash\necho \"$@\" > '\(place)/requeued'\n"),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(place)/\(name)"))
                #expect(chmod("\(place)/\(name)", 0o755) == 0)
            }
            let jobs = try jobs(program: place + "/avprep", ranks: 3, nodes: 2)
            let script = try text("train", of: jobs).replacing("sleep 60", with: "true")
            #expect(script.contains("#SBATCH --nodes=2\n#SBATCH --ntasks=3\n#SBATCH --cpus-per-task=2\n"))
            try Data(script.utf8).write(to: URL(fileURLWithPath: place + "/job.sh"))
            let driver = """
                export PATH="$1:$PATH" SLURM_NTASKS=3 SLURM_JOB_ID=70
                bash "$1/job.sh" & pid=$!
                for _ in $(seq 400); do [ "$(cat "$1/ready" 2>/dev/null | wc -l)" = 3 ] && break; sleep 0.05; done
                sleep 0.3; kill -"$2" $pid
                wait $pid
                """
            let unblock =
                "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
            let result = try Command.run(
                try #require(Oracle.python), ["-c", unblock, "/bin/bash", "-c", driver, "bash", place, signal])
            #expect(result.status == 143, "\(result.standardError)")
            func lines(_ name: String) throws -> [String] {
                try String(contentsOfFile: "\(place)/\(name)", encoding: .utf8).split(separator: "\n").map(String.init)
            }
            #expect(try lines("launcher") == [launcher])
            #expect(try lines("arguments") == ["train", "--pipeline", "/data/avprep.yaml", "--quiet"])
            #expect(try String(contentsOfFile: place + "/saved", encoding: .utf8) == "\n\n\n", "all three have saved")
            #expect(FileManager.default.fileExists(atPath: place + "/requeued") == requeued)
            if requeued { #expect(try lines("requeued") == ["requeue 70"]) }
        }
    }

    @Test func theTrainingAloneWaitsForNothing() throws {
        let jobs = try jobs(parts: .trainingAlone, folder: "/jobs")
        #expect(jobs.files.map { $0.name.prefix { $0 != "." } } == ["train", "submit"])
        let submit = try text("submit", of: jobs)
        #expect(!submit.contains("dependency") && submit.contains("echo \"submitted $train\""))
        #expect(try !text("train", of: jobs).contains("srun"), "one task needs no launcher")
    }

    /// A video that failed ends avprep with 2; the jobs behind it wait for 0.
    @Test func failedVideosDoNotStopTheChain() throws {
        try withTemporaryFolder { place in
            try Data("#!/bin/bash\nexit 2\n".utf8).write(to: URL(fileURLWithPath: place + "/avprep"))
            #expect(chmod(place + "/avprep", 0o755) == 0)
            for (name, status) in [("ingest", Int32(0)), ("merge", 0), ("shard", 0), ("train", 2)] {
                let script = try text(name, of: try jobs(program: place + "/avprep"))
                #expect(try Command.run("/bin/bash", ["-c", script]).status == status, "\(name)")
            }
        }
    }

    @Test func submissionsFormAChain() throws {
        try withTemporaryFolder { place in
            let fake = "#!/bin/bash\necho \"$@\" >> '\(place)/calls'\necho \"$(wc -l < '\(place)/calls');cluster\"\n"
            try Data(fake.utf8).write(to: URL(fileURLWithPath: place + "/sbatch"))
            #expect(chmod(place + "/sbatch", 0o755) == 0)
            let script = try text("submit", of: try jobs(folder: place))
            let result = try Command.run("/bin/bash", ["-c", "PATH=\"$1:$PATH\"; \(script)", "bash", place])
            #expect(result.status == 0, "\(result.standardError)")
            let calls = try String(contentsOfFile: place + "/calls", encoding: .utf8).split(separator: "\n")
            #expect(calls.count == 4)
            #expect(calls[1].contains("--dependency=afterany:1 "))
            #expect(calls[2].contains("--dependency=afterok:2 ") && calls[3].contains("--dependency=afterok:3 "))
        }
    }

    @Test func whatNoJobFileCanHoldIsRefused() throws {
        #expect(throws: Failure.self) { try jobs(pipeline: "/data/line\nbreak/avprep.yaml") }
        #expect(throws: Failure.self) { try jobs(tasks: 0) }
        #expect(throws: Failure.self) { try jobs(ranks: 0) }
        #expect(throws: Failure.self) { try jobs(ranks: 2, nodes: 3) }
        for time in ["1:00 --uid=0", "", "1:00\n#SBATCH --x", "$(id)"] {
            #expect(throws: Failure.self) { try jobs(time: time) }
        }
    }
}
