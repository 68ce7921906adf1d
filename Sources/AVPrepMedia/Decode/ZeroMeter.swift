/// Counts the bytes of a file that lie in long runs of zeros: holes of a download that is not complete, and lost sectors.
struct ZeroMeter {
    private(set) var zeroBytes = 0
    /// Everything before this offset is counted.
    private var reached = 0

    /// Runs of fewer blocks are content: padding, and silence in short packets.
    private static let leastBlocks = 8
    private static let blockBytes = 512

    /// Examines bytes that were read from `offset` on, except for what was read before.
    mutating func note(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let end = offset + bytes.count
        guard end > reached else { return }
        let first = max(offset, reached)
        reached = end
        var run = 0
        func close(_ zeroBytes: inout Int) {
            if run >= Self.leastBlocks { zeroBytes += run * Self.blockBytes }
            run = 0
        }
        var block = (first + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
        while block + Self.blockBytes <= end {
            if Self.isZero(bytes, block - offset) { run += 1 } else { close(&zeroBytes) }
            block += Self.blockBytes
        }
        close(&zeroBytes)
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        var place = start
        while place < start + blockBytes {
            if bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) != 0 { return false }
            place += 8
        }
        return true
    }
}
