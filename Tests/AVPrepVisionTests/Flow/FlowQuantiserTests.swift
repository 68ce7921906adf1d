import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepVision

@Suite struct FlowQuantiserTests {
    static func field(_ values: [Float], width: Int) -> FlowField {
        let field = FlowField(width: width, height: values.count / (2 * width))
        for (index, value) in values.enumerated() { field.vectors[index] = value }
        return field
    }

    static func planes(of field: FlowField) -> PixelBuffer {
        PixelBuffer(width: field.width, height: 2 * field.height, channels: 1)
    }

    @Test func zeroFlowIs128AndTheXFieldLiesAboveTheYField() {
        let field = Self.field([0, 20, -20, 0, 5, -5, 0, 0], width: 2)
        let planes = Self.planes(of: field)
        FlowQuantiser(bound: 20).encode(field, into: planes)
        #expect(Array(planes.pixels) == [128, 0, 159, 128, 255, 128, 96, 128])
    }

    @Test func everyLevelComesBackExactly() {
        for bound in [1.0, 15, 20, 32.5] {
            let planes = PixelBuffer(width: 16, height: 32, channels: 1)
            for index in 0..<512 { planes.pixels[index] = UInt8(index & 255) }
            let field = FlowField(width: 16, height: 16)
            let again = Self.planes(of: field)
            let quantiser = FlowQuantiser(bound: bound)
            quantiser.decode(planes, into: field)
            quantiser.encode(field, into: again)
            #expect(Array(again.pixels) == Array(planes.pixels))
        }
    }

    @Test func flowWithinTheBoundComesBackToWithinHalfAStep() {
        var random = SeededRandom(seed: 3)
        let values = (0..<2000).map { _ in Float(random.uniform(-20...20)) }
        let field = Self.field(values, width: 10)
        let planes = Self.planes(of: field)
        let quantiser = FlowQuantiser(bound: 20)
        quantiser.encode(field, into: planes)
        quantiser.decode(planes, into: field)
        for (value, decoded) in zip(values, field.floats) { #expect(abs(value - decoded) <= 20 / 255 + 1e-4) }
    }

    @Test func valuesThatAreNoNumbersAreClippedNotTrapped() {
        let field = Self.field([.nan, .infinity, -.infinity, 1e30], width: 1)
        let planes = Self.planes(of: field)
        FlowQuantiser(bound: 20).encode(field, into: planes)
        #expect(Array(planes.pixels) == [0, 0, 255, 255])
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func levelsEqualNumpys() throws {
        var random = SeededRandom(seed: 4)
        let values = (0..<4000).map { index in
            // Every fourth value lies on a tie: k + ½ of 255.
            index % 4 == 0
                ? Float(Double(random.below(255)) + 0.5) * 40 / 255 - 20 : Float(random.uniform(-25...25))
        }
        let field = Self.field(values, width: 20)
        let planes = Self.planes(of: field)
        FlowQuantiser(bound: 20).encode(field, into: planes)
        let script = """
            import sys, numpy as np
            v = np.fromfile(sys.argv[1], np.float32).reshape(-1, 20, 2)
            scale = np.float32(255) / np.float32(40)
            q = np.clip(np.rint((v + np.float32(20)) * scale), 0, 255).astype(np.uint8)
            np.concatenate([q[..., 0], q[..., 1]]).tofile(sys.argv[1])
            """
        let theirs = try withTemporaryFolder { folder in
            try Data(bytes: field.vectors.baseAddress!, count: values.count * 4)  // Never nil: it has 4000 floats.
                .write(to: URL(fileURLWithPath: "\(folder)/flow"))
            _ = try Oracle.run(script, ["\(folder)/flow"])
            return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/flow"))
        }
        #expect(planes.bytes == theirs)
    }

    /// The rule as it is written, value by value.
    private func plain(_ value: Float, _ bound: Float) -> UInt8 {
        let level = (value + bound) * (255 / (2 * bound))
        return level.isNaN ? 0 : UInt8(min(255, max(0, level)).rounded(.toNearestOrEven))
    }

    @Test(arguments: InstructionSets.available, [1, 7, 31, 32, 33, 97])
    func everyInstructionSetGivesTheRulesLevels(set: String, width: Int) {
        var random = SeededRandom(seed: UInt64(width))
        let odd: [Float] = [.nan, -.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -1e30, 20, -20, 20.1]
        let values = (0..<2 * 5 * width).map { index in
            index % 9 == 0
                ? odd[random.below(odd.count)]
                : index % 4 == 0
                    ? Float(Double(random.below(255)) + 0.5) * 40 / 255 - 20 : Float(random.uniform(-25...25))
        }
        let field = Self.field(values, width: width)
        let planes = Self.planes(of: field)
        InstructionSets.using(set) { FlowQuantiser(bound: 20).encode(field, into: planes) }
        for pixel in 0..<5 * width {
            #expect(planes.pixels[pixel] == plain(values[2 * pixel], 20), "\(values[2 * pixel])")
            #expect(planes.pixels[5 * width + pixel] == plain(values[2 * pixel + 1], 20), "\(values[2 * pixel + 1])")
        }
    }
}
