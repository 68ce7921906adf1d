import AVPrepModel
import AVPrepStore
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct ShardPackerTests {
    @Test(arguments: StoreLayout.PictureCodec.allCases)
    func packingKeepsTheStoredBytesAndTheOrder(codec: StoreLayout.PictureCodec) throws {
        try withTemporaryFolder { folder in
            let data = try Fixtures.writeShard(in: folder, layout: Fixtures.layout(frameCodec: codec))
            let reader = try StoreReader(path: "\(folder)/train-00000.h5")
            #expect(reader.kind == .shard && reader.isMapped)
            #expect(reader.layout == Fixtures.layout(frameCodec: codec))
            #expect(reader.attributes["seed"]?.integer == 7)
            #expect(reader.segments.allSatisfy { $0.split == .train })
            #expect(try differences(reader, data) == [])
        }
    }

    @Test func theSamePartsGiveTheSameBytes() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writeShard(in: folder)
            let first = try contents("\(folder)/train-00000.h5")
            try Fixtures.writeShard(in: folder)
            #expect(try contents("\(folder)/train-00000.h5") == first)
        }
    }

    @Test func numbersInAMappedShardLieAligned() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writeShard(in: folder)
            let reader = try StoreReader(path: "\(folder)/train-00000.h5")
            let address = try reader.withSpectrogramBytes("mel", 0..<1) { Int(bitPattern: $0.baseAddress) }
            #expect(address % 4096 == 0)
        }
    }

    @Test func segmentsWithoutSoundPack() throws {
        try withTemporaryFolder { folder in
            let layout = Fixtures.layout()
            var data = try Fixtures.segment(layout, encoder: try JPEGEncoder())
            data.pcm = []
            data.spectrograms = ["mel": [], "logspec": []]
            let writer = try PreparedFileWriter(path: "\(folder)/a.h5", layout: layout, attributes: [:])
            try writer.append(data)
            try writer.finish()
            try ShardPacker.pack(
                [ShardPart(path: "\(folder)/a.h5", rows: [0, 0], split: .val)], to: "\(folder)/s.h5",
                pairsFile: "s.pairs.h5", attributes: [:])
            let reader = try StoreReader(path: "\(folder)/s.h5")
            #expect(reader.isMapped && reader.segments.map(\.split) == [.val, .val])
            #expect(try differences(reader, [data, data]) == [])
        }
    }

    @Test func filesOfDifferentLayoutsDoNotMix() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writePrepared("\(folder)/a.h5")
            var layout = Fixtures.layout()
            layout.spectrograms[0].attributes["fmin"] = .double(20)
            try Fixtures.writePrepared("\(folder)/b.h5", layout: layout)
            #expect {
                try ShardPacker.pack(
                    [
                        ShardPart(path: "\(folder)/a.h5", rows: [0], split: .train),
                        ShardPart(path: "\(folder)/b.h5", rows: [0], split: .train),
                    ], to: "\(folder)/s.h5", pairsFile: "s.pairs.h5", attributes: [:])
            } throws: { error in
                ((error as? ShardPartError)?.cause as? StoreError)?.code == .layoutMismatch
                    && "\(error)".contains("b.h5")
                    && "\(error)".contains("spectrogram mel")
            }
        }
    }

    @Test func aRowThatAFileDoesNotHaveIsAnError() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writePrepared("\(folder)/a.h5", segments: 2)
            #expect(throws: ShardPartError.self) {
                try ShardPacker.pack(
                    [ShardPart(path: "\(folder)/a.h5", rows: [2], split: .train)], to: "\(folder)/s.h5",
                    pairsFile: "s.pairs.h5", attributes: [:])
            }
        }
    }

    /// More files than are kept open at a time, coming back to each.
    @Test func manyFilesPackInAnyOrder() throws {
        try withTemporaryFolder { folder in
            let layout = StoreLayout(fps: 25, frameCodec: .jpeg, frameQuality: 90)
            let data = try (0..<20).map { number in
                try Fixtures.writePrepared(
                    "\(folder)/\(number).h5", layout: layout, video: "\(number)", segments: 2, frames: 2)
            }
            let order = (0..<2).flatMap { segment in (0..<20).map { ($0, segment) } }
            try ShardPacker.pack(
                order.map { ShardPart(path: "\(folder)/\($0.0).h5", rows: [$0.1], split: .test) },
                to: "\(folder)/s.h5", pairsFile: "s.pairs.h5", attributes: [:])
            let reader = try StoreReader(path: "\(folder)/s.h5")
            #expect(try differences(reader, order.map { data[$0.0][$0.1] }) == [])
        }
    }

    @Test(arguments: [true, false]) func manyThreadsReadAtOnce(shard: Bool) throws {
        try withTemporaryFolder { folder in
            try Fixtures.writeShard(in: folder)
            let reader = try StoreReader(path: "\(folder)/\(shard ? "train-00000" : "a").h5")
            let expected = try reader.segments.map { try reader.withFrameBytes($0.frames.lowerBound) { Array($0) } }
            let wrong = Mutex(0)
            DispatchQueue.concurrentPerform(iterations: 64) { iteration in
                let row = iteration % reader.segments.count
                let segment = reader.segments[row]
                let same = try? reader.withFrameBytes(segment.frames.lowerBound) { $0.elementsEqual(expected[row]) }
                let mel = try? reader.spectrogram("mel", segment.spectrograms["mel"] ?? 0..<0)
                // Opening and dropping files meanwhile must not disturb the others.
                let other = try? StoreReader(path: "\(folder)/b.h5").segments.count
                if same != true || mel == nil || other != 3 { wrong.withLock { $0 += 1 } }
            }
            #expect(wrong.withLock { $0 } == 0)
        }
    }
}
