import Foundation

/// Encoded pictures, one after the other: frames or flow to be written. What is too much for memory lies in a file.
package struct PictureSequence: Sendable, Equatable {
    /// The bytes of the pictures, but for those that lie in a file.
    package private(set) var bytes: [UInt8] = []
    /// The start of each picture in all bytes, and the end of the last one: `count + 1` numbers, the first is 0.
    package private(set) var offsets: [Int64] = [0]
    /// The first bytes, where they were moved out of memory, from `skippedBytes` of the file on.
    private var file: SpillFile?
    private var skippedBytes = 0
    private var spilledBytes = 0

    package init() {}

    /// Number of pictures.
    package var count: Int { offsets.count - 1 }

    /// Bytes of all pictures, wherever they are.
    package var byteCount: Int { Int(offsets[count]) }

    /// Adds one encoded picture.
    package mutating func append(_ picture: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: picture)
        offsets.append(offsets[count] + Int64(picture.count))
    }

    /// Removes all pictures and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        (file, skippedBytes, spilledBytes) = (nil, 0, 0)
    }

    /// Moves the bytes in memory to a file without a name, if they are more than `limit`.
    ///
    /// - Parameter folder: where the file lies.
    /// - Throws: ``StoreError`` with code `unwritable`.
    package mutating func spill(over limit: Int, into folder: String) throws {
        guard bytes.count > limit else { return }
        let file = try self.file ?? SpillFile(in: folder)
        precondition(file.count == skippedBytes + spilledBytes, "a sequence that was divided cannot grow")
        try bytes.withUnsafeBytes { try file.append($0) }
        self.file = file
        spilledBytes += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }

    /// Copies some of all bytes.
    ///
    /// - Parameter target: exactly as many bytes.
    package func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws {
        precondition(target.count == range.count && range.upperBound <= byteCount, "a buffer of the wrong size")
        let inFile = range.clamped(to: 0..<spilledBytes)
        if let file, !inFile.isEmpty {
            let start = skippedBytes + inFile.lowerBound
            try file.read(start, into: UnsafeMutableRawBufferPointer(rebasing: target[..<inFile.count]))
        }
        let inMemory = range.clamped(to: spilledBytes..<max(spilledBytes, byteCount))
        guard !inMemory.isEmpty else { return }
        bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: target[(range.count - inMemory.count)...]).copyMemory(
                from: UnsafeRawBufferPointer(
                    rebasing: bytes[inMemory.lowerBound - spilledBytes..<inMemory.upperBound - spilledBytes]))
        }
    }

    /// Copies one picture.
    ///
    /// - Parameter target: exactly as many bytes as the picture has.
    package func read(picture index: Int, into target: UnsafeMutableRawBufferPointer) throws {
        try read(Int(offsets[index])..<Int(offsets[index + 1]), into: target)
    }

    /// Passes all bytes to `body` in pieces of `limit` bytes, however much of them is in memory; the last is shorter.
    package func forEachPiece(of limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var piece: [UInt8] = []
        for first in stride(from: 0, to: byteCount, by: limit) {
            let range = first..<min(first + limit, byteCount)
            if first >= spilledBytes {
                let inMemory = range.lowerBound - spilledBytes..<range.upperBound - spilledBytes
                try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[inMemory])) }
            } else {
                if piece.isEmpty { piece = [UInt8](repeating: 0, count: min(limit, byteCount)) }
                try piece.withUnsafeMutableBytes { buffer in
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
                    try read(range, into: part)
                    try body(UnsafeRawBufferPointer(part))
                }
            }
        }
    }

    /// Removes all but the first `kept` pictures and returns the removed ones, which are read back into memory.
    package mutating func split(after kept: Int) throws -> PictureSequence {
        var rest = PictureSequence()
        let end = Int(offsets[kept])
        rest.bytes = [UInt8](repeating: 0, count: byteCount - end)
        try rest.bytes.withUnsafeMutableBytes { try read(end..<byteCount, into: $0) }
        rest.offsets = offsets[kept...].map { $0 - Int64(end) }
        offsets.removeLast(count - kept)
        bytes.removeLast(bytes.count - max(0, end - spilledBytes))
        spilledBytes = min(spilledBytes, end)
        return rest
    }

    /// Removes the first pictures.
    package mutating func removeFirst(_ removed: Int) {
        let start = Int(offsets[removed])
        let inFile = min(start, spilledBytes)
        bytes.removeFirst(start - inFile)
        skippedBytes += inFile
        spilledBytes -= inFile
        offsets = offsets[removed...].map { $0 - Int64(start) }
    }

    /// The same pictures, wherever they are. Those that cannot be read back are equal to none.
    package static func == (one: PictureSequence, other: PictureSequence) -> Bool {
        func all(_ sequence: PictureSequence) -> [UInt8]? {
            if sequence.spilledBytes == 0 { return sequence.bytes }
            var all = [UInt8](repeating: 0, count: sequence.byteCount)
            do {
                try all.withUnsafeMutableBytes { try sequence.read(0..<sequence.byteCount, into: $0) }
                return all
            } catch {
                return nil
            }
        }
        guard one.offsets == other.offsets, let bytes = all(one) else { return false }
        return bytes == all(other)
    }
}
