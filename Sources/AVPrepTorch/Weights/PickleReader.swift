import Foundation

/// A value of a pickle, as far as files of weights need it.
indirect enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case text(String)
    case tuple(PickleList)
    case list(PickleList)
    case table(PickleTable)
    /// A class or function by name. It is never looked up, and never called.
    case global(String)
    case storage(PickledStorage)
    case tensor(PickledTensor)
    /// What a call would have returned that is not one of those known here, or an object of a class.
    case opaque
}

/// Lists and tables are shared: a pickle may fill them after it has put them elsewhere.
final class PickleList {
    var items: [PickleValue]

    fileprivate init(_ items: [PickleValue]) { self.items = items }
}

final class PickleTable {
    var entries: [(key: PickleValue, value: PickleValue)] = []

    fileprivate init() {}
}

/// All lists and tables of a pickle. They are emptied one by one at the end: freed from the outermost in, a million tuples
/// in each other would need a million calls in each other, and may hold themselves.
final class PickleArena {
    private var lists: [PickleList] = []
    private var tables: [PickleTable] = []

    fileprivate func list(_ items: [PickleValue]) -> PickleList {
        let list = PickleList(items)
        lists.append(list)
        return list
    }

    fileprivate func table() -> PickleTable {
        let table = PickleTable()
        tables.append(table)
        return table
    }

    deinit {
        for list in lists { list.items = [] }
        for table in tables { table.entries = [] }
    }
}

/// Where a tensor's numbers lie in the file: by the key of a storage.
struct PickledStorage {
    /// torch's class, e.g. `FloatStorage`.
    let type: String
    let key: String
    let count: Int
}

struct PickledTensor {
    let storage: PickledStorage
    /// In elements, as `shape` and `strides`.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// Reads a pickle (Python's `pickletools` describes the opcodes) as data: it builds lists, tables and tensors, and runs
/// nothing. A pickle can name any function of Python to be called; here only those have a meaning that torch writes for
/// tensors, and everything else is ``PickleValue/opaque``.
struct PickleReader {
    /// Why a pickle cannot be read.
    struct Fault: Error {
        let reason: String
    }

    /// Holds what the value consists of: it must live as long as that is looked at.
    let arena = PickleArena()
    private let bytes: Data
    private(set) var position: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// - Parameter position: where it begins, counted from the first byte.
    init(_ bytes: Data, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The value of the pickle; ``position`` is behind it then.
    mutating func read() throws(Fault) -> PickleValue {
        while true {
            let code = try byte()
            if code == UInt8(ascii: ".") { return try pop() }
            try perform(code)
        }
    }

    // MARK: - Opcodes

    private mutating func perform(_ code: UInt8) throws(Fault) {
        switch Character(Unicode.Scalar(code)) {
        case "\u{80}": _ = try byte()
        case "\u{95}": _ = try number(8)
        case "(": marks.append(stack.count)
        case "0": _ = try pop()
        case "1": _ = try popMarked()
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.bool(true))
        case "\u{89}": stack.append(.bool(false))
        case "K": stack.append(.integer(try number(1)))
        case "M": stack.append(.integer(try number(2)))
        case "J": stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
        case "\u{8A}": stack.append(.integer(try long(try number(1))))
        case "G": stack.append(.real(Double(bitPattern: UInt64(bigEndian: UInt64(truncatingIfNeeded: try number(8))))))
        case "X", "T": stack.append(.text(try text(try number(4))))
        case "\u{8C}", "U": stack.append(.text(try text(try number(1))))
        case "\u{8D}": stack.append(.text(try text(try number(8))))
        case "B": _ = try take(try number(4)); stack.append(.opaque)
        case "C": _ = try take(try number(1)); stack.append(.opaque)
        default: try performOnStack(code)
        }
    }

    private mutating func performOnStack(_ code: UInt8) throws(Fault) {
        switch Character(Unicode.Scalar(code)) {
        case "}": stack.append(.table(arena.table()))
        case "]": stack.append(.list(arena.list([])))
        case ")": stack.append(.tuple(arena.list([])))
        case "\u{85}": stack.append(.tuple(arena.list(try pop(1))))
        case "\u{86}": stack.append(.tuple(arena.list(try pop(2))))
        case "\u{87}": stack.append(.tuple(arena.list(try pop(3))))
        case "t": stack.append(.tuple(arena.list(try popMarked())))
        case "l": stack.append(.list(arena.list(try popMarked())))
        case "d":
            let items = try popMarked()
            let table = arena.table()
            try Self.add(items, to: table)
            stack.append(.table(table))
        case "a":
            let item = try pop()
            if case .list(let list) = try top() { list.items.append(item) }
        case "e":
            let items = try popMarked()
            if case .list(let list) = try top() { list.items += items }
        case "s":
            let items = try pop(2)
            if case .table(let table) = try top() { try Self.add(items, to: table) }
        case "u":
            let items = try popMarked()
            if case .table(let table) = try top() { try Self.add(items, to: table) }
        case "q": memo[try number(1)] = try top()
        case "r": memo[try number(4)] = try top()
        case "\u{94}": memo[memo.count] = try top()
        case "h": stack.append(try remembered(try number(1)))
        case "j": stack.append(try remembered(try number(4)))
        case "c": stack.append(.global("\(try line()).\(try line())"))
        case "\u{93}":
            let names = try pop(2)
            guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw damaged }
            stack.append(.global("\(module).\(name)"))
        case "R", "\u{81}":
            let parts = try pop(2)
            stack.append(try called(parts[0], parts[1]))
        case "b":
            // An object's state: of an ordered table that are attributes, which say nothing of weights.
            _ = try pop()
        case "Q": stack.append(try stored(try pop()))
        default:
            throw Fault(reason: "it has the opcode \(code) at byte \(position - 1), which files of weights do not have")
        }
    }

