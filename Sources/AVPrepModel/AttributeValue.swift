/// The value of an HDF5 attribute: the metadata of a file, beside its rows.
///
/// In JSON it is the plain value. JSON has one kind of number, so 16000.0 comes back as the integer 16000; equality
/// therefore compares numbers, not kinds.
package enum AttributeValue: Sendable, Equatable, Codable {
    /// UTF-8 text, stored with fixed length.
    case string(String)
    /// int64
    case int(Int)
    /// float64
    case double(Double)
    /// h5py's bool: an enumeration FALSE = 0, TRUE = 1 over int8.
    case bool(Bool)
    /// A list of texts, stored with the length of the longest.
    case strings([String])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode([String].self) {
            self = .strings(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .strings(let value): try container.encode(value)
        }
    }

    package static func == (left: AttributeValue, right: AttributeValue) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.strings(let left), .strings(let right)): left == right
        default: left.number != nil && left.number == right.number
        }
    }

    /// The text, if it is one.
    package var text: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, if it is one (a float64 without a fraction counts).
    package var integer: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, integer or not.
    package var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
