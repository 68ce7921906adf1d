/// Encoded pictures one after another in one buffer: how frames and flow wait for the writer.
package struct PictureSequence: Sendable, Equatable {
    /// The pictures' bytes, end to end.
    package private(set) var bytes: [UInt8] = []
    /// Where each picture begins in `bytes`, and where the last one ends: `count + 1` numbers, the first 0.
    package private(set) var offsets: [Int64] = [0]

    package init() {}

    /// Number of pictures.
    package var count: Int { offsets.count - 1 }

    /// Adds one encoded picture.
    package mutating func append(_ picture: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: picture)
        offsets.append(Int64(bytes.count))
    }

    /// Forgets the pictures and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
    }
}
