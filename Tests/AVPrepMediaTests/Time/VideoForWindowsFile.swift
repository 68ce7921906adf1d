import Foundation

/// An AVI file's chunks, for tests that need it otherwise than any muxer writes it, and for a Matroska file made from it
/// as mkvmerge does in its compatibility mode: the track is one of Video for Windows, with times in decoding order.
struct VideoForWindowsFile {
    struct Stream {
        /// Place of the stream header's content.
        var header: Int
        /// Place of the format's content, and its size.
        var format: Int
        var formatSize: Int
        var isVideo: Bool
    }

    private(set) var bytes: [UInt8]
    private(set) var streams: [Stream] = []
    /// Content of the chunks of media in file order, with their streams.
    private(set) var chunks: [(stream: Int, range: Range<Int>)] = []

    init(path: String) throws {
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        read(12..<bytes.count)
    }

    func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    private func name(_ place: Int) -> String { String(decoding: bytes[place..<place + 4], as: UTF8.self) }

    func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }

    mutating func set(_ place: Int, to number: Int, bytes count: Int = 4) {
        for index in 0..<count { bytes[place + index] = UInt8(number >> (8 * index) & 255) }
    }

    private mutating func read(_ range: Range<Int>) {
        var place = range.lowerBound
        while place + 8 <= range.upperBound {
            let (kind, content) = (name(place), place + 8)
            let end = min(range.upperBound, content + number(place + 4))
            switch kind {
            case "LIST", "RIFF": read(content + 4..<end)
            case "strh":
                streams.append(Stream(header: content, format: 0, formatSize: 0, isVideo: name(content) == "vids"))
            case "strf":
                streams[streams.count - 1].format = content
                streams[streams.count - 1].formatSize = end - content
            case "00dc", "00db", "01wb", "00wb", "01dc":
                chunks.append((Int(bytes[place + 1]) - 48, content..<end))
            default: break
            }
            place = end + (end - content) % 2
        }
    }

    // MARK: - As Matroska

    /// Writes the same packets as Matroska. Sound must be PCM.
    func writeMatroska(to path: String) throws {
        var tracks: [UInt8] = []
        for (number, stream) in streams.enumerated() {
            let format = Array(bytes[stream.format..<stream.format + stream.formatSize])
            var entry = Self.element(0xD7, [UInt8(number + 1)]) + Self.element(0x73C5, [UInt8(number + 1)])
            entry += Self.element(0x83, [stream.isVideo ? 1 : 2]) + Self.element(0x9C, [0])
            if stream.isVideo {
                entry += Self.element(0x86, Array("V_MS/VFW/FOURCC".utf8)) + Self.element(0x63A2, format)
                entry += Self.element(
                    0xE0,
                    Self.element(0xB0, Self.bigEndian(self.number(stream.format + 4), 4))
                        + Self.element(0xBA, Self.bigEndian(self.number(stream.format + 8), 4)))
            } else {
                let rate = Double(self.number(stream.format + 4)).bitPattern
                entry += Self.element(0x86, Array("A_PCM/INT/LIT".utf8))
                entry += Self.element(
                    0xE1,
                    Self.element(0xB5, Self.bigEndian(Int(bitPattern: UInt(rate)), 8))
                        + Self.element(0x9F, [bytes[stream.format + 2]]) + Self.element(0x6264, [16]))
            }
            tracks += Self.element(0xAE, entry)
        }
        var segment = Self.element(0x1549_A966, Self.element(0x2AD7B1, Self.bigEndian(1_000_000, 3)))
        segment += Self.element(0x1654_AE6B, tracks)
        var counts = Array(repeating: 0, count: streams.count)
        for chunk in chunks {
            let stream = streams[chunk.stream]
            // Pictures count one each, sound counts bytes.
            let unit = stream.isVideo ? 1 : max(1, self.number(stream.header + 44))
            let seconds =
                Double(counts[chunk.stream] / unit) * Double(self.number(stream.header + 20))
                / Double(self.number(stream.header + 24))
            counts[chunk.stream] += stream.isVideo ? 1 : chunk.range.count
            guard !chunk.range.isEmpty else { continue }
            let time = Self.bigEndian(Int((seconds * 1000).rounded()), 4)
            let block = [UInt8(chunk.stream + 1) | 0x80, 0, 0, 0x80] + Array(bytes[chunk.range])
            segment += Self.element(0x1F43_B675, Self.element(0xE7, time) + Self.element(0xA3, block))
        }
        let head = Self.element(0x4282, Array("matroska".utf8)) + Self.element(0x4287, [4]) + Self.element(0x4285, [2])
        let file = Self.element(0x1A45_DFA3, head) + Self.element(0x1853_8067, segment)
        try Data(file).write(to: URL(fileURLWithPath: path))
    }

    private static func element(_ id: Int, _ content: [UInt8]) -> [UInt8] {
        let length = id > 0xFF_FFFF ? 4 : id > 0xFFFF ? 3 : id > 0xFF ? 2 : 1
        return bigEndian(id, length) + bigEndian(content.count | 1 << 56, 8) + content
    }

    private static func bigEndian(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
