/// The type of a tensor's elements. Raw values are the engine's; names are those of the safetensors format.
package enum ElementType: Int32, Sendable {
    /// IEEE 754 single precision.
    case float32 = 0
    /// An unsigned byte.
    case uint8 = 1
    /// A signed 64-bit integer.
    case int64 = 2
    /// The upper half of a single: what ``Engine/Precision/bfloat16`` computes in. No file holds it.
    case bfloat16 = 3

    /// Those that are stored.
    package static let stored: [ElementType] = [.float32, .uint8, .int64]

    /// Bytes per element.
    package var byteCount: Int {
        switch self {
        case .float32: 4
        case .uint8: 1
        case .int64: 8
        case .bfloat16: 2
        }
    }

    /// The `dtype` in a safetensors header.
    package var safeTensorsName: String {
        switch self {
        case .float32: "F32"
        case .uint8: "U8"
        case .int64: "I64"
        case .bfloat16: "BF16"
        }
    }

    package init?(safeTensorsName: String) {
        guard let type = Self.stored.first(where: { $0.safeTensorsName == safeTensorsName }) else { return nil }
        self = type
    }
}
