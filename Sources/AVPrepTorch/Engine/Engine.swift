import AVPrepCore
import CEngine
import Foundation

/// The tensor engine: libtorch behind avprep's C interface, on one device.
///
/// libtorch is not loaded before ``load(device:threads:)``. A tensor and everything computed from it belong to one
/// thread at a time; whether gradients are recorded is a setting of each thread.
package final class Engine: @unchecked Sendable {
    /// The device that holds the tensors.
    package enum Device: String, Sendable, Codable, CaseIterable {
        /// The first CUDA device, or else the CPU.
        case auto
        case cpu, cuda
    }

    /// What convolutions and products are computed in; weights, statistics and losses stay in single precision.
    package enum Precision: String, Sendable, Codable, CaseIterable {
        case float32
        /// bfloat16 (Kalamkar et al., arXiv 1905.12322): the exponent of a single with 8 bits of fraction, faster where the
        /// device has instructions for it.
        case bfloat16
    }

    // Sendable because everything here is set once, and the functions of the table may be called from any thread.
    let api: avprep_engine_api
    /// -1 for the CPU, otherwise the number of the CUDA device.
    package let deviceIndex: Int32
    let precision: Precision
    /// The processes with which this one has its model in common; nil where it is alone.
    let group: EngineGroup?

    private init(api: avprep_engine_api, deviceIndex: Int32, precision: Precision, group: EngineGroup? = nil) {
        self.api = api
        self.deviceIndex = deviceIndex
        self.precision = precision
        self.group = group
    }

    /// The same engine on another CUDA device.
    func on(device: Int) -> Engine {
        Engine(api: api, deviceIndex: Int32(device), precision: precision, group: group)
    }

    /// The same engine, as one of several processes with one model.
    ///
    /// - Parameter synchronizesBatchNorm: whether batch normalisation in training takes the statistics of all processes'
    ///   batches together.
    /// - Throws: `TorchError` when the processes cannot join on this engine's device.
    package func joining(_ processes: ProcessGroup, synchronizesBatchNorm: Bool) throws -> Engine {
        guard isCUDA || !processes.needsCUDA else {
            throw TorchError(
                .engine, "processes that were started as by torchrun need CUDA devices; start them with mpirun")
        }
        let placed = isCUDA ? on(device: processes.localRank % deviceCount) : self
        let api = try EngineLibrary.openGroup()
        try processes.attach(api, to: placed)
        return Engine(
            api: self.api, deviceIndex: placed.deviceIndex, precision: precision,
            group: EngineGroup(api: api, synchronizesBatchNorm: synchronizesBatchNorm))
    }

    /// Loads the engine and selects a device.
    ///
    /// - Parameters:
    ///   - device: `auto` selects the first CUDA device, or else the CPU.
    ///   - threads: threads per operation on a CPU; 0 means all cores. It is a setting of the process.
    ///   - precision: what ``inPrecision(_:)`` computes in.
    ///   - isDeterministic: whether only kernels are used that give the same bits on every run; of the process.
    /// - Throws: `TorchError(.engine)` when the library is missing or unsuitable, or the device does not exist.
    package static func load(
        device: Engine.Device = .auto, threads: Int = 0, precision: Precision = .float32, isDeterministic: Bool = true
    ) throws -> Engine {
        precondition(threads >= 0, "\(threads) threads")
        let api = try EngineLibrary.open()
        guard api.abi_version == UInt32(AVPREP_ENGINE_ABI) else {
            throw TorchError(.engine, "the training engine is damaged; build it again with `make engine`")
        }
        let probe = Engine(api: api, deviceIndex: Int32(AVPREP_CPU), precision: precision)
        var cudaDevices: Int32 = 0
        try probe.check(api.device_count(&cudaDevices), "count the CUDA devices")
        if device == .cuda, cudaDevices == 0 {
            throw TorchError(
                .engine,
                "no CUDA device: \(probe.description) finds none; set train.device to cpu or auto, "
                    + "or build the engine against a libtorch with CUDA: `make engine LIBTORCH=…`")
        }
        let count = threads > 0 ? threads : AvailableProcessors.count
        try probe.check(api.set_threads(Int32(clamping: count)), "set \(count) threads")
        try probe.check(api.set_deterministic(isDeterministic ? 1 : 0), "choose deterministic kernels")
        let usesCUDA = device != .cpu && cudaDevices > 0
        return usesCUDA ? Engine(api: api, deviceIndex: 0, precision: precision) : probe
    }

    /// CUDA devices of this machine; 0 where there are none.
    var deviceCount: Int {
        var count: Int32 = 0
        return api.device_count(&count) == 0 ? Int(count) : 0
    }

    /// Whether tensors are on a CUDA device.
    package var isCUDA: Bool { deviceIndex >= 0 }

    /// `cpu` or `cuda:0`.
    package var deviceName: String { isCUDA ? "cuda:\(deviceIndex)" : "cpu" }

    /// One line: libtorch's version, and that of CUDA if it was built with it.
    package var description: String { String(cString: api.description()) }

    /// Threads per operation on a CPU, as reported by libtorch on this thread.
    package var threads: Int {
        var count: Int32 = 0
        return api.threads(&count) == 0 ? Int(count) : 1
    }

    /// Number of tensor handles in the whole process, for finding leaks.
    var liveTensors: Int { Int(api.live_tensors()) }

    /// Runs `body` without recording operations for gradients, on this thread: for evaluation.
    package func withoutGradients<Result>(_ body: () throws -> Result) throws -> Result {
        var was: Int32 = 1
        try check(api.set_recording(&was, 0), "stop recording gradients")
        defer {
            var ignored: Int32 = 0
            let status = api.set_recording(&ignored, was)
            precondition(status == 0, "recording gradients goes on: \(lastError)")
        }
        return try body()
    }

    /// Keeps memory that tensors give back, of which the next step of training takes as much. The process then never shrinks.
    package func keepMemory() throws { try check(api.keep_memory(), "keep memory") }

    /// Waits until memory that tensors have borrowed may be overwritten, once the tensors are gone.
    package func waitForCopies() throws { try check(api.wait_for_copies(), "copy a batch") }

    /// Computes `body` in the precision that the engine was loaded with, on this thread.
    package func inPrecision<Result>(_ body: () throws -> Result) throws -> Result {
        guard precision == .bfloat16 else { return try body() }
        try check(api.set_autocast(ElementType.bfloat16.rawValue, deviceIndex), "compute in bfloat16")
        defer {
            let status = api.set_autocast(ElementType.float32.rawValue, deviceIndex)
            precondition(status == 0, "bfloat16 goes on: \(lastError)")
        }
        return try body()
    }

    /// Turns a failure of the C interface into an error with the engine's message.
    ///
    /// - Parameter operation: the operation, worded to follow "cannot".
    package func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(TorchError) {
        guard status != 0 else { return }
        let reason = lastError
        let isShort = ["memory", "bad_alloc", "could not create a primitive"].contains {
            reason.lowercased().contains($0)
        }
        let advice =
            isShort
            ? "; lower train.batch_size, compute a batch in parts (train.accumulate), or lower train.model.crop_size or the "
                + "width of the model"
            : ""
        throw TorchError(.operation, "cannot \(operation()) on \(deviceName): \(reason)\(advice)")
    }

    /// What the engine says of the last failure.
    var lastError: String { String(cString: api.last_error()) }
}
