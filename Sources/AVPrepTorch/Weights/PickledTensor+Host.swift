import AVPrepCore
import Foundation

/// An element type of torch's storages.
enum StorageElement: String {
    case float = "FloatStorage"
    case double = "DoubleStorage"
    case half = "HalfStorage"
    case bfloat16 = "BFloat16Storage"
    case long = "LongStorage"
    case int = "IntStorage"
    case short = "ShortStorage"
    case char = "CharStorage"
    case byte = "ByteStorage"
    case bool = "BoolStorage"

    var byteCount: Int {
        switch self {
        case .double, .long: 8
        case .float, .int: 4
        case .half, .bfloat16, .short: 2
        case .char, .byte, .bool: 1
        }
    }

    /// Whether its bytes stay as they are.
    var isKept: Bool { [.float, .long, .byte, .bool].contains(self) }

    /// What it becomes here.
    var type: ElementType {
        switch self {
        case .float, .double, .half, .bfloat16: .float32
        case .long, .int, .short, .char: .int64
        case .byte, .bool: .uint8
        }
    }
}

extension PickledStorage {
    var element: StorageElement? { StorageElement(rawValue: type) }
}

extension PickledTensor {
    /// Whether its values lie one after the other, the last dimension the fastest.
    private var isRowMajor: Bool {
        var step = 1
        for (size, stride) in zip(shape, strides).reversed() {
            if size != 1, stride != step { return false }
            step *= size
        }
        return true
    }

    /// The tensor's values, row-major.
    ///
    /// - Parameter data: of its storage.
    func host(_ name: String, _ data: Data) throws(PickleReader.Fault) -> HostTensor {
        guard let element = storage.element else {
            throw PickleReader.Fault(reason: "\(name) is of the type \(storage.type), which is not known here")
        }
        let held = data.count / element.byteCount
        // As many places as the storage has, at most: a tensor that repeats itself is none of a network's.
        var (count, last) = (1, offset)
        for (size, stride) in zip(shape, strides) {
            let (product, reach) = (
                count.multipliedReportingOverflow(by: size), max(0, size - 1).multipliedReportingOverflow(by: stride)
            )
            let end = last.addingReportingOverflow(reach.partialValue)
            guard !product.overflow, !reach.overflow, !end.overflow, product.partialValue <= held else {
                throw PickleReader.Fault(reason: "\(name) is larger than what the file holds of it")
            }
            (count, last) = (product.partialValue, end.partialValue)
        }
        guard count == 0 || offset >= 0 && last < held else {
            throw PickleReader.Fault(reason: "\(name) is larger than what the file holds of it")
        }
        if element.isKept, isRowMajor {
            let start = data.startIndex + offset * element.byteCount
            return HostTensor(
                type: element.type, shape: shape, bytes: Data(data[start..<start + count * element.byteCount]))
        }
        var output = Data(capacity: count * element.type.byteCount)
        var place = [Int](repeating: 0, count: shape.count)
        data.withUnsafeBytes { bytes in
            for _ in 0..<count {
                let index = zip(place, strides).reduce(offset) { $0 + $1.0 * $1.1 }
                element.append(bytes, at: index * element.byteCount, to: &output)
                for dimension in shape.indices.reversed() {
                    place[dimension] += 1
                    if place[dimension] < shape[dimension] { break }
                    place[dimension] = 0
                }
            }
        }
        return HostTensor(type: element.type, shape: shape, bytes: output)
    }
}

extension StorageElement {
    /// Appends one element in its new type.
    fileprivate func append(_ bytes: UnsafeRawBufferPointer, at place: Int, to output: inout Data) {
        func load<Value: BitwiseCopyable>(_ type: Value.Type) -> Value {
            bytes.loadUnaligned(fromByteOffset: place, as: type)
        }
        func add<Value: BitwiseCopyable>(_ value: Value) {
            withUnsafeBytes(of: value) { output.append(contentsOf: $0) }
        }
        switch self {
        case .float: add(load(Float.self))
        case .double: add(Float(load(Double.self)))
        case .half: add(Float(Float16(bitPattern: load(UInt16.self))))
        case .bfloat16: add(Float(bitPattern: UInt32(load(UInt16.self)) << 16))
        case .long: add(load(Int64.self))
        case .int: add(Int64(load(Int32.self)))
        case .short: add(Int64(load(Int16.self)))
        case .char: add(Int64(load(Int8.self)))
        case .byte, .bool: add(load(UInt8.self))
        }
    }
}