    /// What torch's functions for tensors make of their arguments.
    private func called(_ function: PickleValue, _ arguments: PickleValue) throws(Fault) -> PickleValue {
        guard case .global(let name) = function, case .tuple(let tuple) = arguments else { return .opaque }
        let arguments = tuple.items
        switch name {
        case "collections.OrderedDict": return .table(arena.table())
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
            guard arguments.count >= 4, case .storage(let storage) = arguments[0],
                case .integer(let offset) = arguments[1], let shape = Self.integers(arguments[2]),
                let strides = Self.integers(arguments[3]), shape.count == strides.count
            else { throw damaged }
            return .tensor(PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides))
        case "torch._utils._rebuild_parameter": return arguments.first ?? .opaque
        default: return .opaque
        }
    }

    /// `('storage', class, key, location, count)`, and in the old format a view behind them.
    private func stored(_ identity: PickleValue) throws(Fault) -> PickleValue {
        guard case .tuple(let tuple) = identity, case let parts = tuple.items, parts.count >= 5,
            case .text("storage") = parts[0],
            case .global(let type) = parts[1], case .text(let key) = parts[2], case .integer(let count) = parts[4],
            count >= 0
        else { throw damaged }
        return .storage(
            PickledStorage(type: String(type.split(separator: ".").last ?? ""), key: key, count: count))
    }

    private static func integers(_ value: PickleValue) -> [Int]? {
        guard case .tuple(let tuple) = value else { return nil }
        var numbers: [Int] = []
        for item in tuple.items {
            guard case .integer(let number) = item, number >= 0 else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    private static func add(_ items: [PickleValue], to table: PickleTable) throws(Fault) {
        guard items.count % 2 == 0 else { throw Fault(reason: "its pickle is damaged: a key without a value") }
        for index in stride(from: 0, to: items.count, by: 2) { table.entries.append((items[index], items[index + 1])) }
    }

    // MARK: - Stack and bytes

    private var damaged: Fault { Fault(reason: "its pickle is damaged at byte \(position)") }

    private func top() throws(Fault) -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else { throw damaged }
        return value
    }

    private mutating func pop() throws(Fault) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws(Fault) -> [PickleValue] {
        guard stack.count >= (marks.last ?? 0) + count else { throw damaged }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popMarked() throws(Fault) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damaged }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private func remembered(_ key: Int) throws(Fault) -> PickleValue {
        guard let value = memo[key] else { throw damaged }
        return value
    }

    private mutating func take(_ count: Int) throws(Fault) -> Data {
        guard count >= 0, count <= bytes.count - position else { throw damaged }
        defer { position += count }
        let start = bytes.startIndex + position
        return bytes[start..<start + count]
    }

    private mutating func byte() throws(Fault) -> UInt8 {
        guard let byte = try take(1).first else { throw damaged }
        return byte
    }

    /// A number of so many bytes, the least significant first.
    private mutating func number(_ count: Int) throws(Fault) -> Int {
        let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(truncatingIfNeeded: value)
    }

    /// A two's complement number; larger ones than 64 bits occur as magic numbers alone, and are cut.
    private mutating func long(_ count: Int) throws(Fault) -> Int {
        let digits = try take(count)
        let isNegative = (digits.last ?? 0) >= 0x80
        let value = digits.prefix(8).reversed().reduce(isNegative && digits.count < 8 ? UInt64.max : 0) {
            $0 << 8 | UInt64($1)
        }
        return Int(truncatingIfNeeded: value)
    }

    private mutating func text(_ count: Int) throws(Fault) -> String {
        String(decoding: try take(count), as: UTF8.self)
    }

    private mutating func line() throws(Fault) -> String {
        let start = bytes.startIndex + position
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { throw damaged }
        defer { position = end + 1 - bytes.startIndex }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
