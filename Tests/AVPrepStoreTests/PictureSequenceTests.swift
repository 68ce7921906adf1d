import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

/// Encoded pictures are the same whether they lie in memory, in a file, or in both.
@Suite struct PictureSequenceTests {
    private static func pictures(_ sequence: PictureSequence) throws -> [[UInt8]] {
        try (0..<sequence.count).map { index in
            var bytes = [UInt8](repeating: 0, count: Int(sequence.offsets[index + 1] - sequence.offsets[index]))
            try bytes.withUnsafeMutableBytes { try sequence.read(picture: index, into: $0) }
            return bytes
        }
    }

    @Test(arguments: [0, 7, 40, 1 << 20]) func whatGoesInComesOutWhereverItWaits(_ limit: Int) throws {
        try withTemporaryFolder { folder in
            var random = SeededRandom(seed: 3, for: "pictures")
            var sequence = PictureSequence()
            var expected: [[UInt8]] = []
            func add() throws {
                let bytes = (0..<random.below(30)).map { _ in UInt8(random.below(256)) }
                bytes.withUnsafeBytes { sequence.append($0) }
                try sequence.spill(over: limit, into: folder)
                expected.append(bytes)
            }
            for round in 0..<20 {
                for _ in 0..<15 { try add() }
                #expect(try Self.pictures(sequence) == expected)
                var pieces: [UInt8] = []
                try sequence.forEachPiece(of: 11) { piece in
                    #expect(piece.count == 11 || pieces.count + piece.count == sequence.byteCount)
                    pieces += piece
                }
                #expect(pieces == Array(expected.joined()))
                let kept = random.below(expected.count + 1)
                let rest = try sequence.split(after: kept)
                #expect(try Self.pictures(sequence) == Array(expected[..<kept]))
                let removed = random.below(kept + 1)
                sequence.removeFirst(removed)
                #expect(try Self.pictures(sequence) == Array(expected[removed..<kept]))
                var memory = PictureSequence()
                for picture in expected[removed..<kept] { picture.withUnsafeBytes { memory.append($0) } }
                #expect(memory == sequence)
                (sequence, expected) = (rest, Array(expected[kept...]))
                _ = round
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func aFolderThatTakesNoFileIsAnErrorOfTheRun() {
        var sequence = PictureSequence()
        [UInt8](repeating: 1, count: 9).withUnsafeBytes { sequence.append($0) }
        let error = #expect(throws: StoreError.self) { try sequence.spill(over: 3, into: "/nowhere/at/all") }
        #expect(error?.code == .unwritable && error?.isOfRun == true)
        #expect(error?.description.contains("/nowhere/at/all") == true)
    }

    /// More than the writer takes at a time.
    @Test func aLargeSegmentIsWrittenAlikeFromMemoryAndFromAFile() throws {
        try withTemporaryFolder { folder in
            let layout = StoreLayout(fps: 25, frameCodec: .raw, frameQuality: nil)
            let size = 1024 * 1024 * 3
            let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 3) }
            var digests: [String] = []
            for limit in [1 << 30, 5 << 20] {
                var data = try Fixtures.segment(layout, frames: 13, encoder: try JPEGEncoder())
                (data.segment.width, data.segment.height) = (1024, 1024)
                data.frames.removeAll()
                var picture = plain
                for index in 0..<13 {
                    picture[index] = UInt8(index)
                    picture.withUnsafeBytes { data.frames.append($0) }
                    try data.frames.spill(over: limit, into: folder)
                }
                let path = "\(folder)/\(limit).h5"
                let writer = try PreparedFileWriter(path: path, layout: layout, attributes: [:])
                try writer.append(data)
                try writer.finish()
                digests.append(try SHA256.digest(ofFile: path).hex)
                #expect(try StoreReader(path: path).segmentData(0).frames == data.frames)
            }
            #expect(digests[0] == digests[1])
        }
    }
}
