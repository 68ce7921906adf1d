import Foundation
import TestSupport
import Testing

/// Training by several processes, started as users start them.
@Suite(.serialized, .timeLimit(.minutes(12)), .enabled(if: Products.hasMPI, "make deps engine brings MPI"))
struct ManyProcessesTests {
    /// Plain steps of gradients: what differs in the weights is what differed in the gradients.
    private static let plain = ["--set", "train.optimizer.momentum=0", "--set", "train.optimizer.weight_decay=0"]

    @Test func twoProcessesLearnWhatOneLearnsFromTheTwoPartsOfEachBatch() throws {
        try withTemporaryFolder { folder in
            let place = try ManyProcesses(folder)
            let one = try place.alone(["train", "--name", "one", "-q", "--set", "train.accumulate=2"])
            #expect(one.status == 0, "\(one.standardError)")
            let two = try place.together(["train", "--name", "two"])
            #expect(two.status == 0, "\(two.standardError)")
            #expect(two.standardError.contains("by 2 processes"))
            #expect(two.standardOutput.components(separatedBy: "trained for").count == 2)
            #expect(try place.difference("one", "two") < 1e-3)
            // The same order, the same pairs, one writer.
            let (left, right) = (try place.metric("one", "loss"), try place.metric("two", "loss"))
            #expect(left.count == 4 && zip(left, right).allSatisfy { abs($0 - $1) < 1e-4 }, "\(left) \(right)")
            #expect(try place.files("one") == place.files("two"))
            #expect(String(decoding: try place.bytes("two", "run.json"), as: UTF8.self).contains("\"processes\" : 2"))

            // Evaluation divides its pairs: each is measured once, in its place.
            let alone = try place.alone(["evaluate", "--name", "two", "--json", "-q"])
            let divided = try place.together(["evaluate", "--name", "two", "--json", "-q"], count: 3)
            #expect(divided.status == 0, "\(divided.standardError)")
            let areas = [alone, divided].map { text in
                text.standardOutput.split(separator: "\n").filter { $0.contains("\"auc\"") || $0.contains("\"pairs\"") }
            }
            #expect(areas[0].count == 4 && areas[0] == areas[1], "\(areas)")
        }
    }

    @Test func synchronisedStatisticsMakeTwoProcessesOne() throws {
        try withTemporaryFolder { folder in
            let place = try ManyProcesses(folder)
            // Few steps: what rounding changes is magnified by every step.
            let few =
                Self.plain + ["-q", "--set", "train.pairs_per_epoch=8", "--set", "train.optimizer.lr=0.001"]
            #expect(try place.alone(["train", "--name", "one"] + few).status == 0)
            let two = try place.together(["train", "--name", "two", "--set", "train.sync_batch_norm=true"] + few)
            #expect(two.status == 0, "\(two.standardError)")
            #expect(try place.difference("one", "two", statistics: true) < 1e-3)
            let own = try place.together(["train", "--name", "own"] + few)
            #expect(own.status == 0, "\(own.standardError)")
            #expect(try place.difference("one", "own", statistics: true) > 1e-2)
        }
    }

    /// A signal to any one of them stops all at one step; another number of processes goes on.
    @Test func aSignalToOneRankStopsAllAndOneProcessGoesOn() throws {
        try withTemporaryFolder { folder in
            let place = try ManyProcesses(folder)
            let settings = ManyProcesses.pipeline.replacing("epochs: 4", with: "epochs: 6")
            try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
            for (rank, signal) in [(1, SIGUSR1), (0, SIGTERM)] {
                let name = "rank\(rank)"
                let end = try place.training(name, ["-q"]) { ranks in
                    #expect(ranks.count == 2)
                    if ranks.count == 2 { kill(ranks[rank], signal) }
                }
                #expect(end.status == 143, "\(end)")
                #expect(end.seconds < 10, "\(end)")
                #expect(end.text.contains("avprep: stopped; repeat the command to continue"), "\(end.text)")
                let step = try place.step(name)
                #expect(step >= 3 && step < 6 * 7, "\(step)")
            }
            #expect(try place.together(["train", "--name", "whole", "-q"]).status == 0)
            let alone = try place.alone(["train", "--name", "rank1", "-q", "--set", "train.accumulate=2"])
            // What is learnt from must not change: parts of a batch are a setting of the run.
            #expect(alone.status == 65 && alone.standardError.contains("train.accumulate"), "\(alone.standardError)")
            #expect(try place.together(["train", "--name", "rank1", "-q"]).status == 0)
            #expect(try place.alone(["train", "--name", "rank0", "-q"]).status == 0)
            #expect(try place.bytes("rank1", "video.safetensors") == place.bytes("whole", "video.safetensors"))
            #expect(try place.step("rank0") == place.step("whole"))
        }
    }

