import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepVision

@Suite struct GreyTests {
    @Test func greyIsLuma() throws {
        let colours: [[UInt8]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 200, 90]]
        let rgb = PixelBuffer(width: 5, height: 1, channels: 3)
        for (index, value) in colours.joined().enumerated() { rgb.pixels[index] = value }
        let grey = PixelBuffer(width: 5, height: 1, channels: 1)
        try Grey.convert(rgb, into: grey)
        #expect(Array(grey.pixels) == [76, 150, 29, 255, 131])
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func greyEqualsThatOfPythonsOpenCV() throws {
        var random = SeededRandom(seed: 1)
        let rgb = Pictures.make(61, 47, 3) { _, _, _ in Double(random.below(256)) }
        let grey = PixelBuffer(width: 61, height: 47, channels: 1)
        try Grey.convert(rgb, into: grey)
        let script = """
            import sys, numpy as np, cv2
            rgb = np.fromfile(sys.argv[1], np.uint8).reshape(47, 61, 3)
            cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).tofile(sys.argv[1])
            """
        let theirs = try withTemporaryFolder { folder in
            try rgb.bytes.write(to: URL(fileURLWithPath: "\(folder)/rgb"))
            _ = try Oracle.run(script, ["\(folder)/rgb"])
            return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/rgb"))
        }
        #expect(grey.bytes == theirs)
    }
}
