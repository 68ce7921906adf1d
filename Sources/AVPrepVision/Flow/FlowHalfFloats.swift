import AVPrepCore

/// Optical flow as 16-bit floats: displacements in pixels, `[2 · height, width]`, the x field above the y field.
package final class FlowHalfFloats {
    /// The encoding, for the attributes of stored flow.
    package static let rule = "v, in pixels, as a 16-bit float"
    /// The largest displacement that a 16-bit float holds.
    package static let bound = 65504.0

    private let width: Int
    private let height: Int
    private let planes: UnsafeMutableBufferPointer<Float>
    private let halves: UnsafeMutableBufferPointer<Float16>

    /// Allocates buffers for fields of one size.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
        planes = .allocate(capacity: 2 * width * height)
        planes.initialize(repeating: 0)
        halves = .allocate(capacity: 2 * width * height)
        halves.initialize(repeating: 0)
    }

    deinit {
        planes.deallocate()
        halves.deallocate()
    }

    /// The field's values, valid until the next call.
    package func encode(_ field: FlowField) -> UnsafeBufferPointer<Float16> {
        precondition(field.width == width && field.height == height, "the flow field has another size")
        let count = width * height
        for pixel in 0..<count {
            planes[pixel] = field.vectors[2 * pixel]
            planes[count + pixel] = field.vectors[2 * pixel + 1]
        }
        Half.convert(UnsafeBufferPointer(planes), into: halves)
        return UnsafeBufferPointer(halves)
    }

    /// Fills `field` from stored values, little-endian, of the same count.
    package static func decode(_ bytes: UnsafeRawBufferPointer, into field: FlowField) {
        let count = field.width * field.height
        precondition(bytes.count == 4 * count, "the values belong to a field of another size")
        for pixel in 0..<count {
            for part in 0..<2 {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * (part * count + pixel), as: UInt16.self)
                field.vectors[2 * pixel + part] = Float(Float16(bitPattern: UInt16(littleEndian: bits)))
            }
        }
    }
}
