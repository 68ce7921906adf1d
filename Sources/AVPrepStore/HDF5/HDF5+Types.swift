import CHDF5
import Foundation

extension HDF5 {
    /// The types in which numbers and strings are stored: fixed length, little-endian.
    ///
    /// Memory has the same types (avprep runs on little-endian machines), so HDF5 converts nothing.
    enum ElementType: Equatable {
        case uint8, int16, int32, uint32, int64, float16, float32, float64
        /// Zero-padded UTF-8 of at most this many bytes.
        case string(Int)

        /// Bytes of one element.
        var size: Int {
            switch self {
            case .uint8: 1
            case .int16, .float16: 2
            case .int32, .uint32, .float32: 4
            case .int64, .float64: 8
            case .string(let length): length
            }
        }

        /// The type's name in messages and in the documentation of the format.
        var name: String {
            switch self {
            case .string(let length): "string[\(length)]"
            default: "\(self)"
            }
        }

        /// The library's type. Call it on the queue.
        func makeHandle(_ path: String) throws -> Handle {
            dispatchPrecondition(condition: .onQueue(HDF5.queue))
            let base: hid_t
            switch self {
            case .uint8: base = avprep_h5t_u8()
            case .int16: base = avprep_h5t_i16()
            case .int32: base = avprep_h5t_i32()
            case .uint32: base = avprep_h5t_u32()
            case .int64: base = avprep_h5t_i64()
            case .float32, .float16: base = avprep_h5t_f32()
            case .float64: base = avprep_h5t_f64()
            case .string: base = avprep_h5t_string()
            }
            let type = try Handle(H5Tcopy(base), "make a type for", path)
            if self == .float16 {
                // IEEE 754 binary16 (sign bit 15, 5 exponent bits from bit 10, bias 15), as h5py creates it.
                try HDF5.check(H5Tset_fields(type.id, 15, 10, 5, 0, 10), "make a type for", path)
                try HDF5.check(H5Tset_size(type.id, 2), "make a type for", path)
                try HDF5.check(H5Tset_ebias(type.id, 15), "make a type for", path)
            }
            if case .string(let length) = self {
                try HDF5.check(H5Tset_size(type.id, length), "make a type for", path)
                try HDF5.check(H5Tset_strpad(type.id, H5T_STR_NULLPAD), "make a type for", path)
                try HDF5.check(H5Tset_cset(type.id, H5T_CSET_UTF8), "make a type for", path)
            }
            return type
        }
    }

    /// A dataspace of these dimensions; it cannot grow if `maximum` is nil.
    static func makeSpace(_ dimensions: [Int], maximum: [Int]? = nil, _ path: String) throws -> Handle {
        dispatchPrecondition(condition: .onQueue(queue))
        let current = dimensions.map { hsize_t($0) }
        let largest = maximum?.map { $0 < 0 ? avprep_h5s_unlimited() : hsize_t($0) }
        return try Handle(
            H5Screate_simple(Int32(current.count), current, largest), "make a dataspace for", path)
    }
}

extension String {
    /// The text's UTF-8 bytes, padded with zeros to `length`, which must be at least their number.
    func zeroPadded(to length: Int) -> [UInt8] {
        let bytes = Array(utf8)
        precondition(bytes.count <= length, "a text of \(bytes.count) bytes does not fit in \(length)")
        return bytes + [UInt8](repeating: 0, count: length - bytes.count)
    }

    /// The text in a zero-padded field; nil if it is not UTF-8.
    init?(zeroPadded bytes: some Sequence<UInt8>) {
        var bytes = Array(bytes)
        while bytes.last == 0 { bytes.removeLast() }
        self.init(validating: bytes, as: UTF8.self)
    }
}
