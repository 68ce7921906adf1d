import CCollective
import CEngine
import Foundation

/// Finds and opens `libavprep_mpi.so`, the one part of avprep that needs MPI.
enum CollectiveLibrary {
    static let file = LoadedLibrary(
        fileName: "libavprep_mpi.so", variable: "AVPREP_MPI", name: "library that joins processes")

    /// - Throws: `TorchError(.engine)` when it is missing, cannot be loaded, or has another version.
    static func open(candidates: [String] = file.candidates()) throws -> avprep_collective_api {
        typealias Entry = @convention(c) (UInt32) -> UnsafePointer<avprep_collective_api>?
        // Global: MPI loads parts of itself later, which look for its symbols there.
        let entry = try file.open(candidates, symbol: "avprep_collective", flags: RTLD_GLOBAL)
        guard let api = unsafeBitCast(entry.symbol, to: Entry.self)(UInt32(AVPREP_COLLECTIVE_ABI)) else {
            throw file.otherVersion(entry.path)
        }
        return api.pointee
    }
}

/// MPI between the processes; tensors on CUDA devices go by NCCL.
struct MPITransport: GroupTransport, @unchecked Sendable {
    // Sendable because the functions of the table are called by one thread at a time (``ProcessGroup``).
    let api: avprep_collective_api

    var description: String { String(cString: api.description()) }

    func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(TorchError) {
        guard status != 0 else { return }
        throw TorchError(.engine, "MPI cannot \(operation()): \(String(cString: api.last_error()))")
    }

    func allGather(_ bytes: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) throws {
        guard let source = bytes.baseAddress, let target = all.baseAddress else { return }
        try check(api.all_gather(target, source, Int64(bytes.count)), "exchange \(bytes.count) bytes")
    }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) throws {
        guard let target = bytes.baseAddress else { return }
        try check(api.broadcast(target, Int64(bytes.count)), "send \(bytes.count) bytes")
    }

    func leave() throws { try check(api.leave(), "part the processes") }

    func attach(_ groupAPI: avprep_group_api, _ group: ProcessGroup, to engine: Engine) throws {
        var host = avprep_group_host(all_reduce: api.all_reduce, all_gather: api.all_gather, broadcast: api.broadcast)
        try engine.check(groupAPI.begin(Int32(group.size), &host), "join \(group.size) processes")
        guard engine.isCUDA else { return }
        let id = try group.broadcast(try engine.newNCCLID(groupAPI))
        try engine.beginNCCL(groupAPI, id: id, rank: group.rank, size: group.size)
    }
}
