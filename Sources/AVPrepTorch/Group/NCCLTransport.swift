import AVPrepCore
import CEngine
import Foundation

/// NCCL alone between processes with a CUDA device each, as torchrun starts them: what they tell each other goes over their
/// devices, too.
struct NCCLTransport: GroupTransport, @unchecked Sendable {
    // Sendable because the functions of the table are called by one thread at a time (``ProcessGroup``).
    let engine: Engine
    let api: avprep_group_api
    let size: Int

    /// How long processes wait for each other at the beginning: machines of a job may start minutes apart.
    private static let patienceSeconds = 600.0

    func join(_ launch: ProcessLaunch, device: Int, host: String, port: Int) throws {
        var id = launch.rank == 0 ? try engine.newNCCLID(api) : Data(count: Int(AVPREP_NCCL_ID_BYTES))
        try id.withUnsafeMutableBytes { bytes in
            guard let address = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            try engine.check(
                api.share_id(
                    address, host, Int32(port), Int32(launch.rank), Int32(launch.size), Self.patienceSeconds),
                "meet the other processes at \(host):\(port)")
        }
        try engine.on(device: device).beginNCCL(api, id: id, rank: launch.rank, size: launch.size)
    }

    func allGather(_ bytes: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) throws {
        guard let source = bytes.baseAddress, let target = all.baseAddress else { return }
        try engine.check(api.nccl_all_gather(target, source, Int64(bytes.count)), "exchange \(bytes.count) bytes")
    }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) throws {
        guard let target = bytes.baseAddress else { return }
        try engine.check(api.nccl_broadcast(target, Int64(bytes.count)), "send \(bytes.count) bytes")
    }

    func leave() throws { try engine.check(api.end(), "part the processes") }

    /// They have joined already.
    func attach(_ api: avprep_group_api, _ group: ProcessGroup, to engine: Engine) throws {}
}

extension Engine {
    /// A new number for NCCL, for all processes.
    func newNCCLID(_ api: avprep_group_api) throws -> Data {
        var id = [UInt8](repeating: 0, count: Int(AVPREP_NCCL_ID_BYTES))
        try check(api.nccl_id(&id), "begin with NCCL")
        return Data(id)
    }

    /// Joins the processes on this engine's device.
    func beginNCCL(_ api: avprep_group_api, id: Data, rank: Int, size: Int) throws {
        try check(api.begin_nccl([UInt8](id), Int32(rank), Int32(size), deviceIndex), "join \(size) processes")
    }
}
