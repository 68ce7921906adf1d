/// The checksum of TFRecord files: CRC-32C (Castagnoli polynomial, RFC 3720 appendix B.4), byte by byte over a table.
enum CRC32C {
    /// The checksum of `bytes`.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var register: UInt32 = .max
        for byte in bytes { register = table[Int((register ^ UInt32(byte)) & 0xFF)] ^ (register >> 8) }
        return ~register
    }

    /// The checksum as TFRecord stores it: rotated and offset, so that the checksum of data that holds checksums
    /// stays telling (tensorflow/core/lib/hash/crc32c.h, "Mask").
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let sum = checksum(bytes)
        return ((sum >> 15) | (sum << 17)) &+ 0xA282_EAD8
    }

    /// The reflected polynomial 0x1EDC6F41, divided into each byte value.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
    }
}
