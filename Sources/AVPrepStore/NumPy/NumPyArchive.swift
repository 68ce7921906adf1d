import AVPrepCore
import Foundation

/// Writes arrays one after another into a `.npz` file, as `numpy.savez` does: a zip of `.npy` files, stored without
/// compression. What is in memory is a piece of one array. The same arrays give the same bytes.
final class NumPyArchive {
    /// Of a zip's structures; each has 64-bit sizes, as numpy's own.
    private enum Mark {
        static let local: UInt32 = 0x0403_4B50
        static let central: UInt32 = 0x0201_4B50
        static let end64: UInt32 = 0x0606_4B50
        static let locator: UInt32 = 0x0706_4B50
        static let end: UInt32 = 0x0605_4B50
        /// 4.5: sizes of 64 bits.
        static let version: UInt16 = 45
        /// Names are UTF-8.
        static let flags: UInt16 = 1 << 11
        /// 1 January 1980, the first day that there is.
        static let date: UInt16 = 0x21
        static let extra: UInt16 = 1
        static let see64 = UInt32.max
    }

    private struct Entry {
        let name: [UInt8]
        let offset: UInt64
        var checksum: UInt32 = 0
        var size: UInt64 = 0
    }

    private let path: String
    private let file: Int32
    private var entries: [Entry] = []
    private var place: UInt64 = 0

    /// - Parameters:
    ///   - path: the file to make; what is there is replaced.
    ///   - shown: what it is called in messages.
    init(path: String, shown: String) throws {
        self.path = shown
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw fault() }
    }

    deinit { if file >= 0 { close(file) } }

    /// Adds an array.
    ///
    /// - Parameter pieces: calls its argument with the array's bytes, piece by piece.
    func add(
        _ name: String, _ type: NumPyArray.ElementType, shape: [Int],
        _ pieces: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        var entry = Entry(name: Array("\(name).npy".utf8), offset: place)
        try write(localHeader(entry))
        var checksum = CRC32()
        func put(_ bytes: UnsafeRawBufferPointer) throws {
            checksum.update(bytes)
            entry.size += UInt64(bytes.count)
            try write(bytes)
        }
        try NumPyArray.header(type, shape: shape).withUnsafeBytes { try put($0) }
        try pieces { try put($0) }
        entry.checksum = checksum.value
        // What was not known before the bytes were.
        try write(localHeader(entry), at: entry.offset)
        entries.append(entry)
    }

    /// Adds texts, as numpy's Unicode.
    func add(_ name: String, _ texts: [String]) throws {
        let length = max(1, texts.map(\.unicodeScalars.count).max() ?? 0)
        try add(name, .text(length), shape: [texts.count]) { write in
            for text in texts {
                var points = text.unicodeScalars.map { $0.value.littleEndian }
                points += [UInt32](repeating: 0, count: length - points.count)
                try points.withUnsafeBytes { try write($0) }
            }
        }
    }

    /// Adds numbers.
    func add(_ name: String, _ type: NumPyArray.ElementType, _ numbers: [some BitwiseCopyable]) throws {
        try add(name, type, shape: [numbers.count]) { write in try numbers.withUnsafeBytes { try write($0) } }
    }

    /// Writes the list of what is in the file.
    func finish() throws {
        let start = place
        for entry in entries { try write(centralHeader(entry)) }
        let (end, count) = (place, UInt64(entries.count))
        var bytes: [UInt8] = []
        bytes.add(Mark.end64, UInt64(44), Mark.version, Mark.version, UInt32(0), UInt32(0), count, count)
        bytes.add(end - start, start)
        bytes.add(Mark.locator, UInt32(0), end, UInt32(1))
        bytes.add(Mark.end, UInt16(0), UInt16(0), UInt16.max, UInt16.max, Mark.see64, Mark.see64, UInt16(0))
        try write(bytes)
    }

    private func localHeader(_ entry: Entry) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.add(Mark.local, Mark.version, Mark.flags, UInt16(0), UInt16(0), Mark.date, entry.checksum)
        bytes.add(Mark.see64, Mark.see64, UInt16(entry.name.count), UInt16(20))
        return bytes + entry.name + extra(entry.size, entry.size)
    }

    private func centralHeader(_ entry: Entry) -> [UInt8] {
        var bytes: [UInt8] = []
        // Made by Unix: a file that its owner may write and all may read.
        bytes.add(Mark.central, Mark.version | 3 << 8, Mark.version, Mark.flags, UInt16(0), UInt16(0), Mark.date)
        bytes.add(entry.checksum, Mark.see64, Mark.see64, UInt16(entry.name.count), UInt16(28), UInt16(0), UInt16(0))
        bytes.add(UInt16(0), UInt32(0o100644) << 16, Mark.see64)
        return bytes + entry.name + extra(entry.size, entry.size, entry.offset)
    }

    private func extra(_ numbers: UInt64...) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.add(Mark.extra, UInt16(8 * numbers.count))
        for number in numbers { bytes.add(number) }
        return bytes
    }

    private func write(_ bytes: [UInt8], at offset: UInt64? = nil) throws {
        try bytes.withUnsafeBytes { try write($0, at: offset) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64? = nil) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                file, bytes.baseAddress! + done, bytes.count - done, off_t((offset ?? place) + UInt64(done)))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw fault() }
            done += count
        }
        if offset == nil { place += UInt64(bytes.count) }
    }

    private func fault() -> Failure { Failure("cannot write \(path): \(systemError())", endsRun: true) }
}

extension [UInt8] {
    fileprivate mutating func add(_ numbers: any FixedWidthInteger...) {
        for number in numbers {
            var rest = UInt64(truncatingIfNeeded: number)
            for _ in 0..<number.bitWidth / 8 {
                append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
    }
}

/// The checksum of zip files (ISO 3309, polynomial 0xEDB88320), eight bytes at a time.
struct CRC32 {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
            tables[byte] = value
        }
        for place in 256..<tables.count {
            let before = tables[place - 256]
            tables[place] = tables[Int(before & 0xFF)] ^ before >> 8
        }
        return tables
    }()

    private var state = UInt32.max
    var value: UInt32 { ~state }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var value = state
        Self.tables.withUnsafeBufferPointer { table in
            var place = 0
            while place + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                let mixed = word ^ UInt64(value)
                var next: UInt32 = 0
                for index in 0..<8 { next ^= table[(7 - index) << 8 | Int(mixed >> (8 * UInt64(index)) & 0xFF)] }
                value = next
                place += 8
            }
            while place < bytes.count {
                value = table[Int((value ^ UInt32(bytes[place])) & 0xFF)] ^ value >> 8
                place += 1
            }
        }
        state = value
    }
}
