/// Numbers as a `.npy` file of format 1.0 (NumPy Enhancement Proposal 1): what numpy.load reads.
package enum NumPyArray {
    package enum ElementType: Sendable, Equatable {
        case uint8, int16, int32, int64, float16, float32, float64
        /// Unicode of so many code points at most, each of four bytes.
        case text(Int)

        var descriptor: String {
            switch self {
            case .uint8: "|u1"
            case .int16: "<i2"
            case .int32: "<i4"
            case .int64: "<i8"
            case .float16: "<f2"
            case .float32: "<f4"
            case .float64: "<f8"
            case .text(let length): "<U\(length)"
            }
        }
    }

    /// The file's bytes before the numbers: magic, version and a Python dictionary, filled up to a multiple of 64.
    ///
    /// - Parameter shape: the numbers follow in C order, little-endian.
    package static func header(_ type: ElementType, shape: [Int]) -> [UInt8] {
        let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let text = "{'descr': '\(type.descriptor)', 'fortran_order': False, 'shape': (\(dimensions)), }"
        let prefix = 10
        let padding = (64 - (prefix + text.utf8.count + 1) % 64) % 64
        let length = text.utf8.count + padding + 1
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
            + Array(repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    }
}
