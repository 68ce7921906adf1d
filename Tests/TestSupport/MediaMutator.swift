import AVPrepCore

/// Damages media files as disks, networks, broken muxers and attackers do; the same seed does the same damage.
package struct MediaMutator {
    /// One way to damage a file.
    package enum Damage: String, Sendable, CaseIterable {
        /// A few bits anywhere.
        case bitFlips = "bit flips"
        /// A few bits of the first bytes, where containers keep what everything else hangs on.
        case headerFlips = "header flips"
        /// The end is missing.
        case truncation
        /// A range comes twice.
        case duplicatedRange = "duplicated range"
        /// A range is zeros.
        case zeroedRange = "zeroed range"
        /// A range is missing.
        case removedRange = "removed range"
        /// A range is noise.
        case noise
        /// Two blocks have changed places: packets of a transport stream, clusters, frames.
        case swappedBlocks = "swapped blocks"
        /// Two boxes of an ISO file that stand beside each other have changed places.
        case swappedBoxes = "swapped boxes"
        /// The size that a box states is another.
        case boxSize = "box size"
        /// A 32-bit number in the tables of an ISO file, or of the header of another, is an extreme one.
        case extremeNumber = "extreme number"
    }

    private var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Damages `bytes` in one to three ways.
    ///
    /// - Returns: what was done, in words, for the recipe of a case.
    package mutating func mutate(_ bytes: inout [UInt8]) -> [String] {
        let count = 1 + random.below(3)
        return (0..<count).compactMap { _ in
            guard bytes.count > 16 else { return nil }
            // Damage that needs boxes becomes bit flips where there are none.
            let damage = Damage.allCases[random.below(Damage.allCases.count)]
            return apply(damage, to: &bytes) ?? apply(.bitFlips, to: &bytes)
        }
    }

    /// Damages `bytes` in one way.
    ///
    /// - Returns: what was done and where; nil where this file has nothing to do it to.
    package mutating func apply(_ damage: Damage, to bytes: inout [UInt8]) -> String? {
        precondition(bytes.count > 16, "a file too small to damage")
        switch damage {
        case .bitFlips: return flipBits(&bytes, within: 0..<bytes.count, damage)
        case .headerFlips: return flipBits(&bytes, within: 0..<min(bytes.count, 2048), damage)
        case .truncation:
            let length = 1 + random.below(bytes.count - 1)
            bytes.removeLast(bytes.count - length)
            return "\(damage.rawValue) to \(length)"
        case .duplicatedRange:
            let range = range(in: bytes)
            bytes.insert(contentsOf: Array(bytes[range]), at: range.upperBound)
            return "\(damage.rawValue) \(range)"
        case .zeroedRange:
            let range = range(in: bytes)
            for index in range { bytes[index] = 0 }
            return "\(damage.rawValue) \(range)"
        case .removedRange:
            let range = range(in: bytes)
            bytes.removeSubrange(range)
            return "\(damage.rawValue) \(range)"
        case .noise:
            let range = range(in: bytes)
            for index in range { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
            return "\(damage.rawValue) \(range)"
        case .swappedBlocks: return swapBlocks(&bytes)
        case .swappedBoxes: return swapBoxes(&bytes)
        case .boxSize: return changeBoxSize(&bytes)
        case .extremeNumber: return writeExtreme(&bytes)
        }
    }

    private mutating func flipBits(_ bytes: inout [UInt8], within range: Range<Int>, _ damage: Damage) -> String {
        let count = 1 << random.below(7)
        var places: [Int] = []
        for _ in 0..<count {
            let place = range.lowerBound + random.below(range.count)
            bytes[place] ^= 1 << UInt8(random.below(8))
            places.append(place)
        }
        return "\(damage.rawValue) at \(places.prefix(8))" + (count > 8 ? " and \(count - 8) more" : "")
    }

    /// A range of any size, small ones as likely as large ones.
    private mutating func range(in bytes: [UInt8]) -> Range<Int> {
        var largest = 1
        while largest < bytes.count / 2 { largest *= 2 }
        let length = max(1, min(bytes.count / 2, largest >> random.below(largest.trailingZeroBitCount + 1)))
        let start = random.below(bytes.count - length)
        return start..<start + length
    }

    private mutating func swapBlocks(_ bytes: inout [UInt8]) -> String? {
        // 188 is the packet of a transport stream; there whole packets change places.
        let isTransport = bytes.count > 376 && bytes[0] == 0x47 && bytes[188] == 0x47
        let size = isTransport ? 188 : min(16 << random.below(9), bytes.count / 2)
        let blocks = bytes.count / size
        guard blocks > 1 else { return nil }
        let first = random.below(blocks) * size
        let second = (first / size + 1 + random.below(blocks - 1)) % blocks * size
        for offset in 0..<size { bytes.swapAt(first + offset, second + offset) }
        return "\(Damage.swappedBlocks.rawValue) of \(size) at \(first) and \(second)"
    }

    // MARK: - ISO base media files

    private mutating func swapBoxes(_ bytes: inout [UInt8]) -> String? {
        let families = Dictionary(grouping: ISOBox.all(in: bytes), by: \.parent).values.filter { $0.count > 1 }
            .sorted { $0[0].range.lowerBound < $1[0].range.lowerBound }
        guard !families.isEmpty else { return nil }
        let family = families[random.below(families.count)]
        let index = random.below(family.count - 1)
        let (first, second) = (family[index], family[index + 1])
        let swapped = Array(bytes[second.range]) + Array(bytes[first.range])
        bytes.replaceSubrange(first.range.lowerBound..<second.range.upperBound, with: swapped)
        return "\(Damage.swappedBoxes.rawValue) \(first.name) and \(second.name) at \(first.range.lowerBound)"
    }

    private mutating func changeBoxSize(_ bytes: inout [UInt8]) -> String? {
        let boxes = ISOBox.all(in: bytes)
        guard !boxes.isEmpty else { return nil }
        let box = boxes[random.below(boxes.count)]
        let sizes = [
            0, 1, 7, 8, box.range.count - 1, box.range.count + 1, 2 * box.range.count, 0x7FFF_FFFF, 0xFFFF_FFFF,
            random.below(1 << 32),
        ]
        let size = sizes[random.below(sizes.count)]
        write(UInt32(truncatingIfNeeded: size), to: &bytes, at: box.range.lowerBound)
        return "\(Damage.boxSize.rawValue) of \(box.name) at \(box.range.lowerBound) is \(size)"
    }

    private mutating func writeExtreme(_ bytes: inout [UInt8]) -> String? {
        // Boxes without children are tables and headers; mdat is left to the other ways.
        let boxes = ISOBox.all(in: bytes).filter { $0.isLeaf && $0.name != "mdat" && $0.range.count >= 16 }
        let range = boxes.isEmpty ? 0..<min(bytes.count, 1024) : boxes[random.below(boxes.count)].range.dropFirst(8)
        guard range.count >= 4 else { return nil }
        let place = range.lowerBound + random.below(range.count - 3)
        let extremes: [UInt32] = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFE, 0x00FF_FFFF, 0x0001_0000]
        let value = extremes[random.below(extremes.count)]
        write(value, to: &bytes, at: place)
        return "\(Damage.extremeNumber.rawValue) \(value) at \(place)"
    }

    private func write(_ value: UInt32, to bytes: inout [UInt8], at place: Int) {
        for offset in 0..<4 { bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * offset)) }
    }
}

