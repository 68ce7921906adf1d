import AVPrepCore
import Testing

@testable import AVPrepMedia

/// Frames of speech codecs, many in a sample.
@Suite struct SampleSplitterTests {
    /// Frames of all modes of a codec: the first byte, and the size with it.
    private static let kinds: [(codec: SampleSplitter.Codec, shift: Int, sizes: [Int])] = [
        (.amrNarrowband, 3, [13, 14, 16, 18, 20, 21, 27, 32, 6]),
        (.amrWideband, 3, [18, 24, 33, 37, 41, 47, 51, 59, 61, 6]),
        (.qcelp, 0, [1, 4, 8, 17, 35]),
        (.evrc, 0, [1, 3, 6, 11, 23]),
    ]

    @Test(arguments: kinds.indices) func everyFrameOfASampleIsFound(kind: Int) {
        let kind = Self.kinds[kind]
        let splitter = SampleSplitter(kind.codec)
        var random = SeededRandom(seed: 5)
        let modes = (0..<50).map { _ in random.below(kind.sizes.count) }
        let bytes = modes.flatMap { mode in
            [UInt8(mode << kind.shift)] + (1..<max(1, kind.sizes[mode])).map { _ in UInt8(random.below(256)) }
        }
        var found: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            var place = 0
            while place < bytes.count {
                found.append(splitter.frameSize(UnsafeBufferPointer(rebasing: bytes[place...])))
                place += found.last ?? bytes.count
            }
        }
        #expect(found == modes.map { kind.sizes[$0] })
    }

    @Test func whatDoesNotFitIsOneFrame() {
        let splitter = SampleSplitter(.evrc)
        for bytes: [UInt8] in [[], [4, 1, 2], [99, 1, 2, 3]] {
            #expect(bytes.withUnsafeBufferPointer { splitter.frameSize($0) } == bytes.count)
        }
    }
}
