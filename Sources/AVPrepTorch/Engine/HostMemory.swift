import CEngine
import Foundation

/// Memory that batches are prepared in and that tensors borrow: page-locked where the device reads it without help.
package final class HostMemory: @unchecked Sendable {
    // Sendable because its users hand it on under locks of their own.

    package let bytes: UnsafeMutableRawBufferPointer
    private let engine: Engine?

    /// Whole cache lines, and what vector instructions like.
    private static let alignment = 64

    /// - Parameters:
    ///   - byteCount: > 0; the memory is cleared.
    ///   - engine: whose device is to read it; nil for none.
    /// - Throws: `TorchError` for want of memory.
    package init(byteCount: Int, engine: Engine?) throws {
        precondition(byteCount > 0, "memory of \(byteCount) bytes")
        self.engine = engine?.isCUDA == true ? engine : nil
        if let engine = self.engine {
            guard let start = engine.api.allocate_host(Int64(byteCount), engine.deviceIndex) else {
                throw TorchError(
                    .operation,
                    "cannot lock \(byteCount) bytes of memory for batches: \(engine.lastError); lower train.batch_size or "
                        + "train.prefetch_batches")
            }
            bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
        } else {
            var start: UnsafeMutableRawPointer?
            guard posix_memalign(&start, Self.alignment, byteCount) == 0, let start else {
                throw TorchError(
                    .operation,
                    "cannot allocate \(byteCount) bytes of memory for batches; lower train.batch_size or "
                        + "train.prefetch_batches")
            }
            bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
        }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        guard let engine else { return free(bytes.baseAddress) }
        bytes.baseAddress.map { engine.api.free_host($0, engine.deviceIndex) }
    }
}