    @Test func aRankThatIsKilledEndsAllAndTheSameCommandGoesOnToTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let place = try ManyProcesses(folder)
            let settings = ManyProcesses.pipeline.replacing("epochs: 4", with: "epochs: 6")
            try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
            var others: [pid_t] = []
            let end = try place.training("killed", ["-q"]) { ranks in
                others = ranks
                if ranks.count == 2 { kill(ranks[1], SIGKILL) }
            }
            #expect(end.status != 0 && end.seconds < 10, "\(end)")
            #expect(end.text.contains("signal 9"), "\(end.text)")
            // mpirun does not wait for those that it has ended.
            let patience = ContinuousClock.now + .seconds(5)
            while others.contains(where: ManyProcesses.runs), ContinuousClock.now < patience { usleep(20_000) }
            #expect(others.count == 2 && !others.contains(where: ManyProcesses.runs), "a rank lives on")
            #expect(try place.together(["train", "--name", "killed", "-q"]).status == 0)
            #expect(try place.together(["train", "--name", "whole", "-q"]).status == 0)
            #expect(try place.bytes("killed", "video.safetensors") == place.bytes("whole", "video.safetensors"))
        }
    }

    @Test func whatProcessesDoNotHaveInCommonIsRefusedBeforeTheFirstStep() throws {
        try withTemporaryFolder { folder in
            let place = try ManyProcesses(folder)
            let train = [Products.avprep, "train", "--name", "run", "-q"]
            func refusal(_ second: [String], options: [String] = []) throws -> String {
                let result = try place.mpirun(["-n", "1"] + train + [":", "-n", "1"] + options + train + second)
                #expect(result.status == 65 || result.status == 1)
                return result.standardError
            }
            let rate = try refusal(["--set", "train.optimizer.lr=0.5"])
            #expect(rate.contains("rank 1") && rate.contains("train.optimizer.lr"), "\(rate)")
            // One machine sees the shards as they were before pairs were drawn again.
            try FileManager.default.copyItem(atPath: folder + "/shards", toPath: folder + "/older")
            var index = try String(contentsOfFile: folder + "/older/index.json", encoding: .utf8)
            index += "\n"
            try Data(index.utf8).write(to: URL(fileURLWithPath: folder + "/older/index.json"))
            let older = try refusal(["--set", "folders.shards=older"])
            #expect(older.contains("rank 1") && older.contains("index of shards"), "\(older)")
            let engine = try refusal([], options: ["-x", "AVPREP_ENGINE=/nowhere/engine.so"])
            #expect(engine.contains("rank 1 on") && engine.contains("make engine"), "\(engine)")
            #expect(!FileManager.default.fileExists(atPath: folder + "/runs/run/metrics.csv"))

            let nine = try place.together(["train", "--name", "run", "-q"], count: 3)
            #expect(nine.status == 65 && nine.standardError.contains("train.batch_size is 8, which 3 processes"))
            #expect(nine.standardError.components(separatedBy: "train.batch_size is 8").count == 2, "said once")
            let run = try place.together(["run", "-q"])
            #expect(run.status == 64 && run.standardError.contains("avprep run is the work of one process"))
        }
    }

    @Test func aLauncherThatNobodyCanJoinIsNamed() throws {
        try withTemporaryFolder { folder in
            let place = try ManyProcesses(folder)
            func refusal(_ environment: [String: String]) throws -> (Int32, String) {
                let result = try Command.run(
                    Products.avprep, ["train", "-q"], in: place.folder, environment: environment)
                return (result.status, result.standardError)
            }
            let torchrun = try refusal([
                "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "29511",
            ])
            #expect(torchrun.0 == 1 && torchrun.1.contains("mpirun -n 2 avprep train"), "\(torchrun)")
            let garbage = try refusal(["WORLD_SIZE": "two"])
            #expect(garbage.0 == 64 && garbage.1.contains("WORLD_SIZE is \"two\""), "\(garbage)")
            // srun without a common MPI: each process is alone, and would train the whole run, over the others.
            let srun = try refusal(["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "0"])
            #expect(srun.0 == 1 && srun.1.contains("knows of 1"), "\(srun)")
        }
    }
}
