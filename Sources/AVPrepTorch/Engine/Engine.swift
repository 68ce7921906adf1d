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

    // Sendable because everything here is set once, and the functions of the table may be called from any thread.
    let api: avprep_engine_api
    /// -1 for the CPU, otherwise the number of the CUDA device.
    package let deviceIndex: Int32

    private init(api: avprep_engine_api, deviceIndex: Int32) {
        self.api = api
        self.deviceIndex = deviceIndex
    }

    /// Loads the engine and selects a device.
    ///
    /// - Parameters:
    ///   - device: `auto` selects the first CUDA device, or else the CPU.
    ///   - threads: threads per operation on a CPU; 0 means all cores. It is a setting of the process.
    /// - Throws: `TorchError(.engine)` when the library is missing or unsuitable, or the device does not exist.
    package static func load(device: Engine.Device = .auto, threads: Int = 0) throws -> Engine {
        precondition(threads >= 0, "\(threads) threads")
        let api = try EngineLibrary.open()
        guard api.abi_version == UInt32(AVPREP_ENGINE_ABI) else {
            throw TorchError(.engine, "the training engine is damaged; build it again with `make engine`")
        }
        let probe = Engine(api: api, deviceIndex: Int32(AVPREP_CPU))
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
        try probe.check(api.set_deterministic(1), "ask for deterministic kernels")
        let usesCUDA = device != .cpu && cudaDevices > 0
        return usesCUDA ? Engine(api: api, deviceIndex: 0) : probe
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

    /// Turns a failure of the C interface into an error with the engine's message.
    ///
    /// - Parameter operation: the operation, worded to follow "cannot".
    package func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(TorchError) {
        guard status != 0 else { return }
        let reason = lastError
        let advice = reason.lowercased().contains("memory") ? "; lower train.batch_size or the size of the model" : ""
        throw TorchError(.operation, "cannot \(operation()) on \(deviceName): \(reason)\(advice)")
    }

    /// What the engine says of the last failure.
    var lastError: String { String(cString: api.last_error()) }
}
