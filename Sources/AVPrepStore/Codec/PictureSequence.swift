/// Encoded pictures, concatenated in one buffer: frames or flow to be written.
package struct PictureSequence: Sendable, Equatable {
    /// The bytes of all pictures.
    package private(set) var bytes: [UInt8] = []
    /// The start of each picture in `bytes`, and the end of the last one: `count + 1` numbers, the first is 0.
    package private(set) var offsets: [Int64] = [0]

    package init() {}

    /// Number of pictures.
    package var count: Int { offsets.count - 1 }

    /// Adds one encoded picture.
    package mutating func append(_ picture: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: picture)
        offsets.append(Int64(bytes.count))
    }

    /// Removes all pictures and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
    }
}
