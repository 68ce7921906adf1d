import CFFmpeg
import Foundation

/// Reads an open file for libavformat, which never opens anything itself.
final class InputFile {
    let io: UnsafeMutablePointer<AVIOContext>
    private let file: LocalFile
    private let size: Int
    private let budget: DecodeBudget
    /// Offset of the next byte to read.
    private var place = 0
    private var zeros = ZeroMeter()
    /// Why bytes that the file has, or had when it was opened, could not be read; nil while every read gave them.
    ///
    /// libavformat takes most failed reads for the end of the file, so whoever asks it for more has to ask here, too.
    fileprivate(set) var failure: MediaError?

    /// Bytes read so far that lie in long runs of zeros.
    var zeroBytes: Int { zeros.zeroBytes }

    private static let bufferSize: Int32 = 1 << 16

    /// Starts at the file's first byte.
    ///
    /// - Parameter size: where the part of the file ends that libavformat may see.
    init(_ file: LocalFile, size: Int, budget: DecodeBudget) {
        self.file = file
        self.size = size
        self.budget = budget
        let buffer = FFmpeg.allocated(av_malloc(Int(Self.bufferSize))).assumingMemoryBound(to: UInt8.self)
        io = FFmpeg.allocated(avio_alloc_context(buffer, Self.bufferSize, 0, nil, readInput, nil, seekInput))
        // Unretained: the context dies with this object.
        io.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        // libavformat may have replaced our buffer.
        av_free(io.pointee.buffer)
        var io: UnsafeMutablePointer<AVIOContext>? = io
        avio_context_free(&io)
    }

    fileprivate func read(into buffer: UnsafeMutablePointer<UInt8>?, size: Int32) -> Int32 {
        if budget.isExhausted { return avprep_averror_exit }
        // Behind the end nothing is read; the file may have grown since it was opened.
        let wanted = min(Int(size), self.size - place)
        guard wanted > 0 else { return avprep_averror_eof }
        while true {
            let count = file.read(into: buffer, count: wanted, at: place)
            if count > 0 {
                zeros.note(UnsafeRawBufferPointer(start: buffer, count: count), at: place)
                place += count
                return Int32(count)
            }
            if count == 0 {
                if place < file.size { failure = failure ?? .shortened(file.path, at: place, of: file.size) }
                return avprep_averror_eof
            }
            let error = errno
            if error == EINTR { continue }
            failure = failure ?? .unread(file.path, at: place, error)
            return avprep_averror(error)
        }
    }

    fileprivate func seek(to offset: Int64, whence: Int32) -> Int64 {
        if whence & AVSEEK_SIZE != 0 { return Int64(size) }
        let origin: Int
        switch whence & ~AVSEEK_FORCE {
        case SEEK_SET: origin = 0
        case SEEK_CUR: origin = place
        case SEEK_END: origin = size
        default: return Int64(avprep_averror(EINVAL))
        }
        // A damaged container may contain any offset.
        let (target, isOutside) = origin.addingReportingOverflow(Int(offset))
        guard !isOutside, target >= 0 else { return Int64(avprep_averror(EINVAL)) }
        place = target
        return Int64(target)
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
