import Foundation

/// Finds ids, 32 lower-case hexadecimal digits, in the bytes of files: as names of samples, in tables, in texts.
package struct IDSearch: Sendable {
    /// By their values.
    private let ids: [UInt128: String]
    private let pieceBytes: Int
    private static let length = 32

    /// The value of each digit; 16 for what is none.
    private static let values: [UInt8] = (UInt8.min...UInt8.max).map { byte in
        UInt8("0123456789abcdef".utf8.enumerated().first { $1 == byte }?.offset ?? 16)
    }

    /// - Parameters:
    ///   - ids: those that are no ids are never found.
    ///   - pieceBytes: read at a time.
    package init(_ ids: some Sequence<String>, pieceBytes: Int = 4 << 20) {
        self.pieceBytes = pieceBytes
        self.ids = Dictionary(
            ids.filter { $0.utf8.count == Self.length }.compactMap { id in UInt128(id, radix: 16).map { ($0, id) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The ids that occur in a file, in alphabetical order.
    ///
    /// - Throws: ``Failure`` when it cannot be read; `CancellationError`.
    /// - Complexity: reads the file once, whatever the number of ids; of most bytes that are no text it looks at one in
    ///   dozens.
    package func hits(inFile path: String, isCancelled: () -> Bool = { false }) throws -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Self.unreadable(path) }
        defer { close(file) }
        var found: Set<String> = []
        var buffer = [UInt8](repeating: 0, count: pieceBytes + Self.length)
        var kept = 0
        while true {
            if isCancelled() { throw CancellationError() }
            let count = buffer.withUnsafeMutableBytes { bytes in
                read(file, bytes.baseAddress.map { $0 + kept }, pieceBytes)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(path) }
            if count == 0 { break }
            let end = kept + count
            buffer.withUnsafeBufferPointer { bytes in
                Self.values.withUnsafeBufferPointer { look(bytes, end, $0, &found) }
            }
            // What may be the beginning of an id is looked at again with what follows.
            let rest = min(Self.length - 1, end)
            for index in 0..<rest { buffer[index] = buffer[end - rest + index] }
            kept = rest
        }
        return found.sorted()
    }

    private func look(
        _ bytes: UnsafeBufferPointer<UInt8>, _ end: Int, _ values: UnsafeBufferPointer<UInt8>,
        _ found: inout Set<String>
    ) {
        var start = 0
        while start + Self.length <= end {
            // Backwards from the last byte of a window: behind one that is no digit no id can begin earlier.
            var place = start + Self.length - 1
            while place >= start, values[Int(bytes[place])] < 16 { place -= 1 }
            if place >= start {
                start = place + 1
                continue
            }
            var value: UInt128 = 0
            for index in start..<start + Self.length { value = value << 4 | UInt128(values[Int(bytes[index])]) }
            var next = start + Self.length
            while true {
                if let id = ids[value] { found.insert(id) }
                guard next < end, values[Int(bytes[next])] < 16 else { break }
                // The digit that leaves the window is shifted out.
                value = value << 4 | UInt128(values[Int(bytes[next])])
                next += 1
            }
            start = next + 1
        }
    }

    private static func unreadable(_ path: String) -> Failure {
        Failure("cannot read \(path): \(systemError()); make it readable, or remove it", exitStatus: .badInput)
    }
}
