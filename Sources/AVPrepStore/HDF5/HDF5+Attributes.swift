import AVPrepModel
import CHDF5
import Foundation

extension HDF5 {
    /// The longest attribute accepted, in bytes: far above any settings, and far below what could exhaust memory.
    static let maxAttributeBytes = 16 << 20

    /// Writes attributes to a file, group or dataset, in the order of their names.
    static func write(_ attributes: [String: AttributeValue], to object: Handle, _ path: String) throws {
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            try write(value, name, to: object, path)
        }
    }

    private static func write(_ value: AttributeValue, _ name: String, to object: Handle, _ path: String) throws {
        switch value {
        case .string(let text):
            // HDF5 has no strings of length 0, so the empty text is stored as one zero byte.
            let length = max(1, text.utf8.count)
            try write(text.zeroPadded(to: length), as: .string(length), [], name, to: object, path)
        case .strings(let texts):
            let length = max(1, texts.map(\.utf8.count).max() ?? 0)
            try write(
                texts.flatMap { $0.zeroPadded(to: length) }, as: .string(length), [texts.count], name, to: object, path)
        case .int(let number): try write([Int64(number)], as: .int64, [], name, to: object, path)
        case .double(let number): try write([number], as: .float64, [], name, to: object, path)
        case .bool(let flag):
            try writeAttribute([Int8(flag ? 1 : 0)], try makeBoolType(path), [], name, to: object, path)
        }
    }

    private static func write<Element: BitwiseCopyable>(
        _ values: [Element], as type: ElementType, _ dimensions: [Int], _ name: String, to object: Handle,
        _ path: String
    ) throws {
        try writeAttribute(values, try type.makeHandle(path), dimensions, name, to: object, path)
    }

    private static func writeAttribute<Element: BitwiseCopyable>(
        _ values: [Element], _ type: Handle, _ dimensions: [Int], _ name: String, to object: Handle, _ path: String
    ) throws {
        let space =
            dimensions.isEmpty
            ? try Handle(H5Screate(H5S_SCALAR), "make a dataspace for", path) : try makeSpace(dimensions, path)
        let attribute = try Handle(
            H5Acreate2(object.id, name, type.id, space.id, avprep_h5p_default(), avprep_h5p_default()),
            "write attribute \(name) of", path, code: .unwritable)
        guard !values.isEmpty else { return }
        try values.withUnsafeBytes { bytes in
            _ = try check(
                H5Awrite(attribute.id, type.id, bytes.baseAddress), "write attribute \(name) of", path,
                code: .unwritable)
        }
    }

    /// Names the axes of a dataset, like `H5DSset_label` of the high-level library: h5py shows the names as
    /// `dataset.dims[0].label`. It is the only attribute with variable-length strings, as that library requires.
    static func label(_ labels: [String], of dataset: Handle, _ path: String) throws {
        let type = try Handle(H5Tcopy(avprep_h5t_string()), "make a type for", path)
        try check(H5Tset_size(type.id, avprep_h5t_variable()), "make a type for", path)
        let texts = labels.map { strdup($0) }
        defer { texts.forEach { free($0) } }
        try writeAttribute(texts, type, [labels.count], "DIMENSION_LABELS", to: dataset, path)
    }

    private static func makeBoolType(_ path: String) throws -> Handle {
        let type = try Handle(H5Tenum_create(avprep_h5t_i8()), "make a type for", path)
        var value: Int8 = 0
        try check(H5Tenum_insert(type.id, "FALSE", &value), "make a type for", path)
        value = 1
        try check(H5Tenum_insert(type.id, "TRUE", &value), "make a type for", path)
        return type
    }

    // MARK: - Reading

    /// The attributes of an object with one of the types written above; others are skipped.
    static func readAttributes(of object: Handle, _ path: String) throws -> [String: AttributeValue] {
        dispatchPrecondition(condition: .onQueue(queue))
        final class Names { var all: [String] = [] }
        let names = Names()
        try check(
            H5Aiterate2(
                object.id, H5_INDEX_NAME, H5_ITER_NATIVE, nil,
                { _, name, _, context in
                    guard let name, let context else { return -1 }
                    let names = Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
                    names.all.append(String(cString: name))
                    return names.all.count < 10_000 ? 0 : -1
                }, Unmanaged.passUnretained(names).toOpaque()), "list the attributes of", path)
        var result: [String: AttributeValue] = [:]
        for name in names.all { result[name] = try readAttribute(name, of: object, path) }
        return result
    }

    private static func readAttribute(_ name: String, of object: Handle, _ path: String) throws -> AttributeValue? {
        let what = "read attribute \(name) of"
        let attribute = try Handle(H5Aopen(object.id, name, avprep_h5p_default()), what, path)
        let type = try Handle(H5Aget_type(attribute.id), what, path)
        let space = try Handle(H5Aget_space(attribute.id), what, path)
        let count = Int(try check(H5Sget_simple_extent_npoints(space.id), what, path))
        let isScalar = H5Sget_simple_extent_type(space.id) == H5S_SCALAR
        let size = H5Tget_size(type.id)
        guard size > 0, count >= 0, size <= maxAttributeBytes, count <= maxAttributeBytes / size else {
            throw StoreError.damaged(path, "attribute \(name) claims \(count) elements of \(size) bytes")
        }
        switch H5Tget_class(type.id) {
        case H5T_STRING where H5Tis_variable_str(type.id) == 0:
            var bytes = [UInt8](repeating: 0, count: max(1, count * size))
            if count > 0 { try check(H5Aread(attribute.id, type.id, &bytes), what, path) }
            let texts = try (0..<count).map { index in
                let field = bytes[index * size..<(index + 1) * size]
                guard let text = String(zeroPadded: field) else {
                    throw StoreError.damaged(path, "attribute \(name) is not UTF-8")
                }
                return text
            }
            return isScalar ? texts.first.map { .string($0) } : .strings(texts)
        case H5T_INTEGER where isScalar && size == 8:
            var value: Int64 = 0
            try check(H5Aread(attribute.id, avprep_h5t_i64(), &value), what, path)
            return .int(Int(value))
        case H5T_FLOAT where isScalar && size == 8:
            var value = 0.0
            try check(H5Aread(attribute.id, avprep_h5t_f64(), &value), what, path)
            return .double(value)
        case H5T_ENUM where isScalar && size == 1:
            var value: Int8 = 0
            try check(H5Aread(attribute.id, type.id, &value), what, path)
            return .bool(value != 0)
        default:
            return nil
        }
    }
}
