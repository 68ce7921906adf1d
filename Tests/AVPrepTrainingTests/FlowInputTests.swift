import AVPrepClips
import AVPrepModel
import AVPrepStore
import AVPrepTorch
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

/// Clips of flow as Arrow of Time's network takes them.
@Suite struct FlowInputTests {
    private static let step: Float = 2 * 20 / 255
    private static let (width, height) = (20, 16)

    /// Reads every pair at positions from `first` on.
    private func read(
        _ dataset: ShardDataset, size: Int, _ augmentation: Augmentation, first: Int = 0
    ) throws -> [(pair: Pair, planes: [UInt8])] {
        let input = FlowInput(size: size, segments: 2)
        let shape = try input.shape(in: dataset)
        #expect(shape.sizes == [12, size, size] && shape.type == .uint8)
        let reader = try input.makeReader(dataset, shape, InputContext(augmentation, statistics: [:]))
        return try (0..<dataset.count).map { number in
            let (pair, _, shard) = dataset.locate(number)
            var planes = [UInt8](repeating: 0, count: shape.count)
            try planes.withUnsafeMutableBytes {
                try reader.read(Sample(pair: pair, reader: shard, position: first + number), into: $0)
            }
            return (pair, planes)
        }
    }

    private func withDataset(_ body: (ShardDataset) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var shards = PracticeShards(width: Self.width, height: Self.height, pairsPerSegment: 12)
            shards.flowDirections = [.forward, .backward]
            try shards.write(to: folder)
            try body(try ShardDataset(.train, set: "arrow_of_time", of: ShardSet(folder)))
        }
    }

    private func byte(_ displacement: Float) -> Float { 128 + displacement / Self.step }

    /// The pictures of the clip in the order of time as it is played, each by the flow that was stored for that direction.
    @Test func clipsThatPlayBackwardsHaveTheBackwardFlowFromLastToFirst() throws {
        try withDataset { dataset in
            let size = Self.height
            let read = try read(dataset, size: size, Augmentation(scale: 1...1, flip: true, seed: nil))
            #expect(Set(read.map(\.pair.kind)) == [.positive, .reversed])
            for (pair, planes) in read {
                let isReversed = pair.kind == .reversed
                for index in 0..<6 {
                    let picture = Int(pair.videoStartFrame) + (isReversed ? 5 - index : index)
                    for (x, y) in [(0, 0), (9, 3), (15, 15)] {
                        let place = 2 * index * size * size + y * size + x
                        // The middle: two columns are left out on either side.
                        let across = PracticeShards.flow(isReversed ? .backward : .forward, picture: picture, x: x + 2)
                        #expect(abs(Float(planes[place]) - byte(across)) < 0.55)
                        let down = PracticeShards.flow(segment: Int(pair.videoSegment))
                        #expect(abs(Float(planes[place + size * size]) - byte(down)) < 0.55)
                    }
                }
            }
        }
    }

    /// Four corners and the centre, equally often; a mirrored clip goes the other way.
    @Test func trainingCropsAreTheCornersAndTheCentre() throws {
        try withDataset { dataset in
            let size = 8
            var lefts: [Int: Int] = [:]
            var mirrored = 0
            for first in stride(from: 0, to: 2000, by: dataset.count) {
                let plain = try read(
                    dataset, size: size, Augmentation(scale: 0.5...0.5, flip: false, seed: 3), first: first)
                let flipped = try read(
                    dataset, size: size, Augmentation(scale: 0.5...0.5, flip: true, seed: 3), first: first)
                for ((pair, planes), (_, other)) in zip(plain, flipped) {
                    let isReversed = pair.kind == .reversed
                    let picture = Int(pair.videoStartFrame) + (isReversed ? 5 : 0)
                    let start = PracticeShards.flow(isReversed ? .backward : .forward, picture: picture, x: 0)
                    let left = ((Float(planes[0]) - 128) * Self.step - start) * 8
                    lefts[Int(left.rounded()), default: 0] += 1
                    if planes != other {
                        mirrored += 1
                        for x in 0..<size { #expect(abs(256 - Int(planes[x]) - Int(other[size - 1 - x])) <= 1) }
                        #expect(planes[size * size..<2 * size * size] == other[size * size..<2 * size * size])
                    }
                }
            }
            // Crops of 8 pixels in 20: at 0, 6 and 12, of which the middle is one of five.
            let total = lefts.values.reduce(0, +)
            let shares = [0, 6, 12].map { left in
                Double((-1...1).reduce(0) { $0 + lefts[left + $1, default: 0] }) / Double(total)
            }
            for (share, expected) in zip(shares, [0.4, 0.2, 0.4]) { #expect(abs(share - expected) < 0.04, "\(shares)") }
            #expect(abs(Double(mirrored) / Double(total) - 0.5) < 0.04)
        }
    }
}
