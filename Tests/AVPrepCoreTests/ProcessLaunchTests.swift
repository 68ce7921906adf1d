import Testing

@testable import AVPrepCore

@Suite struct ProcessLaunchTests {
    @Test func aProcessThatNobodyCountsIsAlone() throws {
        #expect(try ProcessLaunch([:]) == nil)
        #expect(try ProcessLaunch(["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"]) == nil)
        #expect(try ProcessLaunch(["WORLD_SIZE": "1"]) == nil)
        // A batch script with four tasks is one process; so is one that some other program has left a RANK.
        #expect(try ProcessLaunch(["SLURM_NTASKS": "4", "SLURM_PROCID": "0"]) == nil)
        #expect(try ProcessLaunch(["RANK": "3"]) == nil)
        #expect(try ProcessLaunch(["WORLD_SIZE": ""]) == nil)
    }

    @Test func launchersSayWhoAProcessIs() throws {
        let mpirun = try ProcessLaunch([
            "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
            "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "WORLD_SIZE": "99",
        ])
        #expect(mpirun?.rank == 2 && mpirun?.size == 4 && mpirun?.localRank == 1 && mpirun?.rendezvous == .mpi)
        let srun = try ProcessLaunch(["SLURM_STEP_NUM_TASKS": "3", "SLURM_PROCID": "2", "SLURM_LOCALID": "0"])
        #expect(srun?.rank == 2 && srun?.size == 3 && srun?.localSize == nil && srun?.rendezvous == .mpi)
        let torchrun = try ProcessLaunch([
            "RANK": "1", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "node1",
            "MASTER_PORT": "29500",
        ])
        #expect(torchrun?.rendezvous == .store(host: "node1", port: 29500) && torchrun?.localSize == 4)
    }

    @Test(arguments: [
        (["WORLD_SIZE": "many"], "WORLD_SIZE is \"many\""), (["WORLD_SIZE": "0"], "WORLD_SIZE is \"0\""),
        (["WORLD_SIZE": "2"], "RANK is not set"), (["WORLD_SIZE": "2", "RANK": "2"], "RANK is \"2\""),
        (["WORLD_SIZE": "2", "RANK": "-1"], "from 0 to 1"), (["WORLD_SIZE": "2", "RANK": "1"], "MASTER_ADDR"),
        (["WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a", "MASTER_PORT": "99999"], "MASTER_PORT"),
        (["OMPI_COMM_WORLD_SIZE": "2"], "OMPI_COMM_WORLD_RANK is not set"),
        (["WORLD_SIZE": "2\n3", "RANK": "0"], "\\n"),
        (["WORLD_SIZE": "99999999999999999999", "RANK": "0"], "WORLD_SIZE is"),
    ])
    func nonsenseIsNamed(_ environment: [String: String], _ part: String) {
        let error = #expect(throws: Failure.self) { try ProcessLaunch(environment) }
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        #expect(error?.description.contains("\n") == false && error?.exitStatus == .usage)
    }

    @Test func commandsOfOneProcessRefuseSeveral() throws {
        try ProcessLaunch.refuse([:], for: "avprep run")
        let error = #expect(throws: Failure.self) {
            try ProcessLaunch.refuse(["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2"], for: "avprep run")
        }
        #expect(error?.description.contains("avprep run is the work of one process, and 4 were started") == true)
    }
}
