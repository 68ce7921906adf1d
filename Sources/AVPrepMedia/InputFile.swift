import AVPrepCore
import CFFmpeg
import Foundation

/// A local file opened by us, which libavformat reads through: it never opens anything itself.
final class InputFile {
    let io: UnsafeMutablePointer<AVIOContext>
    private let descriptor: Int32
    private let budget: DecodeBudget
    /// The system's error number of the first read that failed, 0 when none did.
    fileprivate(set) var readError: Int32 = 0

    private static let bufferSize: Int32 = 1 << 16

    /// - Throws: ``MediaError`` with `unreadable` when the path is missing, forbidden or not a regular file.
    init(path: String, budget: DecodeBudget) throws(MediaError) {
        // Not blocking, or opening a named pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw MediaError(.unreadable, "cannot open \(path): \(systemError())") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MediaError(.unreadable, "cannot open \(path): not a regular file")
        }
        self.descriptor = descriptor
        self.budget = budget
        let buffer = FFmpeg.allocated(av_malloc(Int(Self.bufferSize))).assumingMemoryBound(to: UInt8.self)
        io = FFmpeg.allocated(avio_alloc_context(buffer, Self.bufferSize, 0, nil, readInput, nil, seekInput))
        // Unretained: the context dies with this object.
        io.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        // libavformat may have put another buffer in place of ours.
        av_free(io.pointee.buffer)
        var io: UnsafeMutablePointer<AVIOContext>? = io
        avio_context_free(&io)
        close(descriptor)
    }

    fileprivate func read(into buffer: UnsafeMutablePointer<UInt8>?, size: Int32) -> Int32 {
        if budget.isExhausted { return avprep_averror_exit }
        while true {
            let count = Foundation.read(descriptor, buffer, Int(size))
            if count > 0 { return Int32(count) }
            if count == 0 { return avprep_averror_eof }
            if errno == EINTR { continue }
            if readError == 0 { readError = errno }
            return avprep_averror(errno)
        }
    }

    fileprivate func seek(to offset: Int64, whence: Int32) -> Int64 {
        if whence & AVSEEK_SIZE != 0 {
            var status = stat()
            return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : Int64(avprep_averror(errno))
        }
        let position = lseek(descriptor, off_t(offset), whence & ~AVSEEK_FORCE)
        return position < 0 ? Int64(avprep_averror(errno)) : Int64(position)
    }
}

private func readInput(_ file: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ size: Int32) -> Int32
{
    guard let file else { return avprep_averror(EINVAL) }
    return Unmanaged<InputFile>.fromOpaque(file).takeUnretainedValue().read(into: buffer, size: size)
}

private func seekInput(_ file: UnsafeMutableRawPointer?, _ offset: Int64, _ whence: Int32) -> Int64 {
    guard let file else { return Int64(avprep_averror(EINVAL)) }
    return Unmanaged<InputFile>.fromOpaque(file).takeUnretainedValue().seek(to: offset, whence: whence)
}
