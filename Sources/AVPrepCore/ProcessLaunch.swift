/// How this process was started as one of several that do one work together: by `mpirun`, by `srun`, or as torchrun does.
package struct ProcessLaunch: Sendable, Equatable {
    /// What the processes find each other by.
    package enum Rendezvous: Sendable, Equatable {
        case mpi
        /// An address at which torch's store answers.
        case store(host: String, port: Int)
    }

    package let rendezvous: Rendezvous
    /// The number of this process, from 0. Rank 0 writes and speaks for all.
    package let rank: Int
    /// The number of processes.
    package let size: Int
    /// Its number among those of this machine, and theirs; nil where the launcher does not say.
    package let localRank: Int?
    package let localSize: Int?

    /// Reads what launchers tell their processes; nil where this one was started alone.
    ///
    /// Open MPI's variables count before Slurm's, since mpirun may run inside a job; both before torchrun's, which scripts
    /// set for other programs too.
    /// - Throws: ``Failure`` naming the variable that makes no sense.
    package init?(_ environment: [String: String]) throws {
        func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            guard let value = Int(text), range.contains(value) else {
                throw Failure(
                    """
                    \(name) is \(text.debugDescription), and should be a number from \(range.lowerBound) to \
                    \(range.upperBound); unset it to train by one process, or start avprep with mpirun, srun or torchrun
                    """, exitStatus: .usage)
            }
            return value
        }
        let most = 1 << 20
        /// The rank of a launcher that says how many it has started.
        func rank(_ name: String, of size: Int, _ sizeName: String) throws -> Int {
            guard let rank = try number(name, 0...size - 1) else {
                throw Failure(
                    "\(sizeName) is \(size), but \(name) is not set; unset \(sizeName) to train by one process",
                    exitStatus: .usage)
            }
            return rank
        }
        let mpi = [
            (
                "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
                "OMPI_COMM_WORLD_LOCAL_RANK"
            ),
            ("PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"),
            // Of a step alone: a batch script has the number of its job's tasks, and is one process.
            ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "", "SLURM_LOCALID"),
        ]
        for (sizeName, rankName, localSizeName, localRankName) in mpi {
            guard let size = try number(sizeName, 1...most) else { continue }
            if size == 1 {
                // mpirun's own word holds, whatever a job around it says.
                if sizeName == "OMPI_COMM_WORLD_SIZE" { return nil }
                continue
            }
            (self.rendezvous, self.size) = (.mpi, size)
            self.rank = try rank(rankName, of: size, sizeName)
            localRank = try number(localRankName, 0...size - 1)
            localSize = try number(localSizeName, 1...size)
            return
        }
        guard let size = try number("WORLD_SIZE", 1...most), size > 1 else { return nil }
        self.rank = try rank("RANK", of: size, "WORLD_SIZE")
        guard let host = environment["MASTER_ADDR"], !host.isEmpty, let port = try number("MASTER_PORT", 1...65_535)
        else {
            throw Failure(
                """
                WORLD_SIZE is \(size), but MASTER_ADDR and MASTER_PORT do not say where the processes meet; start them \
                with torchrun or mpirun, or unset WORLD_SIZE to train by one process
                """, exitStatus: .usage)
        }
        (self.rendezvous, self.size) = (.store(host: host, port: port), size)
        localRank = try number("LOCAL_RANK", 0...size - 1)
        localSize = try number("LOCAL_WORLD_SIZE", 1...size)
    }

    /// Insists on being alone, for work that one process does.
    ///
    /// - Parameter command: what is asked for, e.g. `avprep run`.
    package static func refuse(_ environment: [String: String], for command: String) throws {
        guard let launch = try ProcessLaunch(environment) else { return }
        throw Failure(
            """
            \(command) is the work of one process, and \(launch.size) were started; run it alone, and start \
            `avprep train` or `avprep evaluate` as several
            """, exitStatus: .usage)
    }
}
