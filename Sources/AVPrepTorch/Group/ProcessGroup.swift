package import AVPrepCore
import CCollective
import CEngine
package import Foundation

/// The processes that train one model together, and what they tell each other.
///
/// Every member calls the same methods in the same order, on one thread at a time. A process that ends by itself ends all
/// of them (``leave()``).
package final class ProcessGroup: @unchecked Sendable {
    /// The number of this process, from 0, and of all.
    package let rank: Int
    package let size: Int
    /// The same among those of this machine.
    package let localRank: Int
    package let localSize: Int
    /// Whether tensors have to be on CUDA devices: no MPI joins these processes.
    let needsCUDA: Bool
    /// One line: what joins the processes.
    package let description: String
    private let transport: any GroupTransport

    /// Whether this process writes and speaks for all.
    package var leads: Bool { rank == 0 }

    init(
        rank: Int, size: Int, localRank: Int, localSize: Int, needsCUDA: Bool, description: String,
        _ transport: any GroupTransport
    ) {
        (self.rank, self.size, self.localRank, self.localSize) = (rank, size, localRank, localSize)
        (self.needsCUDA, self.description, self.transport) = (needsCUDA, description, transport)
    }

    /// Joins the processes that were started with this one, and waits for all of them.
    ///
    /// - Parameter device: where tensors will be: without MPI, only CUDA devices have a way to each other.
    /// - Throws: `TorchError(.engine)` when a library is missing, or the launcher and MPI do not belong together.
    package static func join(_ launch: ProcessLaunch, device: Engine.Device) throws -> ProcessGroup {
        switch launch.rendezvous {
        case .mpi: try joinByMPI(launch)
        case .store(let host, let port): try joinByStore(launch, host: host, port: port, device: device)
        }
    }

    private static func joinByMPI(_ launch: ProcessLaunch) throws -> ProcessGroup {
        let mpi = MPITransport(api: try CollectiveLibrary.open())
        var (rank, size, localRank, localSize): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        try mpi.check(mpi.api.begin(&rank, &size, &localRank, &localSize), "join the processes")
        guard Int(size) == launch.size else {
            throw TorchError(
                .engine,
                """
                the launcher has started \(launch.size) processes, but \(mpi.description) knows of \(size): it is not the \
                launcher's MPI; start avprep with mpirun of this MPI, or with srun --mpi=pmix
                """)
        }
        return ProcessGroup(
            rank: Int(rank), size: Int(size), localRank: Int(localRank), localSize: Int(localSize), needsCUDA: false,
            description: mpi.description, mpi)
    }

    private static func joinByStore(
        _ launch: ProcessLaunch, host: String, port: Int, device: Engine.Device
    ) throws -> ProcessGroup {
        let engine = try Engine.load(device: device)
        let probe = engine.deviceCount
        guard engine.isCUDA, probe > 0 else {
            throw TorchError(
                .engine,
                """
                RANK and WORLD_SIZE say that \(launch.size) processes were started as by torchrun, which join through \
                CUDA devices alone, and this is the CPU: start them with `mpirun -n \(launch.size) avprep train`
                """)
        }
        let nccl = NCCLTransport(engine: engine, api: try EngineLibrary.openGroup(), size: launch.size)
        let localRank = launch.localRank ?? launch.rank % probe
        try nccl.join(launch, device: localRank % probe, host: host, port: port)
        return ProcessGroup(
            rank: launch.rank, size: launch.size, localRank: localRank, localSize: launch.localSize ?? probe,
            needsCUDA: true, description: "NCCL", nccl)
    }

    // MARK: - Telling each other

    /// The numbers of each process, by rank. All give equally many.
    package func gather(_ values: [Double]) throws -> [[Double]] {
        var all = [Double](repeating: 0, count: values.count * size)
        try all.withUnsafeMutableBytes { all in
            try values.withUnsafeBytes { try transport.allGather($0, into: all) }
        }
        return (0..<size).map { Array(all[$0 * values.count..<($0 + 1) * values.count]) }
    }

    /// The bytes of each process, by rank, of any length.
    package func gather(_ data: Data) throws -> [Data] {
        let lengths = try gather([Double(data.count)]).map { Int($0[0]) }
        let longest = lengths.max() ?? 0
        guard longest > 0 else { return lengths.map { _ in Data() } }
        let padded = data + Data(count: longest - data.count)
        var all = Data(count: longest * size)
        try all.withUnsafeMutableBytes { all in
            try padded.withUnsafeBytes { try transport.allGather($0, into: all) }
        }
        return lengths.enumerated().map { rank, length in all.subdata(in: rank * longest..<rank * longest + length) }
    }

    /// Rank 0's bytes for all; what others give is not looked at.
    package func broadcast(_ data: @autoclosure () throws -> Data) throws -> Data {
        let own = leads ? try data() : Data()
        let length = Int(try gather([Double(own.count)])[0][0])
        var data = leads ? own : Data(count: length)
        try data.withUnsafeMutableBytes { bytes in
            if bytes.count > 0 { try transport.broadcast(bytes) }
        }
        return data
    }

    /// Waits for all.
    package func wait() throws { _ = try gather([0]) }

    /// Parts from the others, who part too: from here on a process may end as it likes. What ends by an error before must
    /// not come here: its end is told to the others by the launcher or by MPI, which end them.
    package func leave() throws { try transport.leave() }

    /// Does what every process does for itself, and goes on only when all have done it. Where it failed, the first of these
    /// processes throws its error, and the others wait for the end that this puts to all: so it is said once.
    ///
    /// - Parameter body: exchanges nothing.
    package func together<Value>(_ body: () throws -> Value) throws -> Value {
        let result = Result { try body() }
        let isFailure = if case .failure = result { 1.0 } else { 0.0 }
        guard let first = try gather([isFailure]).firstIndex(where: { $0[0] != 0 }) else { return try result.get() }
        // The first one never comes.
        if first != rank { try wait() }
        return try result.get()
    }

    // MARK: - Tensors

    /// Lets this engine's tensors be exchanged.
    func attach(_ api: avprep_group_api, to engine: Engine) throws {
        try transport.attach(api, self, to: engine)
    }
}

/// What carries the exchanged bytes.
protocol GroupTransport: Sendable {
    /// - Parameter all: as large as the bytes of all processes.
    func allGather(_ bytes: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) throws
    /// Replaces the bytes by those of rank 0.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) throws
    func leave() throws
    /// Lets an engine's tensors be exchanged.
    func attach(_ api: avprep_group_api, _ group: ProcessGroup, to engine: Engine) throws
}
