import Foundation
import Testing

/// An mp4 or mov file's boxes, for tests that give a track another edit list than any muxer writes.
struct MovieFile {
    /// One entry of an edit list: a stretch of the media, or with -1 of nothing.
    struct Entry {
        /// In ticks of the movie.
        var duration: UInt32
        /// In ticks of the track, or -1.
        var mediaTime: Int32
        /// 1 as a 16.16 fixed-point number, unless it is to be shown at another speed.
        var rate: UInt32 = 0x1_0000
    }

    private(set) var bytes: [UInt8]

    init(path: String) throws { bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    /// Gives the first sample entry of a name another one.
    static func rename(_ old: String, to new: String, in path: String) throws {
        var file = try MovieFile(path: path)
        let descriptions = file.bytes.indices.filter { file.bytes[$0...].starts(with: Array("stsd".utf8)) }
        // After the name: version, flags, number of entries, and the size of the first.
        let place = try #require(
            descriptions.map { $0 + 16 }.first { file.bytes[$0...].starts(with: Array(old.utf8)) })
        file.bytes.replaceSubrange(place..<place + new.utf8.count, with: Array(new.utf8))
        try file.write(to: path)
    }

    /// Gives the track number `index` this edit list instead of the one it has. The file's `moov` must come last: what
    /// lies before it keeps its place.
    mutating func setEdits(_ entries: [Entry], ofTrack index: Int) {
        guard let moov = boxes(in: 0..<bytes.count).first(where: { $0.type == "moov" }) else { return }
        let tracks = boxes(in: content(of: moov)).filter { $0.type == "trak" }
        let track = tracks[index]
        var list = Self.bigEndian(0) + Self.bigEndian(UInt32(entries.count))
        for entry in entries {
            list += Self.bigEndian(entry.duration) + Self.bigEndian(UInt32(bitPattern: entry.mediaTime))
            list += Self.bigEndian(entry.rate)
        }
        let edts = Self.box("edts", Self.box("elst", list))
        var replaced = boxes(in: content(of: track)).filter { $0.type != "edts" }.flatMap { Array(bytes[$0.range]) }
        replaced += edts
        let newTrack = Self.box("trak", replaced)
        let growth = newTrack.count - track.range.count
        bytes.replaceSubrange(track.range, with: newTrack)
        bytes.replaceSubrange(
            moov.range.lowerBound..<moov.range.lowerBound + 4, with: Self.bigEndian(UInt32(moov.range.count + growth)))
    }

    /// Moves all fragments to a later time, as of a recorder that has been running for so long. Its `tfdt` boxes must have
    /// 64 bits, as FFmpeg writes them.
    mutating func delayFragments(by seconds: Double) {
        for moof in boxes(in: 0..<bytes.count) where moof.type == "moof" {
            for part in boxes(in: content(of: moof)) where part.type == "traf" {
                let inside = boxes(in: content(of: part))
                guard let head = inside.first(where: { $0.type == "tfhd" }),
                    let time = inside.first(where: { $0.type == "tfdt" })
                else { continue }
                let index = Int(number(at: content(of: head).lowerBound + 4)) - 1
                let place = content(of: time).lowerBound + 4
                let ticks = UInt64(number(at: place)) << 32 | UInt64(number(at: place + 4))
                let later = ticks + UInt64(seconds * track(index).timescale)
                bytes.replaceSubrange(
                    place..<place + 8,
                    with: Self.bigEndian(UInt32(later >> 32)) + Self.bigEndian(UInt32(truncatingIfNeeded: later)))
            }
        }
    }

    /// Ticks a second of the movie.
    var timescale: Double {
        descend(["moov", "mvhd"]).map { Double(number(at: content(of: $0).lowerBound + 12)) } ?? 0
    }

    /// Ticks a second of a track, and the media time at which its edit list begins, in seconds; 0 where it has none.
    func track(_ index: Int) -> (timescale: Double, mediaStart: Double) {
        let header = descend(["moov", "trak", "mdia", "mdhd"], track: index)
        let timescale = header.map { Double(number(at: content(of: $0).lowerBound + 12)) } ?? 0
        let list = descend(["moov", "trak", "edts", "elst"], track: index)
        return (timescale, list.map { Double(number(at: content(of: $0).lowerBound + 12)) / timescale } ?? 0)
    }

    private func number(at place: Int) -> UInt32 { bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }

    private func descend(_ types: [String], track: Int = 0) -> Box? {
        var range = 0..<bytes.count
        var box: Box?
        for type in types {
            let found = boxes(in: range).filter { $0.type == type }
            let wanted = type == "trak" ? track : 0
            guard found.indices.contains(wanted) else { return nil }
            box = found[wanted]
            range = content(of: found[wanted])
        }
        return box
    }

    private struct Box {
        var type: String
        var range: Range<Int>
    }

    private func content(of box: Box) -> Range<Int> { box.range.lowerBound + 8..<box.range.upperBound }

    private func boxes(in range: Range<Int>) -> [Box] {
        var found: [Box] = []
        var place = range.lowerBound
        while place + 8 <= range.upperBound {
            let size = Int(number(at: place))
            guard size >= 8, place + size <= range.upperBound else { break }
            let type = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            found.append(Box(type: type, range: place..<place + size))
            place += size
        }
        return found
    }

    private static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
        bigEndian(UInt32(content.count + 8)) + Array(type.utf8) + content
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
