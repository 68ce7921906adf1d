package import Foundation

/// A tensor's values in main memory, without an engine: used for files and between threads.
package struct HostTensor: Sendable, Equatable {
    package let type: ElementType
    /// Sizes of the dimensions; empty for a single number.
    package let shape: [Int]
    /// Row-major, without gaps, little-endian.
    package let bytes: Data

    /// - Parameter bytes: exactly the elements of `shape`.
    package init(type: ElementType, shape: [Int], bytes: Data) {
        precondition(bytes.count == shape.reduce(type.byteCount, *), "\(bytes.count) bytes for the shape \(shape)")
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    package init(_ values: [Float], shape: [Int]) {
        self.init(type: .float32, shape: shape, bytes: values.withUnsafeBytes { Data($0) })
    }

    package init(integers: [Int64], shape: [Int]) {
        self.init(type: .int64, shape: shape, bytes: integers.withUnsafeBytes { Data($0) })
    }

    /// The values of a `float32` tensor, row-major.
    package var floats: [Float] { elements(.float32) }

    /// The values of an `int64` tensor, row-major.
    package var integers: [Int64] { elements(.int64) }

    private func elements<Element>(_ type: ElementType) -> [Element] {
        precondition(self.type == type, "the elements are \(self.type), not \(type)")
        return Array(unsafeUninitializedCapacity: bytes.count / type.byteCount) { buffer, count in
            count = bytes.copyBytes(to: buffer) / type.byteCount
        }
    }
}
