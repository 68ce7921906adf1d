import CEngine

extension Engine {
    /// Runs `body` and counts the memory that its tensors take on this engine's device.
    ///
    /// - Returns: the most bytes that were taken at one time, besides those that were taken before.
    package func peakBytes(of body: () throws -> Void) throws -> Int {
        let memory = try EngineLibrary.openMemory()
        try check(memory.begin_count(deviceIndex), "count memory")
        let result = Result { try body() }
        var peak: Int64 = 0
        try check(memory.end_count(&peak), "count memory")
        try result.get()
        return Int(peak)
    }

    /// Bytes that a CUDA device has left; nil on a CPU, whose memory the system tells of, and where libtorch does not tell.
    package func freeDeviceBytes() throws -> Int? {
        guard isCUDA else { return nil }
        var bytes: Int64 = -1
        try check(EngineLibrary.openMemory().free_memory(&bytes, deviceIndex), "ask for the memory that is free")
        return bytes < 0 ? nil : Int(bytes)
    }
}
