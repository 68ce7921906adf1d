import AVPrepCore
import AVPrepModel
import CSandbox
import Foundation

/// Memory shared by two processes through a descriptor that one passes to the other.
///
/// Its size is sealed: the other process cannot shorten it, which would make reading it fatal. Its content can change
/// at any time, since the other process may write while we read: it is only ever read as pixels and samples.
final class SharedMemory {
    let byteCount: Int
    let bytes: UnsafeMutableRawBufferPointer
    /// For the other process; nil at that process's end.
    let descriptor: Int32?

    /// Creates memory to read from.
    init(byteCount: Int) throws(DecoderError) {
        let descriptor = avprep_memory_file(byteCount)
        guard descriptor >= 0 else { throw Self.failure(byteCount, systemError()) }
        guard let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
            let reason = systemError()
            close(descriptor)
            throw Self.failure(byteCount, reason)
        }
        self.byteCount = byteCount
        self.descriptor = descriptor
        bytes = UnsafeMutableRawBufferPointer(start: base, count: byteCount)
    }

    /// Maps memory created by another process, to write to. The descriptor is closed.
    init(adopting descriptor: Int32, byteCount: Int) throws(DecoderError) {
        defer { close(descriptor) }
        guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED
        else { throw Self.failure(byteCount, systemError()) }
        self.byteCount = byteCount
        self.descriptor = nil
        bytes = UnsafeMutableRawBufferPointer(start: base, count: byteCount)
    }

    /// The memory for one file's pictures is not to be had; that of another one may be.
    private static func failure(_ byteCount: Int, _ reason: String) -> DecoderError {
        DecoderError(
            "cannot get \(byteCount) bytes of shared memory for its pictures: \(reason); take fewer workers, or leave "
                + "the file out", endsRun: false)
    }

    deinit {
        let status = munmap(bytes.baseAddress, byteCount)
        precondition(status == 0, "munmap of what was mapped: \(systemError())")
        if let descriptor { close(descriptor) }
    }

    /// The picture in a slot: valid until the slot is released.
    func picture(_ slot: Int, of layout: RingLayout, width: Int, height: Int) -> PixelBuffer {
        let start = layout.pictureStart(slot)
        let memory = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + layout.pictureBytes])
        return PixelBuffer(
            width: width, height: height, channels: 3, lentBy: self, memory: memory.bindMemory(to: UInt8.self))
    }

    /// The samples in a slot: valid until the slot is released.
    func samples(_ slot: Int, of layout: RingLayout) -> UnsafeMutableBufferPointer<Float> {
        let start = layout.soundStart(slot)
        let end = start + layout.soundSamples * MemoryLayout<Float>.stride
        return UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]).bindMemory(to: Float.self)
    }
}
