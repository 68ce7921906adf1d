import AVPrepCore
package import Foundation

/// Named tensors in a file for other tools: the safetensors format (https://huggingface.co/docs/safetensors, "Format").
///
///     8 bytes    length of the header, unsigned, little-endian
///     header     JSON: { "NAME": { "dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end] }, … ,
///                "__metadata__": { "KEY": "TEXT" } }, padded with spaces to a multiple of 8 bytes
///     data       the tensors' bytes without gaps, little-endian, row-major; offsets count from here
///
/// Tensors with larger elements come first, then by name, so that each is aligned to its element size and the same
/// tensors give the same bytes.
package enum SafeTensors {
    /// The contents of a file.
    package struct Content: Sendable, Equatable {
        package var tensors: [String: HostTensor]
        /// The file's own metadata, all strings.
        package var metadata: [String: String]

        package init(tensors: [String: HostTensor], metadata: [String: String] = [:]) {
            self.tensors = tensors
            self.metadata = metadata
        }
    }

    /// Longest header accepted, as in the format's reference implementation.
    static let headerLimit = 100_000_000
    static let metadataKey = "__metadata__"

    /// Writes a file atomically.
    ///
    /// - Throws: `Failure` when writing fails.
    package static func write(_ content: Content, to path: String) throws {
        precondition(content.tensors[metadataKey] == nil, "no tensor can be named \(metadataKey)")
        let names = content.tensors.keys.sorted { left, right in
            // Both are keys of the dictionary.
            let widths = (content.tensors[left]!.type.byteCount, content.tensors[right]!.type.byteCount)
            return widths.0 != widths.1 ? widths.0 > widths.1 : left < right
        }
        var entries: [String: HeaderEntry] = [:]
        var end = 0
        for name in names {
            guard let tensor = content.tensors[name] else { continue }
            let begin = end
            end += tensor.bytes.count
            entries[name] = .tensor(
                TensorHeader(dtype: tensor.type.safeTensorsName, shape: tensor.shape, offsets: [begin, end]))
        }
        if !content.metadata.isEmpty { entries[metadataKey] = .metadata(content.metadata) }
        var header = Data(try CanonicalJSON.encode(entries).utf8)
        header.append(Data(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        try AtomicFile.write(to: path) { temporary in
            guard FileManager.default.createFile(atPath: temporary, contents: nil),
                let file = FileHandle(forWritingAtPath: temporary)
            else { throw Failure("cannot write \(path): \(systemError())") }
            defer { try? file.close() }
            do {
                try file.write(contentsOf: withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) })
                try file.write(contentsOf: header)
                for name in names {
                    if let tensor = content.tensors[name] { try file.write(contentsOf: tensor.bytes) }
                }
            } catch {
                throw Failure("cannot write \(path): \(systemError()); is the disk full?")
            }
        }
    }

    /// Reads a file. Its content is untrusted: every size and offset is checked before use.
    ///
    /// - Throws: `TorchError(.tensorFile)` naming the file and the fault.
    package static func read(_ path: String) throws -> Content { try read(bytes(of: path), from: path) }

    /// A file's bytes, for ``read(_:from:)``.
    ///
    /// - Throws: `TorchError(.tensorFile)` naming the file.
    package static func bytes(of path: String) throws -> Data {
        do {
            // Not mapped: a file that is cut meanwhile would end the process.
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TorchError(.tensorFile, "cannot read \(path): \(error.localizedDescription)")
        }
    }

    /// Reads the bytes of a file.
    ///
    /// - Parameter path: the file's, for messages.
    /// - Throws: as ``read(_:)``.
    package static func read(_ file: Data, from path: String) throws -> Content {
        func damaged(_ reason: String) -> TorchError {
            TorchError(.tensorFile, "\(path) is not a valid safetensors file: \(reason); copy or make it again")
        }
        guard file.count >= 8 else { throw damaged("it has \(file.count) bytes") }
        let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(headerLimit), length <= UInt64(file.count - 8) else {
            throw damaged("its header claims \(length) bytes, the file has \(file.count)")
        }
        let data = file.dropFirst(8 + Int(length))
        let entries: [String: HeaderEntry]
        do {
            entries = try JSONDecoder().decode([String: HeaderEntry].self, from: file.dropFirst(8).prefix(Int(length)))
        } catch {
            throw damaged("its header does not follow the format")
        }
        var content = Content(tensors: [:])
        var extents: [Range<Int>] = []
        for (name, entry) in entries {
            switch entry {
            case .metadata(let texts):
                guard name == metadataKey else { throw damaged("\(name) has no dtype, shape and data_offsets") }
                content.metadata = texts
            case .tensor(let header):
                guard name != metadataKey else { throw damaged("\(metadataKey) is not a dictionary of strings") }
                do {
                    let extent = try header.extent(within: data.count)
                    let type = try header.type
                    let start = data.startIndex
                    // A copy, so that a tensor does not keep the bytes of all others.
                    let bytes = Data(Array(data[(start + extent.lowerBound)..<(start + extent.upperBound)]))
                    content.tensors[name] = HostTensor(type: type, shape: header.shape, bytes: bytes)
                    extents.append(extent)
                } catch let reason as HeaderFault {
                    throw damaged("tensor \(name): \(reason.text)")
                }
            }
        }
        var end = 0
        for extent in extents.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            guard extent.lowerBound == end else { throw damaged("its tensors overlap or leave gaps") }
            end = extent.upperBound
        }
        guard end == data.count else { throw damaged("\(data.count - end) bytes at its end belong to no tensor") }
        return content
    }
}

/// A fault of one entry of a header.
private struct HeaderFault: Error {
    let text: String
}

private struct TensorHeader: Codable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
        case dtype, shape
        case offsets = "data_offsets"
    }

    var type: ElementType {
        get throws {
            guard let type = ElementType(safeTensorsName: dtype) else {
                let known = ElementType.stored.map(\.safeTensorsName).joined(separator: ", ")
                throw HeaderFault(text: "its type \(dtype) is not one of \(known)")
            }
            return type
        }
    }

    /// The tensor's range of bytes in the data.
    func extent(within dataCount: Int) throws -> Range<Int> {
        guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= dataCount else {
            throw HeaderFault(text: "its offsets \(offsets) are outside the \(dataCount) bytes of data")
        }
        var size = try type.byteCount
        for dimension in shape {
            let (product, overflows) = size.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflows else { throw HeaderFault(text: "its shape \(shape) is invalid") }
            size = product
        }
        guard size == offsets[1] - offsets[0] else {
            throw HeaderFault(
                text: "its shape \(shape) takes \(size) bytes, but its offsets \(offsets) hold another number")
        }
        return offsets[0]..<offsets[1]
    }
}

private enum HeaderEntry: Codable {
    case tensor(TensorHeader)
    case metadata([String: String])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Metadata strings may have any key, even "dtype"; but a tensor's shape is not a string.
        if let texts = try? container.decode([String: String].self) {
            self = .metadata(texts)
        } else {
            self = .tensor(try container.decode(TensorHeader.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .tensor(let header): try container.encode(header)
        case .metadata(let texts): try container.encode(texts)
        }
    }
}
