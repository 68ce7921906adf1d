/// A protocol buffer message under construction (protobuf.dev/programming-guides/encoding).
struct ProtocolMessage {
    var bytes: [UInt8] = []

    mutating func append(field: Int, _ value: Double) {
        appendTag(field, wireType: 1)
        appendFixed(value.bitPattern)
    }

    mutating func append(field: Int, _ value: Float) {
        appendTag(field, wireType: 5)
        appendFixed(value.bitPattern)
    }

    mutating func append(field: Int, _ value: Int) {
        appendTag(field, wireType: 0)
        appendVariable(UInt64(bitPattern: Int64(value)))
    }

    mutating func append(field: Int, _ value: String) { append(field: field, Array(value.utf8)) }

    /// Numbers packed one after the other.
    mutating func append(field: Int, packed values: [Double]) {
        append(
            field: field, values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } })
    }

    mutating func append(field: Int, _ value: ProtocolMessage) { append(field: field, value.bytes) }

    /// Bytes as they are.
    mutating func append(field: Int, _ value: [UInt8]) {
        appendTag(field, wireType: 2)
        appendVariable(UInt64(value.count))
        bytes += value
    }

    private mutating func appendTag(_ field: Int, wireType: Int) { appendVariable(UInt64(field << 3 | wireType)) }

    private mutating func appendFixed(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    private mutating func appendVariable(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
