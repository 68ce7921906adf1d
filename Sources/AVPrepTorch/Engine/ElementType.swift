/// The type of a tensor's elements. Raw values are the engine's; names are those of the safetensors format.
package enum ElementType: Int32, Sendable, CaseIterable {
    /// IEEE 754 single precision.
    case float32 = 0
    /// An unsigned byte.
    case uint8 = 1
    /// A signed 64-bit integer.
    case int64 = 2

    /// Bytes per element.
    package var byteCount: Int {
        switch self {
        case .float32: 4
        case .uint8: 1
        case .int64: 8
        }
    }

    /// The `dtype` in a safetensors header.
    package var safeTensorsName: String {
        switch self {
        case .float32: "F32"
        case .uint8: "U8"
        case .int64: "I64"
        }
    }

    package init?(safeTensorsName: String) {
        guard let type = Self.allCases.first(where: { $0.safeTensorsName == safeTensorsName }) else { return nil }
        self = type
    }
}
