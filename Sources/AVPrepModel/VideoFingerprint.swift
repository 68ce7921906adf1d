/// A compact signature of a video's picture and audio, some hundred bytes per second: enough to recognise it after
/// re-encoding, scaling, a small crop, mirroring or a change of loudness.
package struct VideoFingerprint: Sendable, Equatable {
    /// The picture hash at one moment: signs of the low frequencies of its brightness.
    package struct Picture: Sendable, Equatable {
        /// Number of bits in use, starting at the lowest.
        package static let bitCount = 48

        /// One bit per frequency.
        package var bits: UInt64
        /// Mask of unreliable bits, whose frequency is nearly absent. All bits for a plain picture.
        package var weak: UInt64

        package init(bits: UInt64, weak: UInt64) {
            self.bits = bits
            self.weak = weak
        }

        /// A picture of a single level.
        package static let plain = Picture(bits: 0, weak: 1 << UInt64(bitCount) - 1)

        package var isPlain: Bool { self == .plain }
    }

    /// Pictures per second of the presentation clock.
    package static let pictureRate = 4
    /// Audio hash words per second.
    package static let soundRate = 16
    /// Number of words at the beginning that do not exist: each word describes the change over the last quarter of a
    /// second.
    package static let soundLead = 4

    /// Picture i was on screen `i / pictureRate` seconds after the first.
    package var pictures: [Picture]
    /// Word i of the audio hash starts `i / soundRate` seconds after the first picture: one bit per frequency band,
    /// whether its share of the power has grown. 0 marks a word without usable audio.
    package var sounds: [UInt32]

    package init(pictures: [Picture] = [], sounds: [UInt32] = []) {
        self.pictures = pictures
        self.sounds = sounds
    }

    package var seconds: Double { Double(pictures.count) / Double(Self.pictureRate) }

    // MARK: - Bytes

    /// Version of the byte layout and of the algorithm.
    private static let revision: UInt8 = 2

    /// `revision, number of pictures (UInt32), bits and weak of each (6 bytes each), sounds (4 bytes each)`, all
    /// little-endian.
    package var bytes: [UInt8] {
        var bytes = [Self.revision]
        func put(_ value: UInt64, _ count: Int) {
            for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
        }
        bytes.reserveCapacity(5 + 12 * pictures.count + 4 * sounds.count)
        put(UInt64(pictures.count), 4)
        for picture in pictures {
            put(picture.bits, 6)
            put(picture.weak, 6)
        }
        for sound in sounds { put(UInt64(sound), 4) }
        return bytes
    }

    /// Decodes ``bytes``; nil for another version or for inconsistent bytes.
    package init?(bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.first == Self.revision, bytes.count >= 5 else { return nil }
        var rest = bytes.dropFirst()
        func take(_ count: Int) -> UInt64 {
            var value: UInt64 = 0
            for (place, byte) in rest.prefix(count).enumerated() { value |= UInt64(byte) << UInt64(8 * place) }
            rest = rest.dropFirst(count)
            return value
        }
        let count = Int(take(4))
        guard rest.count >= 12 * count, (rest.count - 12 * count) % 4 == 0 else { return nil }
        pictures = (0..<count).map { _ in Picture(bits: take(6), weak: take(6)) }
        sounds = []
        sounds.reserveCapacity(rest.count / 4)
        while !rest.isEmpty { sounds.append(UInt32(truncatingIfNeeded: take(4))) }
    }
}