/// A box of an ISO base media file (ISO/IEC 14496-12), by its four letters.
struct ISOBox {
    let name: String
    let range: Range<Int>
    /// Where the box around it begins; -1 at the top.
    let parent: Int
    let isLeaf: Bool

    private static let containers: Set = [
        "moov", "trak", "mdia", "minf", "stbl", "edts", "dinf", "moof", "traf", "mvex",
    ]

    /// Every box of a file, containers before what they hold; none when it is no such file.
    static func all(in bytes: [UInt8]) -> [ISOBox] {
        guard bytes.count > 16, let first = name(in: bytes, at: 4),
            ["ftyp", "moov", "styp", "free", "mdat"].contains(first)
        else { return [] }
        var boxes: [ISOBox] = []
        collect(in: bytes, 0..<bytes.count, parent: -1, into: &boxes)
        return boxes
    }

    private static func collect(in bytes: [UInt8], _ range: Range<Int>, parent: Int, into boxes: inout [ISOBox]) {
        var place = range.lowerBound
        while place + 8 <= range.upperBound, boxes.count < 4096, let name = name(in: bytes, at: place + 4) {
            let stated = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let size = stated == 0 ? range.upperBound - place : stated
            guard size >= 8, size <= range.upperBound - place else { return }
            let isLeaf = !containers.contains(name)
            boxes.append(ISOBox(name: name, range: place..<place + size, parent: parent, isLeaf: isLeaf))
            if !isLeaf { collect(in: bytes, place + 8..<place + size, parent: place, into: &boxes) }
            place += size
        }
    }

    private static func name(in bytes: [UInt8], at place: Int) -> String? {
        let letters = bytes[place..<place + 4]
        return letters.allSatisfy { (32...126).contains($0) } ? String(decoding: letters, as: UTF8.self) : nil
    }
}
